"""The state machine of queries, and what checks do to them, against models."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.check_plan import Planned
from services.assessments.domain.checks import Verdict
from services.assessments.domain.queries import Asked, Outcome, settle
from services.assessments.domain.query_states import (
    OUTSTANDING,
    STEPS,
    Action,
    IllegalStepError,
    State,
    after,
)
from shared.study.edit_checks import EditCheck
from shared.study.predicate import Truth
from tests.services.assessments.domain.builders import history

STATES: tuple[State, ...] = ("open", "answered", "closed", "cancelled")
ACTIONS: tuple[Action, ...] = ("open", "answer", "close", "auto-close", "cancel", "reopen")
RECORD = history("blood_count", {"platelets": "1"})


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_step_is_either_in_the_table_or_refused(state: State, action: Action) -> None:
    if (state, action) in STEPS:
        assert after(state, action) in STATES
    else:
        with pytest.raises(IllegalStepError):
            after(state, action)


@given(st.lists(st.sampled_from(ACTIONS), max_size=30))
def test_what_was_cancelled_stays_so_and_a_closed_query_only_reopens(
    actions: list[Action],
) -> None:
    state: State = "open"
    for action in actions:
        try:
            now = after(state, action)
        except IllegalStepError:
            continue
        assert state != "cancelled"
        assert state != "closed" or action == "reopen"
        assert (now == "answered") == (action == "answer")
        state = now


@dataclass
class Desk:
    """One item under one check: its queries, as the repository keeps them."""

    queries: list[Asked]
    version: int = 1

    def judge(self, truth: Truth, seen: str) -> Outcome:
        check = EditCheck.model_validate(
            {
                "id": "LAB-01",
                "version": self.version,
                "forms": ("blood_count",),
                "severity": "query",
                "holds": {"item": "platelets", "op": "present"},
                "message": "Look.",
                "on": "platelets",
                "source": {"kind": "assumed"},
            }
        )
        planned = Planned(check, check.names, ("blood_count",), elsewhere=False)
        outcome = settle([Verdict(planned, RECORD, truth, seen, None)], self.queries)
        closed = {each.query_id for each, _ in outcome.closed}
        self.queries = [
            replace(each, state="closed", last_action="auto-close")
            if each.query_id in closed
            else each
            for each in self.queries
        ]
        self.queries += [
            Asked(
                query_id=str(len(self.queries)),
                record_id=each.record_id,
                item=each.item,
                check_id=str(each.check_id),
                check_version=str(each.check_version),
                state="open",
                last_action="open",
                seen_values=each.seen_values,
                rests_on=each.rests_on,
                form=each.form,
                severity=each.severity,
            )
            for each in outcome.raised
        ]
        return outcome

    def step(self, action: Action) -> None:
        """A person's step with the last query, where it is allowed."""
        if not self.queries:
            return
        last = self.queries[-1]
        try:
            state = after(last.state, action)
        except IllegalStepError:
            return
        self.queries[-1] = replace(last, state=state, last_action=action)


_MOVES = st.one_of(
    st.tuples(st.sampled_from(list(Truth)), st.sampled_from("abc")),
    st.sampled_from(["answer", "close", "cancel", "reopen", "upgrade"]),
)


@given(st.lists(_MOVES, max_size=40))
def test_a_check_never_has_two_outstanding_queries_on_an_item(moves: list[object]) -> None:
    desk = Desk([])
    for move in moves:
        if isinstance(move, tuple):
            truth, seen = move
            before = list(desk.queries)
            outcome = desk.judge(truth, seen)
            if truth is Truth.UNDETERMINED:
                assert desk.queries == before
            if truth is Truth.TRUE:
                assert not [
                    each
                    for each in desk.queries
                    if each.state in OUTSTANDING and each.check_version == str(desk.version)
                ]
            if truth is Truth.FALSE:
                assert not outcome.closed
        elif move == "upgrade":
            desk.version += 1
        else:
            desk.step(move)  # type: ignore[arg-type]
        assert sum(each.state in OUTSTANDING for each in desk.queries) <= 1


def test_another_version_of_the_check_closes_nothing_and_asks_no_second_time() -> None:
    desk = Desk([])
    desk.judge(Truth.FALSE, "a")
    desk.version = 2
    assert desk.judge(Truth.TRUE, "b") == Outcome((), ())
    assert desk.judge(Truth.FALSE, "c") == Outcome((), ())
    assert [each.state for each in desk.queries] == ["open"]


@pytest.mark.parametrize("ending", ["close", "cancel"])
def test_what_a_person_let_stand_is_asked_again_only_of_other_values(ending: Action) -> None:
    desk = Desk([])
    desk.judge(Truth.FALSE, "a")
    desk.step(ending)
    assert desk.judge(Truth.FALSE, "a").raised == ()
    assert len(desk.judge(Truth.FALSE, "b").raised) == 1


def test_what_the_check_closed_itself_is_asked_again_of_the_same_values() -> None:
    desk = Desk([])
    desk.judge(Truth.FALSE, "a")
    assert len(desk.judge(Truth.TRUE, "b").closed) == 1
    assert len(desk.judge(Truth.FALSE, "a").raised) == 1
