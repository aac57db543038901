"""Edit checks over a subject: the answers that the guide names, and three-valued logic."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.assessments.domain import checks
from services.assessments.domain.check_plan import plan_of
from shared.study import StudyDefinition
from shared.study.criteria import Comparison
from shared.study.edit_checks import DictionaryRule, EditCheck
from shared.study.predicate import Truth
from tests.services.assessments.domain.states import record, subject

AE = {"term": "Vomiting", "grade": "2", "start_date": "2024-02-10", "serious": "false"}
DEAD = {"contact_date": "2024-03-01", "status": "DEAD", "death_date": "2024-02-20"}
CR = {"assessment_date": "2024-02-26", "response": "CR"}
DOSE = {"product": "INO", "dose_date": "2024-01-30", "given": "true"}


def failing(
    definition: StudyDefinition, form: str, items: Mapping[str, str], *others: Any, **child: Any
) -> set[str]:
    """Ids of the checks that a record fails."""
    judged = record(definition, form, items)
    state = subject(judged, *others, **child)
    return {
        each.planned.check.id
        for each in checks.verdicts(definition, state, [judged])
        if each.truth is Truth.FALSE
    }


@pytest.mark.parametrize(
    ("form", "items", "check"),
    [
        ("blood_count", {"sample_date": "2011-08-31"}, "DATE-01"),
        ("adverse_event", AE | {"start_date": "2011-06-01"}, "DATE-01"),
        ("survival_status", DEAD | {"death_date": "2011-08-30"}, "SURV-07"),
        ("blood_count", {"sample_date": "2024-06-02"}, "DATE-06"),
        ("adverse_event", AE | {"term": "Dragon pox"}, "AE-01"),
        ("adverse_event", AE | {"term": "Vomiting", "grade": "5"}, None),
        ("adverse_event", AE | {"term": "Alopecia", "grade": "4"}, "AE-02"),
        ("dosing", DOSE | {"weight": "3"}, "WT-01"),
    ],
    ids=[
        "a sample before the month of birth",
        "an adverse event before birth",
        "a death before birth",
        "a sample in the future",
        "a term that CTCAE does not have",
        "vomiting may be of grade 5",
        "alopecia of a grade that does not exist",
        "3 kg at 12 years",
    ],
)
def test_what_cannot_be_is_asked_about(
    definition: StudyDefinition, form: str, items: Mapping[str, str], check: str | None
) -> None:
    failed = failing(definition, form, items)
    if check is None:
        assert not failed & {"AE-01", "AE-02"}
    else:
        assert check in failed


def test_a_visit_after_the_death_is_asked_about(definition: StudyDefinition) -> None:
    death = record(definition, "survival_status", DEAD, key="r2")
    late = {"sample_date": "2024-02-21"}
    assert "DATE-05" in failing(definition, "blood_count", late, death)
    assert "DATE-05" not in failing(definition, "blood_count", {"sample_date": "2024-02-20"}, death)
    assert "DATE-05" not in failing(definition, "blood_count", late)


def test_a_death_known_to_the_month_is_a_limit_once_the_month_is_over(
    definition: StudyDefinition,
) -> None:
    dead = DEAD | {"death_date": "2024-02"}
    death = record(definition, "survival_status", dead, key="r2")
    for day, asked in (("2024-03-01", True), ("2024-02-21", False), ("2024-01-31", False)):
        failed = failing(definition, "blood_count", {"sample_date": day}, death)
        assert ("DATE-05" in failed) is asked


def test_a_relapse_before_the_first_complete_response_is_asked_about(
    definition: StudyDefinition,
) -> None:
    response = record(definition, "response", CR, key="r2", visit="C1D28")
    early = {"event_date": "2024-02-25", "event": "RELAPSE"}
    assert "REL-01" in failing(definition, "relapse_progression", early, response)
    assert "REL-02" in failing(definition, "relapse_progression", early)
    later = {"event_date": "2024-04-01", "event": "RELAPSE"}
    assert not {"REL-01", "REL-02"} & failing(definition, "relapse_progression", later, response)


def test_an_adult_weight_at_twelve_and_a_small_one_at_one_are_judged_by_age(
    definition: StudyDefinition,
) -> None:
    small = DOSE | {"weight": "9.5"}
    assert "WT-01" in failing(definition, "dosing", small, born="2011-09")
    assert "WT-01" not in failing(definition, "dosing", small, born="2022-06")


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("2012-01", date(2024, 2, 1), 12),
        ("2012-01", date(2024, 1, 31), 12),
        ("2012-01", date(2024, 1, 30), None),
        ("2012-01", date(2024, 1, 1), None),
        ("2012-01", date(2023, 12, 31), 11),
        ("2012-02", date(2012, 1, 1), None),
    ],
)
def test_an_age_is_known_but_in_the_month_of_a_birthday(
    born: str, day: date, age: int | None
) -> None:
    assert checks.age_in_years(born, day) == age


def test_a_missing_value_neither_fails_nor_passes(definition: StudyDefinition) -> None:
    judged = record(definition, "blood_count", {"sample_date": "2024-02-26", "neutrophils": "2"})
    found = checks.verdicts(definition, subject(judged), [judged])
    truths = {each.planned.check.id: each.truth for each in found}
    assert truths["LAB-01"] is Truth.UNDETERMINED


def test_a_date_in_the_month_of_birth_is_left_open(definition: StudyDefinition) -> None:
    judged = record(definition, "blood_count", {"sample_date": "2011-09-10"})
    found = checks.verdicts(definition, subject(judged), [judged])
    truths = {each.planned.check.id: each.truth for each in found}
    assert truths["DATE-01"] is Truth.UNDETERMINED


def test_no_message_of_a_check_holds_the_value_it_is_about(definition: StudyDefinition) -> None:
    judged = record(definition, "dosing", DOSE | {"weight": "3.1415"})
    found = checks.verdicts(definition, subject(judged), [judged])
    assert all("3.1415" not in each.planned.check.message for each in found)


def with_checks(definition: StudyDefinition, *added: EditCheck) -> StudyDefinition:
    return definition.model_copy(update={"checks": tuple(added)})


def check(severity: str = "hard", **changes: Any) -> EditCheck:
    fields: dict[str, Any] = {
        "id": "OWN-01",
        "version": 3,
        "forms": ("blood_count",),
        "severity": severity,
        "holds": Comparison(item="platelets", op="le", value=5000),
        "message": "Not a count.",
        "on": "platelets",
        "source": {"kind": "assumed"},
    }
    return EditCheck.model_validate(fields | changes)


def test_only_a_hard_check_refuses_and_says_where_and_in_which_version(
    definition: StudyDefinition,
) -> None:
    judged = record(definition, "blood_count", {"sample_date": "2024-02-26", "platelets": "9000"})
    for severity, codes in (("hard", ["check-failed"]), ("query", []), ("flag", [])):
        own = with_checks(definition, check(severity))
        faults = checks.hard_faults(own, subject(judged), judged)
        assert [fault.code for fault in faults] == codes
    (fault,) = checks.hard_faults(with_checks(definition, check()), subject(judged), judged)
    assert (fault.where, fault.detail) == (
        ("items", "platelets"),
        "Not a count. (OWN-01, version 3)",
    )


def test_a_hard_check_that_is_left_open_refuses_nothing(definition: StudyDefinition) -> None:
    judged = record(definition, "blood_count", {"sample_date": "2024-02-26"})
    own = with_checks(definition, check())
    assert checks.hard_faults(own, subject(judged), judged) == []


def test_a_hard_check_that_fails_by_a_change_elsewhere_is_asked_as_a_query(
    definition: StudyDefinition,
) -> None:
    judged = record(definition, "blood_count", {"sample_date": "2024-02-26", "platelets": "9000"})
    (found,) = checks.verdicts(with_checks(definition, check()), subject(judged), [judged])
    assert found.severity == "query"


def test_a_term_check_without_a_grade_is_about_the_term_alone(
    definition: StudyDefinition,
) -> None:
    own = with_checks(
        definition,
        check(
            forms=("adverse_event",),
            holds=None,
            dictionary=DictionaryRule(term="term", grade="grade"),
            on="grade",
        ),
    )
    for items, truth in (
        (AE | {"term": "vomiting"}, Truth.TRUE),
        (AE | {"term": "Dragon pox"}, Truth.UNDETERMINED),
        ({"term": "Vomiting"}, Truth.UNDETERMINED),
    ):
        judged = record(definition, "adverse_event", items)
        (found,) = checks.verdicts(own, subject(judged), [judged])
        assert found.truth is truth


def test_days_out_of_the_window_count_from_the_anchor_of_the_visit(
    definition: StudyDefinition,
) -> None:
    for day, out in (("2024-02-20", -3), ("2024-02-23", 0), ("2024-02-27", 0), ("2024-03-01", 3)):
        judged = record(definition, "blood_count", {"sample_date": day}, visit="C1D28")
        state = subject(judged)
        anchors = checks.subject_anchors(definition, state)
        assert checks.days_out(definition, judged, anchors) == out
    unscheduled = record(definition, "blood_count", {"sample_date": "2024-02-20"})
    assert checks.days_out(definition, unscheduled, {}) is None


def test_a_change_of_a_date_that_others_count_from_touches_all_records(
    definition: StudyDefinition,
) -> None:
    dose = record(definition, "dosing", DOSE, key="r1", visit="C1D1")
    count = record(definition, "blood_count", {"sample_date": "2024-02-26"}, key="r2")
    event = record(definition, "adverse_event", AE, key="r3")
    state = subject(dose, count, event)
    assert checks.touched(definition, state, [dose]) == [dose, count, event]
    assert checks.touched(definition, state, [event]) == [event]


def test_what_a_check_rests_on_names_the_forms_that_its_dates_come_from(
    definition: StudyDefinition,
) -> None:
    plan = plan_of(definition)
    planned = {each.check.id: each for own in plan.checks.values() for each in own}
    recovery = planned["EOT-01"].rests_on
    assert {"end_of_treatment", "end_of_treatment.recovery_date", "dosing"} <= set(recovery)
    assert planned["LAB-01"].rests_on == (
        "blood_count",
        "blood_count.leukocytes",
        "blood_count.neutrophils",
    )


def test_what_was_seen_is_the_same_until_a_value_the_check_reads_changes(
    definition: StudyDefinition,
) -> None:
    first = {"sample_date": "2024-02-26", "neutrophils": "2", "leukocytes": "1"}

    def seen(items: Mapping[str, str], today: date = date(2024, 6, 1)) -> str:
        judged = record(definition, "blood_count", items)
        state = replace(subject(judged), today=today)
        found = checks.verdicts(definition, state, [judged])
        return next(each.seen for each in found if each.planned.check.id == "LAB-01")

    assert seen(first) == seen(first | {"platelets": "9"}) == seen(first, date(2025, 1, 1))
    assert seen(first) != seen(first | {"neutrophils": "3"})


def test_of_a_record_that_did_not_change_only_what_reads_elsewhere_is_judged_anew(
    definition: StudyDefinition,
) -> None:
    odd = {"sample_date": "2024-02-26", "neutrophils": "2", "leukocytes": "1"}
    judged = record(definition, "blood_count", odd)
    found = checks.verdicts(definition, subject(judged), [judged], changed=set())
    ids = {each.planned.check.id for each in found}
    assert "DATE-05" in ids
    assert "LAB-01" not in ids
