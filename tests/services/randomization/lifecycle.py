"""A study under any history, beside its model, with what must hold after every step."""

import itertools
from datetime import UTC, datetime
from typing import Any

import httpx
from hypothesis.stateful import RuleBasedStateMachine, invariant

from tests.services.randomization import designs
from tests.services.randomization.designs import Design
from tests.services.randomization.ledger import check_allocations, check_trail
from tests.services.randomization.lifecycle_model import COUNTRIES, Model, Said
from tests.services.randomization.world import BLOCKS, open_sites, put_in_force, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

PROBLEM = "urn:induct:problem:"
CHILDREN = [f"{site}-{n:03}" for n in range(1, 8) for site in COUNTRIES]
REMISSIONS = {"lt24m": "2022-01-10", "ge24m": "2021-08-10"}
LABEL = "age_group={};first_remission={}"
_keys = itertools.count(1)


def age_of(subject: str) -> int:
    """Every fourth child of a site is in the upper age group."""
    return 12 if int(subject[-3:]) % 4 == 0 else 8


class Lifecycle(RuleBasedStateMachine):
    """One study of a database that many share. Each request is checked against the model."""

    def __init__(self, api: ApiClient, database: TestDatabase) -> None:
        super().__init__()
        self.api, self.database, self.admin = api, database, database.admin()
        self.asked: list[tuple[dict[str, Any], str, str]] = []
        self.answered: dict[str, bytes] = {}

    def open_study(self, design: Design) -> None:
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

    def waiting(self, number: int, site: str | None = None) -> str:
        """A child that is not allocated, as long as there is one."""
        of_site = [child for child in CHILDREN if site in (None, child[:3])]
        left = [child for child in of_site if child not in self.model.given] or of_site
        return left[number % len(left)]

    def allocated(self, number: int) -> str:
        given = sorted(self.model.given) or CHILDREN
        return given[number % len(given)]

    def ask(self, child: str, remission: str, **changes: Any) -> None:
        """Ask for a child's allocation under a new key."""
        values = {"age_years": age_of(child), "first_diagnosis_date": REMISSIONS[remission]}
        body = request(child, child[:3], **(values | changes))
        stratum = LABEL.format("lt10" if age_of(child) < 10 else "ge10", remission)
        key = self.new_key()
        self.asked.append((body, stratum, key))
        self.send(body, stratum, key)

    def new_key(self) -> str:
        return f"new-{next(_keys)}"

    def send(self, body: dict[str, Any], stratum: str, key: str) -> None:
        answer = self.api.post("/allocations", sites=[body["site"]], json=body, key=key)
        eligible = body["values"]["cd22_positive"] and body["values"]["marrow_blasts"] != "4"
        self.check(answer, self.model.allocation(body, stratum, key, eligible=eligible))
        if answer.is_success:
            first = self.answered.setdefault(body["subject"], answer.content)
            assert answer.content == first
            assert answer.json()["arm"] == self.model.given[body["subject"]].arm

    def post(
        self, path: str, *, role: str = "admin", client: str | None = None, **body: Any
    ) -> httpx.Response:
        return self.api.post(path, role=role, client=client, json=body)

    def check(self, answer: httpx.Response, said: Said) -> None:
        kind = None if answer.is_success else answer.json()["type"].removeprefix(PROBLEM)
        assert (answer.status_code, kind) == said, answer.text

    @invariant()
    def the_ledger_is_whole(self) -> None:
        """One allocation a subject, one subject a slot, no number skipped, arms as on the list."""
        count = check_allocations(self.admin, self.model.contents, self.api.study)
        assert count == len(self.model.given)

    @invariant()
    def what_was_given_stays(self) -> None:
        stored = self._rows(
            "SELECT subject_id, site_id, stratum, arm FROM randomization.allocation"
        )
        assert {row[0]: row[1:] for row in stored} == {
            subject: (one.site, one.stratum, one.arm) for subject, one in self.model.given.items()
        }
        marked = self._rows("SELECT subject_id FROM randomization.in_error")
        assert {row[0] for row in marked} == self.model.in_error

    @invariant()
    def every_request_left_its_attempt(self) -> None:
        attempts = self._rows(
            "SELECT subject_id, operation, outcome, problem, attempted_at"
            " FROM randomization.attempt"
        )
        in_order = sorted(attempts, key=lambda row: row[4])
        assert [row[:4] for row in in_order] == self.model.attempts

    @invariant()
    def no_limit_is_exceeded_from_the_list(self) -> None:
        """Two persons may force a child past a limit; the list alone never goes past one."""
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

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        asked = f"{query} WHERE study_id = %s".encode()
        return self.admin.execute(asked, (self.api.study,)).fetchall()
