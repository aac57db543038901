"""The simulated cohort: the same for the same seed, and made of children the gate admits."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from infra.demo import cohort, freireich, records
from infra.demo.course import course
from services.randomization.domain import gate
from tests.support.definitions import shipped
from tests.support.examples import examples

TRIAL = shipped(cohort.STUDY)


def test_one_seed_is_one_cohort() -> None:
    assert cohort.simulate(7, 30) == cohort.simulate(7, 30)
    assert cohort.simulate(7, 30) != cohort.simulate(8, 30)


@examples(0.8)
@given(st.integers(0, 10_000))
def test_every_child_passes_the_gate(seed: int) -> None:
    for child in cohort.simulate(seed, 10):
        born = (child.born.year, child.born.month)
        known = gate.Known(child.randomized_on, child.consented_on, born)
        passage = gate.examine(TRIAL, cohort.gate_values(child), {}, known)
        assert passage.faults == ()


@examples(0.8)
@given(st.integers(0, 10_000), st.sampled_from(["INO", "ALLR3"]))
def test_nothing_happens_before_the_first_dose_or_after_the_last_contact(
    seed: int, arm: str
) -> None:
    for child in cohort.simulate(seed, 10):
        went = course(child, arm)
        steps = records.after_allocation(child, arm, went)
        assert [step.on for step in steps] == sorted(step.on for step in steps)
        assert all(step.on >= went.first_dose_on for step in steps)
        for day in (went.relapse_on, went.hsct_on, went.died_on):
            assert day is None or day <= went.last_seen_on


def test_the_replayed_table_is_the_published_one() -> None:
    table = freireich.children()
    assert len(table) == 42
    assert len({child.pair for child in table}) == 21
    assert sum(child.relapsed for child in table if child.arm == "6-MP") == 9
    assert sum(child.relapsed for child in table if child.arm == "control") == 21
    assert max(child.weeks for child in table) == 35
    last = max(child.randomized_on for child in table)
    assert last < date(1960, 1, 1) < freireich.CUTOFF
