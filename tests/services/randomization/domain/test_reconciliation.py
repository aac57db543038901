"""The comparison of allocations with assessments and safety, and what it reads off a definition."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain import held_values, reconciliation
from services.randomization.domain.held_values import Held, HeldItem
from services.randomization.domain.reconciliation import (
    Allocated,
    Enrolled,
    SafetyCase,
    Sides,
    differences,
    hashes,
)
from shared.study import from_json, to_json
from tests.support.definitions import shipped

STUDY = shipped("NCT05748171")
PRODUCTS = {"A": frozenset({"a1", "both"}), "B": frozenset({"b1", "b2", "both"})}
OTHER = {"A": "b1", "B": "a1"}
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEVELS = ("low", "high")


@st.composite
def clean_worlds(draw: st.DrawFn) -> Sides:
    """Sides that agree; the first child is allocated."""
    allocations, subjects, cases = [], [], []
    for number in range(draw(st.integers(1, 6))):
        name, site = f"C{number}", draw(st.sampled_from(["S1", "S2"]))
        arm = draw(st.sampled_from(sorted(PRODUCTS)))
        product = st.sampled_from([None, "water", *sorted(PRODUCTS[arm])])
        if number == 0 or draw(st.booleans()):
            used, true = draw(st.sampled_from(LEVELS)), draw(st.sampled_from(LEVELS))
            at = AT + timedelta(days=number)
            held = Held(
                draw(st.sampled_from([{}, {"f": used}, {"f": true}])),
                draw(st.sampled_from([{}, {"f": true}])),
                frozenset(draw(st.lists(st.sampled_from(sorted(PRODUCTS[arm]))))),
                draw(st.sampled_from([frozenset(), frozenset({AT.date().isoformat()})])),
            )
            allocations.append(Allocated(name, site, arm, {"f": used}, {"f": true}, at))
            state = draw(st.sampled_from(["randomized", "withdrawn"]))
            subjects.append(Enrolled(name, site, state, at, held, AT.date()))
        else:
            state = draw(st.sampled_from(["screening", "withdrawn"]))
            subjects.append(Enrolled(name, site, state, None))
            product = st.sampled_from([None, "water"])
        if draw(st.booleans()):
            cases.append(SafetyCase(f"N-{number}", name, site, draw(product)))
    return Sides(allocations, subjects, cases, PRODUCTS)


@given(clean_worlds())
def test_sides_that_agree_have_no_difference_and_equal_hashes(sides: Sides) -> None:
    assert differences(sides) == []
    for pair in hashes(sides).values():
        assert len(set(pair.values())) == 1


@given(clean_worlds(), st.randoms(use_true_random=False))
def test_the_order_in_which_rows_come_changes_nothing(sides: Sides, random: Any) -> None:
    shuffled = replace(
        sides,
        allocations=random.sample(sides.allocations, len(sides.allocations)),
        subjects=random.sample(sides.subjects, len(sides.subjects)),
        cases=random.sample(sides.cases, len(sides.cases)),
    )
    assert hashes(shuffled) == hashes(sides)


def _first(sides: Sides, **changes: Any) -> Sides:
    """Another record in assessments of the first child, which is allocated."""
    return replace(sides, subjects=[replace(sides.subjects[0], **changes), *sides.subjects[1:]])


def _held(sides: Sides, **changes: Any) -> Sides:
    return _first(sides, held=replace(sides.subjects[0].held, **changes))


def _case(sides: Sides, subject: str, product: str | None) -> Sides:
    return replace(sides, cases=[*sides.cases, SafetyCase("N-X", subject, "S1", product)])


def _stranger(sides: Sides, state: str, at: datetime | None) -> Sides:
    return replace(sides, subjects=[*sides.subjects, Enrolled("X", "S1", state, at)])


def _other_product(sides: Sides) -> frozenset[str]:
    return sides.subjects[0].held.products | {OTHER[sides.allocations[0].arm]}


def _case_of_first(sides: Sides) -> Sides:
    one = sides.allocations[0]
    case = SafetyCase("N-X", one.subject, one.site, OTHER[one.arm])
    return replace(sides, cases=[*sides.cases, case])


PLANTED: dict[str, tuple[str, str, Callable[[Sides], Sides]]] = {
    "never registered": (
        "only-in-randomization", "C0", lambda s: replace(s, subjects=s.subjects[1:]),
    ),
    "still in screening": (
        "not-noted-in-assessments", "C0", lambda s: _first(s, state="screening"),
    ),
    "never noted": (
        "not-noted-in-assessments", "C0", lambda s: _first(s, randomized_at=None),
    ),
    "noted at another time": (
        "not-noted-in-assessments", "C0",
        lambda s: _first(s, randomized_at=AT + timedelta(microseconds=1)),
    ),
    "noted but never allocated": (
        "only-in-assessments", "X", lambda s: _stranger(s, "randomized", AT),
    ),
    "withdrawn and noted but never allocated": (
        "only-in-assessments", "X", lambda s: _stranger(s, "withdrawn", AT),
    ),
    "another site": (
        "site-differs", "C0",
        lambda s: replace(
            _first(s, site="S9"), cases=[c for c in s.cases if c.subject != "C0"]
        ),
    ),
    "another site in safety": (
        "site-differs", "C0",
        lambda s: replace(s, cases=[SafetyCase("N-X", "C0", "S9", None)]),
    ),
    "a stated level that was neither used nor true": (
        "stratum-differs", "C0", lambda s: _held(s, stated={"f": "third"}),
    ),
    "a derived level that is not the true one": (
        "stratum-differs", "C0", lambda s: _held(s, derived={"f": "third"}),
    ),
    "another date of consent": (
        "consent-differs", "C0", lambda s: _held(s, consents=frozenset({"2026-02-28"})),
    ),
    "a dose of the other arm's product": (
        "treatment-differs", "C0", lambda s: _held(s, products=_other_product(s)),
    ),
    "the other arm's product suspected": ("treatment-differs", "C0", _case_of_first),
    "a case of nobody": ("case-of-unknown-subject", "Y", lambda s: _case(s, "Y", "a1")),
    "a study product suspected in screening": (
        "case-of-unallocated-subject", "X",
        lambda s: _case(_stranger(s, "screening", None), "X", "a1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
@given(sides=clean_worlds())
def test_a_planted_difference_is_found_and_nothing_else(name: str, sides: Sides) -> None:
    kind, subject, plant = PLANTED[name]
    found = differences(plant(sides))
    assert [(one.kind, one.subject) for one in found] == [(kind, subject)]


@given(sides=clean_worlds(), at=st.sampled_from(["site", "randomized_at", "gone"]))
def test_a_key_fact_that_differs_makes_the_hashes_differ(sides: Sides, at: str) -> None:
    changed = {
        "site": lambda: _first(sides, site="S9"),
        "randomized_at": lambda: _first(sides, randomized_at=AT - timedelta(seconds=1)),
        "gone": lambda: replace(sides, subjects=sides.subjects[1:]),
    }[at]()
    assert len(set(hashes(changed)["allocations"].values())) == 2


def test_a_corrected_level_is_compared_with_what_follows_from_the_values() -> None:
    one = Allocated("C", "S1", "A", {"f": "low"}, {"f": "high"}, AT)
    held = Held({}, {"f": "low"}, frozenset())
    (found,) = differences(
        Sides([one], [Enrolled("C", "S1", "randomized", AT, held)], [], PRODUCTS)
    )
    assert (found.kind, found.details["randomization"]) == ("stratum-differs", "high")


def test_a_case_of_a_child_whom_assessments_call_randomized_misses_its_allocation() -> None:
    child = Enrolled("C", "S1", "randomized", AT)
    sides = Sides([], [child], [SafetyCase("N-1", "C", "S1", None)], PRODUCTS)
    assert [one.kind for one in differences(sides)] == [
        "case-of-unallocated-subject", "only-in-assessments",
    ]  # fmt: skip


def test_the_hashes_do_not_depend_on_arms() -> None:
    child = Enrolled("C", "S1", "randomized", AT)
    one, other = (Allocated("C", "S1", arm, {}, {}, AT) for arm in PRODUCTS)
    assert hashes(Sides([one], [child], [], PRODUCTS)) == hashes(
        Sides([other], [child], [], PRODUCTS)
    )


# Found by the service's look at its own rows: planted in test_integrity.py.
OF_INTEGRITY = {
    "allocation-altered", "allocation-without-slot", "slot-without-allocation", "slot-of-another",
    "opening-altered", "chain-altered",
}  # fmt: skip


def test_every_kind_of_difference_is_planted() -> None:
    planted = {kind for kind, _, _ in PLANTED.values()}
    kinds = set(reconciliation.Kind.__args__)  # type: ignore[attr-defined]
    assert planted == kinds - OF_INTEGRITY
    assert kinds >= OF_INTEGRITY


def test_what_is_compared_is_read_off_the_definition() -> None:
    assert held_values.wanted(STUDY) == {
        ("disease", "age_group"), ("disease", "first_remission"),
        ("disease", "relapse_date"), ("disease", "first_diagnosis_date"), ("dosing", "product"),
        ("consent", "consent_date"),
    }  # fmt: skip


def test_an_item_of_a_form_that_is_filled_again_and_again_is_no_baseline_value() -> None:
    content = to_json(STUDY)
    for form in content["forms"]:
        form["repeating"] = True
    assert held_values.wanted(from_json(content)) == {("dosing", "product")}


def test_levels_are_held_as_stated_and_as_they_follow_from_dates() -> None:
    items = [
        HeldItem("C", "disease", "age_group", "ge10"),
        HeldItem("C", "disease", "first_diagnosis_date", "2022-01-10"),
        HeldItem("C", "disease", "relapse_date", "2024-01-10"),
        HeldItem("C", "dosing", "product", "DEX"),
        HeldItem("D", "disease", "relapse_date", "2024-01-10"),
    ]
    found = held_values.read(STUDY, items)
    assert found["C"] == Held(
        {"age_group": "ge10"}, {"first_remission": "ge24m"}, frozenset({"DEX"})
    )
    assert found["D"] == Held({}, {}, frozenset())


def test_an_item_that_is_told_twice_differently_tells_nothing() -> None:
    items = [
        HeldItem("C", "disease", "age_group", "ge10"),
        HeldItem("C", "another", "age_group", "lt10"),
    ]
    assert held_values.read(STUDY, items)["C"] == held_values.NOTHING


def test_a_value_that_the_definition_would_not_take_tells_nothing() -> None:
    items = [
        HeldItem("C", "disease", "first_diagnosis_date", "2022-01-10"),
        HeldItem("C", "disease", "relapse_date", "2024-02-31"),
    ]
    assert held_values.read(STUDY, items)["C"] == held_values.NOTHING
