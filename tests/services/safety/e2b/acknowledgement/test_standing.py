"""Where a report stands depends on the set of answers and on nothing else."""

from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.safety.e2b.acknowledgement.answers import BatchCode, MessageCode, TransportReceipt
from services.safety.e2b.acknowledgement.standing import Alarm, Answer, State, standings
from tests.services.safety.e2b.acknowledgement.answers import (
    FIRST,
    SECOND,
    SUBMISSION,
    answer,
    row,
)

RECEIPT = TransportReceipt("BATCH-1", "mdn-1")
ACCEPTED = answer(BatchCode.AA, row(MessageCode.CA), row(MessageCode.CA, SECOND))
REJECTED = answer(BatchCode.AE, row(MessageCode.CR, text="late"))
REFUSED = answer(BatchCode.AR)
FOREIGN = answer(BatchCode.AR, row(MessageCode.CR), batch="BATCH-9")
ALL: tuple[Answer, ...] = (RECEIPT, ACCEPTED, REJECTED, REFUSED, FOREIGN)
# How far a state has come; what is on one level cannot become the other, only a conflict.
_LEVEL = {
    State.HANDED_OFF: 0,
    State.RECEIVED: 1,
    State.ACCEPTED: 2,
    State.REJECTED: 2,
    State.CONFLICT: 3,
}


def _states(*answers: Answer) -> tuple[State, State]:
    first, second = standings(SUBMISSION, answers)
    return first.state, second.state


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((), (State.HANDED_OFF, State.HANDED_OFF)),
        ((RECEIPT,), (State.RECEIVED, State.RECEIVED)),
        ((ACCEPTED,), (State.ACCEPTED, State.ACCEPTED)),
        ((REJECTED,), (State.REJECTED, State.RECEIVED)),
        ((REFUSED,), (State.REJECTED, State.REJECTED)),
        ((FOREIGN,), (State.HANDED_OFF, State.HANDED_OFF)),
        ((ACCEPTED, REJECTED), (State.CONFLICT, State.ACCEPTED)),
        ((ACCEPTED, REFUSED), (State.CONFLICT, State.CONFLICT)),
    ],
)
def test_the_state_is_what_the_answers_together_say(
    answers: tuple[Answer, ...], expected: tuple[State, State]
) -> None:
    assert _states(*answers) == expected


def test_order_and_repeats_of_all_answers_give_one_state() -> None:
    for chosen in product((0, 1, 2), repeat=len(ALL)):
        drawn = [one for one, times in zip(ALL, chosen, strict=True) for _ in range(min(times, 1))]
        expected = standings(SUBMISSION, drawn)
        repeated = [one for one, times in zip(ALL, chosen, strict=True) for _ in range(times)]
        assert standings(SUBMISSION, repeated) == expected
    for order in permutations(ALL):
        assert standings(SUBMISSION, order) == standings(SUBMISSION, ALL)


def test_no_further_answer_takes_a_state_back() -> None:
    for order in permutations(ALL):
        before = standings(SUBMISSION, ())
        for count in range(1, len(order) + 1):
            after = standings(SUBMISSION, order[:count])
            for was, now in zip(before, after, strict=True):
                assert now.state is was.state or _LEVEL[now.state] > _LEVEL[was.state]
                assert set(was.rows) <= set(now.rows)
            before = after


@given(st.lists(st.sampled_from(ALL), max_size=12), st.randoms(use_true_random=False))
def test_merging_is_commutative_and_idempotent(answers: list[Answer], shuffler: object) -> None:
    shuffled = list(answers)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    assert standings(SUBMISSION, shuffled + answers) == standings(SUBMISSION, answers)


def test_only_an_accepted_report_counts_as_submitted() -> None:
    by_state = {
        one.state: one.submitted
        for answers in ((), (RECEIPT,), (ACCEPTED,), (REJECTED,), (ACCEPTED, REJECTED))
        for one in standings(SUBMISSION, answers)
    }
    assert {state for state, submitted in by_state.items() if submitted} == {State.ACCEPTED}


def test_a_rejection_and_a_conflict_raise_alarms_and_keep_both_rows() -> None:
    (first, _) = standings(SUBMISSION, (REJECTED,))
    assert first.alarms == {Alarm.REJECTED}
    (first, second) = standings(SUBMISSION, (ACCEPTED, REJECTED))
    assert first.alarms == {Alarm.CONFLICT}
    assert {one.code for one in first.rows} == {MessageCode.CA, MessageCode.CR}
    assert second.alarms == frozenset()


def test_a_report_that_an_acceptance_of_all_does_not_list_stays_open_with_an_alarm() -> None:
    (first, second) = standings(SUBMISSION, (answer(BatchCode.AA, row(MessageCode.CA)),))
    assert (first.state, first.alarms) == (State.ACCEPTED, frozenset())
    assert (second.state, second.alarms) == (State.RECEIVED, {Alarm.NOT_LISTED})


def test_an_acceptance_of_all_that_rejects_one_is_inconsistent() -> None:
    (first, _) = standings(SUBMISSION, (answer(BatchCode.AA, row(MessageCode.CR)),))
    assert first.state is State.REJECTED
    assert first.alarms == {Alarm.REJECTED, Alarm.INCONSISTENT}


def test_a_row_that_fits_no_report_changes_nothing() -> None:
    stranger = answer(BatchCode.AE, row(MessageCode.CR, FIRST.__class__("X", "X", FIRST.created)))
    assert [one.state for one in standings(SUBMISSION, (stranger,))] == [
        State.RECEIVED,
        State.RECEIVED,
    ]
