"""Adverse events: subjects are counted once, by their worst grade, in the arm they received."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.adverse_event_rows import adverse_event_rows
from services.analytics.domain.adverse_events import adverse_events
from services.analytics.domain.cutoff import cut
from services.analytics.domain.observations import ObservationError
from services.analytics.domain.proportions import ProportionPlan
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.study_data import KeptRecord
from services.analytics.domain.subjects import Subject, members, subjects_at_cutoff
from services.analytics.exact_limits import ENGINE, clopper_pearson
from shared.study.endpoints import AdverseEventEndpoint
from tests.services.analytics.dated import DAY0, FAR, allocated, dose, kept, one, study_data
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
SAF = NCT.population("SAF")
CONSENT = kept("consent", {"consent_date": "2024-01-20"}, date(2024, 1, 20), visit="SCR")


def endpoint(paramcd: str = "AE") -> AdverseEventEndpoint:
    found = NCT.endpoint(paramcd)
    assert isinstance(found, AdverseEventEndpoint)
    return found


def event(
    start: str = "2024-02-03",
    term: str = "Sepsis",
    grade: int | None = 4,
    repeat: int = 1,
    subject: str = "S01-001",
    **items: str,
) -> KeptRecord:
    told = {"term": term, "start_date": start, "serious": "false", **items}
    told |= {} if grade is None else {"grade": str(grade)}
    return kept("adverse_event", told, None, subject=subject, repeat=repeat)


def of(subject: str, record: KeptRecord) -> KeptRecord:
    return replace(record, subject=subject, record_id=f"{record.record_id} of {subject}")


def rows(
    *subjects: Subject, paramcd: str = "AE"
) -> dict[tuple[str | None, str | None, str], ResultRow]:
    plan = ProportionPlan(paramcd, "SAF", 0.95, FAR, clopper_pearson, ENGINE)
    counted = members(SAF, subjects)
    found = adverse_event_rows(NCT, endpoint(paramcd), plan, counted)
    keys = [(row.group, row.category, row.statistic) for row in found]
    assert len(keys) == len(set(keys)), "each number has one row"
    return dict(zip(keys, found, strict=True))


def children(*records: KeptRecord, arms: dict[str, str]) -> tuple[Subject, ...]:
    told = [allocated(subject, arm) for subject, arm in arms.items()]
    everybody = [of(subject, each) for subject in arms for each in (CONSENT, dose(DAY0))]
    return subjects_at_cutoff(NCT, cut(NCT, study_data([*everybody, *records], told), FAR))


@pytest.mark.proves("S5", kind="negative")
@pytest.mark.parametrize(
    ("start", "counts"),
    [
        ("2024-01-19", False),
        ("2024-01-20", True),
        ("2024-03-29", True),
        ("2024-03-30", False),
        ("2024-01", True),
        ("2024-03", True),
        ("2023", False),
        ("2024-04", False),
    ],
    ids=[
        "the day before consent",
        "the day of consent",
        "the 60th day after the last dose",
        "the day after it",
        "a month that reaches into the window",
        "a month that begins in it",
        "a year before it",
        "a month after it",
    ],
)
def test_events_count_from_consent_to_sixty_days_after_the_last_dose(
    start: str, counts: bool
) -> None:
    child = one(NCT, [CONSENT, dose(DAY0), event(start)])
    assert bool(adverse_events(NCT, endpoint(), child)) is counts


def test_a_child_counts_once_by_the_worst_of_its_grades() -> None:
    child = one(NCT, [CONSENT, dose(DAY0), event(grade=2), event(grade=4, repeat=2),
                      event(grade=None, repeat=3)])  # fmt: skip
    found = rows(child)
    assert found["pooled", "any", "subjects"].value == 1
    grades = [found["pooled", "any", f"subjects_grade_{grade}"].value for grade in range(1, 6)]
    assert grades == [0, 0, 0, 1, 0]
    assert found["pooled", "any", "subjects_ungraded"].value == 0


def test_an_event_without_a_grade_has_a_row_of_its_own() -> None:
    found = rows(one(NCT, [CONSENT, dose(DAY0), event(grade=None)]))
    assert found["pooled", "any", "subjects_ungraded"].value == 1


@pytest.mark.proves("S5", kind="positive")
def test_serious_and_related_are_counted_by_the_rules_of_the_study() -> None:
    child = one(NCT, [CONSENT, dose(DAY0), event(serious="true"),
                      event(repeat=2, relationship="RELATED")])  # fmt: skip
    found = rows(child)
    counted = {kind: found["pooled", kind, "subjects"].value
               for kind in ("any", "serious", "related", "related_serious")}  # fmt: skip
    # Serious is one event and related another: no event is both.
    assert counted == {"any": 1, "serious": 1, "related": 1, "related_serious": 0}


@pytest.mark.proves("S5", kind="oracle")
def test_children_without_events_are_in_the_denominator() -> None:
    arms = {"S01-001": "INO", "S01-002": "INO", "S01-003": "INO", "S01-004": "INO"}
    found = rows(*children(event(), arms=arms))
    percent = found["INO", "any", "percent"]
    assert (percent.value, percent.n, percent.events) == (25.0, 4, 1)
    # Clopper and Pearson 1934 of 1 in 4.
    assert (percent.lower, percent.upper) == pytest.approx((0.6309463, 80.5879587), rel=1e-6)


def test_a_child_counts_in_the_arm_that_it_received() -> None:
    # Everybody gets inotuzumab ozogamicin here, whatever was drawn.
    found = rows(*children(event(), arms={"S01-001": "ALLR3"}))
    assert found["INO", None, "n"].value == 1
    assert found["ALLR3", None, "n"].value == 0
    assert found["ALLR3", "any", "percent"].status.value == "NE"


@pytest.mark.proves("S5", kind="negative")
def test_a_child_that_was_never_treated_is_in_no_safety_set() -> None:
    assert rows(one(NCT, [CONSENT, event()]))["pooled", None, "n"].value == 0


def test_an_arm_received_that_no_product_tells_is_a_fault_of_the_data() -> None:
    unknown = dose(DAY0)
    child = replace(one(NCT, [CONSENT, unknown]), received=None)
    with pytest.raises(ObservationError, match=r"S01-001.*arm received"):
        members(SAF, [child])


@pytest.mark.proves("S7", kind="positive")
def test_terms_are_counted_within_their_organ_class_and_each_child_once_at_each_level() -> None:
    child = one(NCT, [CONSENT, dose(DAY0), event(term="sepsis", grade=3),
                      event(term="Sepsis", grade=4, repeat=2),
                      event(term="Lung infection", grade=2, repeat=3),
                      event(term="Broken heart", grade=1, repeat=4)])  # fmt: skip
    found = rows(child, paramcd="AESEV")
    infections = "any: Infections and infestations"
    assert found["pooled", infections, "subjects_grade_4"].value == 1
    assert found["pooled", f"{infections}: Sepsis", "subjects_grade_4"].value == 1
    assert found["pooled", f"{infections}: Lung infection", "subjects_grade_2"].value == 1
    assert found["pooled", "any: Not coded: Not coded", "subjects_grade_1"].value == 1
    assert not any("Broken" in str(key) for key in found), "free text is not published"


def test_open_rows_are_pooled_and_do_not_depend_on_the_arms() -> None:
    def opened(arms: dict[str, str]) -> list[object]:
        found = rows(*children(event(), event(subject="S01-002", grade=1), arms=arms))
        return [row.to_json() for row in found.values() if row.output_class is OutputClass.OPEN]

    first, second = {"S01-001": "INO", "S01-002": "ALLR3"}, {"S01-001": "ALLR3", "S01-002": "INO"}
    assert opened(first) == opened(second)


@pytest.mark.proves("S5", kind="property")
@given(st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(1, 5)), max_size=12))
def test_grades_and_ungraded_add_up_to_the_subjects_with_an_event(
    told: list[tuple[int, int | None]],
) -> None:
    arms = {f"S01-{number:03}": "INO" for number in range(5)}
    records = [
        event(grade=grade, repeat=repeat, subject=f"S01-{child:03}")
        for repeat, (child, grade) in enumerate(told, start=1)
    ]
    found = rows(*children(*records, arms=arms))
    by_grade = [found["pooled", "any", f"subjects_grade_{grade}"].value for grade in range(1, 6)]
    ungraded = found["pooled", "any", "subjects_ungraded"].value
    having = {child for child, _ in told}
    assert sum(value or 0 for value in [*by_grade, ungraded]) == len(having)
    assert found["pooled", "any", "subjects"].value == len(having)


def test_a_window_that_has_not_ended_is_open() -> None:
    child = one(NCT, [CONSENT, event((DAY0 + timedelta(days=400)).isoformat())])
    assert len(adverse_events(NCT, endpoint(), child)) == 1
