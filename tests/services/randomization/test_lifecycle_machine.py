"""Any history of a study keeps what its allocations promise."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from tests.services.randomization.designs import Design, cap
from tests.services.randomization.lifecycle import LABEL, Lifecycle
from tests.services.randomization.lifecycle_model import COUNTRIES, Proposal, Said
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.examples import examples

pytestmark = pytest.mark.long

RUNNING = {"open", "active"}
FREED = {"counts_in_error": False}
DESIGNS = [
    Design(),
    Design(capacity=2),
    Design(caps=(cap("study", 4),)),
    Design(caps=(cap("site", 2), cap("country", 3, target="CZ", **FREED))),
    Design(caps=(cap("stratum", 4),)),
    Design(caps=(cap("stratum", 3, target="first_remission=lt24m", **FREED),)),
]
numbers = st.integers(0, 20)
# Most in one stratum, so that numbers, limits and blocks are used up.
remissions = st.sampled_from(["lt24m", "lt24m", "lt24m", "ge24m"])
arms = st.sampled_from(["INO", "ALLR3"])
ages = st.sampled_from(["lt10", "ge10"])
likely = st.sampled_from([True, True, True, False])
blasts = st.sampled_from(["62.5", "62.5", "50", "4"])  # the first as it was
words = st.sampled_from(["approve", "approve", "reject", ""])
places = st.sampled_from(["study", "list", *COUNTRIES])


class History(Lifecycle):
    """What people do in a study, in any order. Few rules of many kinds: of many rules, a run of
    hypothesis leaves most aside."""

    @initialize(design=st.sampled_from(DESIGNS), first=st.integers(2, 6))
    def begin(self, design: Design, first: int) -> None:
        self.open_study(design)
        for _ in range(first):
            self.ask(self.waiting(0), "lt24m")

    @rule(number=numbers, remission=remissions, several=st.integers(1, 3), eligible=likely)
    def enrol(self, number: int, remission: str, several: int, eligible: bool) -> None:
        for _ in range(several):
            self.ask(self.waiting(number), remission, cd22_positive=eligible)

    @rule(number=numbers, other_key=st.booleans(), blasts=blasts)
    def repeat(self, number: int, other_key: bool, blasts: str) -> None:
        """Send a request again; with other blasts (too few at times) it is another request."""
        body, stratum, key = self.asked[-1 - number % len(self.asked)]
        body = body | {"values": body["values"] | {"marrow_blasts": blasts}}
        self.send(body, stratum, self.new_key() if other_key else key)

    @rule(place=places, closed=st.booleans(), number=numbers, lasting=st.booleans())
    def interrupt(self, place: str, closed: bool, number: int, lasting: bool) -> None:
        """Stop the study, a site or the list, ask for a child, and go on there or elsewhere."""
        stopped = "suspended" if place == "list" else "closed" if closed else "paused"
        self._switch(place, stopped)
        self.ask(self.waiting(number, place if place in COUNTRIES else None), "lt24m")
        going_on = [one for one, state in self.model.states.items() if state not in RUNNING]
        if going_on and not (lasting and number % 2):
            place = going_on[number % len(going_on)]
            self._switch(place, "active" if place == "list" else "open")

    @rule(number=numbers, marked=st.booleans(), age=ages, remission=remissions)
    def mend(self, number: int, marked: bool, age: str, remission: str) -> None:
        """Mark a child in error, or correct its stratum, and let the next one come."""
        child = self.allocated(number)
        if marked:
            body: dict[str, object] = {"category": "ineligible", "reason": "a test"}
            path, role, said = "in-error", "investigator", self.model.mark(child)
        else:
            levels = {"age_group": age, "first_remission": remission}
            body = {"levels": levels, "reason": "a test"}
            path, role = "stratum", "coordinator"
            said = self.model.correct(child, LABEL.format(age, remission))
        path = f"/allocations/{child}/{path}"
        self.check(self.api.post(path, role=role, sites=[child[:3]], json=body), said)
        self.ask(self.waiting(number), remission)

    @rule(number=numbers, remission=remissions, arm=arms, waiting=likely, word=words)
    def force(self, number: int, remission: str, arm: str, waiting: bool, word: str) -> None:
        """Propose an arm for a child; decide at once, on an older proposal, or not yet."""
        child = self.waiting(number) if waiting else self.allocated(number)
        levels = {"age_group": "lt10", "first_remission": remission}
        proposal = Proposal(child, child[:3], LABEL.format("lt10", remission), arm)
        answer = self.post("/forced-allocations", role="statistician", subject=child,
                           site=child[:3], levels=levels, arm=arm, reason="a test")  # fmt: skip
        self.check(answer, self.model.propose(proposal))
        if answer.status_code == 201:
            self.model.proposals[answer.json()["proposal"]] = proposal
        if word and self.model.proposals:
            self._decide(list(self.model.proposals)[-1 - number % len(self.model.proposals)], word)

    def _decide(self, proposal: str, word: str) -> None:
        path = f"/forced-allocations/{proposal}/decision"
        approver = {"role": "statistician", "client": "approver"}
        answer = self.post(path, **approver, decision=word, reason="a test")
        self.check(answer, self.model.decide(proposal, approve=word == "approve"))

    def _switch(self, place: str, state: str) -> None:
        path = {"study": "/enrolment/state", "list": "/lists/L1/state"}
        answer = self.post(path.get(place, f"/sites/{place}/state"), state=state, reason="a test")
        said: Said = (409, "state-unchanged")
        if self.model.states[place] != state:
            said = (200, None)
        self.check(answer, said)
        self.model.states[place] = state


@pytest.mark.proves("C14", kind="oracle")
@pytest.mark.proves("RND-1", kind="oracle")
def test_no_history_of_a_study_breaks_what_its_allocations_promise(
    client_for: Callable[[str], ApiClient], database: TestDatabase
) -> None:
    api = client_for("randomization")
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: History(api, database),
        settings=examples(
            0.4,
            stateful_step_count=15,
            # A history is short enough to be read as it is; making it shorter takes minutes.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
