"""Any history of a study, beside a model of it: what is given stays given, and nothing is lost."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.services.randomization import designs
from tests.services.randomization.designs import Design, cap
from tests.services.randomization.ledger import check_allocations, check_trail
from tests.services.randomization.lifecycle_model import COUNTRIES, Model, Proposal, Said
from tests.services.randomization.world import BLOCKS, open_sites, put_in_force, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

PROBLEM = "urn:induct:problem:"
CHILDREN = [f"{site}-{n:03}" for n in range(1, 7) for site in COUNTRIES]
REMISSIONS = {"lt24m": "2022-01-10", "ge24m": "2021-08-10"}
LABEL = "age_group={};first_remission={}"
FREED = {"counts_in_error": False}
DESIGNS = [
    Design(),
    Design(capacity=2),
    Design(caps=(cap("study", 4),)),
    Design(caps=(cap("site", 2), cap("country", 3, target="CZ", **FREED))),
    Design(caps=(cap("stratum", 2),)),
    Design(caps=(cap("stratum", 3, target="first_remission=lt24m", **FREED),)),
]
children = st.sampled_from(CHILDREN)
# Most in one stratum, so that numbers, limits and blocks are used up.
remissions = st.sampled_from(["lt24m", "lt24m", "lt24m", "ge24m"])
states = st.sampled_from(["open", "open", "paused", "closed"])
_keys = itertools.count(1)


def age_of(subject: str) -> int:
    """Every third child of a site is in the upper age group."""
    return 12 if int(subject[-3:]) % 3 == 0 else 8


class Lifecycle(RuleBasedStateMachine):
    """One study of a database that many share."""

    def __init__(self, api: ApiClient, database: TestDatabase) -> None:
        super().__init__()
        self.api, self.database, self.admin = api, database, database.admin()
        self.asked: list[tuple[dict[str, Any], str, str]] = []
        self.answered: dict[str, bytes] = {}

    @initialize(design=st.sampled_from(DESIGNS))
    def begin(self, design: Design) -> None:
        self.api.study = designs.new_study()
        definition = designs.define(design, self.api.study)
        designs.put_in_training(self.database, definition)
        for site, country in COUNTRIES.items():
            open_sites(self.api, site, country=country)
        put_in_force(self.api, BLOCKS)
        year = datetime.now(UTC).year
        for child in CHILDREN:
            born = f"{year - 1 - age_of(child)}-12"
            screen(self.database, child, site=child[:3], study=self.api.study, born=born)
        self.model = Model(designs.list_of(definition), designs.caps_of(definition))

    @rule(child=children, remission=remissions)
    def allocate(self, child: str, remission: str) -> None:
        self._ask(child, remission, f"new-{next(_keys)}")

    @rule(child=children, remission=remissions)
    def allocate_another(self, child: str, remission: str) -> None:
        """As above: children come in more often than anything else happens."""
        self._ask(child, remission, f"new-{next(_keys)}")

    @rule(child=children)
    def ask_for_an_ineligible_child(self, child: str) -> None:
        self._ask(child, "lt24m", f"new-{next(_keys)}", cd22_positive=False)

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        body, stratum, key = data.draw(st.sampled_from(self.asked))
        self._send(body, stratum, key)

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def repeat_under_another_key(self, data: st.DataObject) -> None:
        body, stratum, _ = data.draw(st.sampled_from(self.asked))
        self._send(body, stratum, f"new-{next(_keys)}")

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), same_key=st.booleans(), blasts=st.sampled_from(["50", "70"]))
    def ask_with_other_content(self, data: st.DataObject, same_key: bool, blasts: str) -> None:
        body, stratum, key = data.draw(st.sampled_from(self.asked))
        other = body | {"values": body["values"] | {"marrow_blasts": blasts}}
        self._send(other, stratum, key if same_key else f"new-{next(_keys)}")

    @rule(state=states)
    def change_enrolment(self, state: str) -> None:
        said: Said = (200, None) if state != self.model.study else (409, "state-unchanged")
        self._check(self._post("/enrolment/state", state=state, reason="test"), said)
        self.model.study = state

    @rule(site=st.sampled_from(sorted(COUNTRIES)), state=states)
    def change_site(self, site: str, state: str) -> None:
        said: Said = (200, None) if state != self.model.sites[site] else (409, "state-unchanged")
        self._check(self._post(f"/sites/{site}/state", state=state, reason="test"), said)
        self.model.sites[site] = state

    @rule(state=st.sampled_from(["active", "suspended"]))
    def change_list(self, state: str) -> None:
        said: Said = (200, None) if state != self.model.list_state else (409, "state-unchanged")
        self._check(self._post("/lists/L1/state", state=state, reason="test"), said)
        self.model.list_state = state

    @rule(child=children)
    def mark_in_error(self, child: str) -> None:
        body = {"category": "ineligible", "reason": "a test"}
        path = f"/allocations/{child}/in-error"
        answer = self.api.post(path, role="investigator", sites=[child[:3]], json=body)
        self._check(answer, self.model.mark(child))

    @rule(child=children, age=st.sampled_from(["lt10", "ge10"]), remission=remissions)
    def correct_stratum(self, child: str, age: str, remission: str) -> None:
        levels = {"age_group": age, "first_remission": remission}
        body = {"levels": levels, "reason": "a test"}
        path = f"/allocations/{child}/stratum"
        answer = self.api.post(path, sites=[child[:3]], json=body)
        self._check(answer, self.model.correct(child, LABEL.format(age, remission)))

    @rule(child=children, remission=remissions, arm=st.sampled_from(["INO", "ALLR3"]))
    def propose_an_arm(self, child: str, remission: str, arm: str) -> None:
        levels = {"age_group": "lt10", "first_remission": remission}
        proposal = Proposal(child, child[:3], LABEL.format("lt10", remission), arm)
        answer = self._post("/forced-allocations", role="statistician", subject=child,
                            site=child[:3], levels=levels, arm=arm, reason="a test")  # fmt: skip
        self._check(answer, self.model.propose(proposal))
        if answer.status_code == 201:
            self.model.proposals[answer.json()["proposal"]] = proposal

    @precondition(lambda self: self.model.proposals)
    @rule(data=st.data(), approve=st.booleans())
    def decide(self, data: st.DataObject, approve: bool) -> None:
        number = data.draw(st.sampled_from(list(self.model.proposals)))
        word = "approve" if approve else "reject"
        answer = self._post(f"/forced-allocations/{number}/decision", decision=word, reason="test")
        self._check(answer, self.model.decide(number, approve=approve))

    @invariant()
    def the_ledger_is_whole(self) -> None:
        """One allocation a subject, one subject a slot, no number skipped, arms as on the list."""
        count = check_allocations(self.admin, self.model.contents, self.api.study)
        assert count == len(self.model.given)

    @invariant()
    def what_was_given_stays(self) -> None:
        stored = self._rows("SELECT subject_id, site_id, stratum, arm FROM %s.allocation")
        assert {row[0]: row[1:] for row in stored} == {
            subject: (one.site, one.stratum, one.arm) for subject, one in self.model.given.items()
        }
        assert {row[0] for row in self._rows("SELECT subject_id FROM %s.in_error")} == (
            self.model.in_error
        )

    @invariant()
    def every_request_left_its_attempt(self) -> None:
        attempts = self._rows(
            "SELECT subject_id, operation, outcome, problem, attempted_at FROM %s.attempt"
        )
        in_order = sorted(attempts, key=lambda row: row[4])
        assert [row[:4] for row in in_order] == self.model.attempts

    @invariant()
    def no_limit_is_exceeded_from_the_list(self) -> None:
        forced = sum(one.body is None for one in self.model.given.values())
        for limit in self.model.caps:
            groups = {
                limit.group(site=one.site, country=COUNTRIES[one.site], stratum=one.stratum)
                for one in self.model.given.values()
            }
            for group in groups - {None}:
                assert self.model.counted(limit, str(group)) <= limit.limit + forced

    def teardown(self) -> None:
        if hasattr(self, "model"):
            check_trail(self.admin, self.api.study)
        self.admin.close()

    def _ask(self, child: str, remission: str, key: str, **changes: Any) -> None:
        values = {"age_years": age_of(child), "first_diagnosis_date": REMISSIONS[remission]}
        body = request(child, child[:3], **(values | changes))
        stratum = LABEL.format("lt10" if age_of(child) < 10 else "ge10", remission)
        self.asked.append((body, stratum, key))
        self._send(body, stratum, key)

    def _send(self, body: dict[str, Any], stratum: str, key: str) -> None:
        answer = self.api.post("/allocations", sites=[body["site"]], json=body, key=key)
        eligible = body["values"]["cd22_positive"]
        self._check(answer, self.model.allocation(body, stratum, key, eligible=eligible))
        if answer.is_success:
            first = self.answered.setdefault(body["subject"], answer.content)
            assert answer.content == first
            assert answer.json()["arm"] == self.model.given[body["subject"]].arm

    def _post(self, path: str, *, role: str = "admin", **body: Any) -> httpx.Response:
        return self.api.post(path, role=role, json=body)

    def _check(self, answer: httpx.Response, said: Said) -> None:
        kind = None if answer.is_success else answer.json()["type"].removeprefix(PROBLEM)
        assert (answer.status_code, kind) == said, answer.text

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        query = query.replace("%s", "randomization") + " WHERE study_id = %s"
        return self.admin.execute(query.encode(), (self.api.study,)).fetchall()


def test_no_history_of_a_study_breaks_what_its_allocations_promise(
    client_for: Callable[[str], ApiClient], database: TestDatabase
) -> None:
    api = client_for("randomization")
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: Lifecycle(api, database),
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
