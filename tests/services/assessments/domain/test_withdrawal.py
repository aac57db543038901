"""A withdrawal from the study ends collection; what was collected stays (GDPR Art. 17(3))."""

import pytest

from services.assessments.domain.withdrawal import collection_faults, ended_on
from shared.study import StudyDefinition
from tests.services.assessments.domain.states import record, subject

LEFT = {"withdrawal_date": "2024-03-01", "scope": "STUDY"}


def codes(definition: StudyDefinition, day: str, *withdrawals: dict[str, str]) -> list[str]:
    told = [
        record(definition, "withdrawal", each, key=f"w{number}")
        for number, each in enumerate(withdrawals)
    ]
    new = record(definition, "blood_count", {"sample_date": day}, key="new")
    return [fault.code for fault in collection_faults(definition, subject(*told), new)]


@pytest.mark.proves("C39", kind="negative")
@pytest.mark.parametrize(
    ("day", "withdrawals", "refused"),
    [
        ("2024-03-02", [LEFT], True),
        ("2024-03-01", [LEFT], False),
        ("2024-02-20", [LEFT], False),
        ("2024-03-02", [LEFT | {"scope": "TREATMENT"}], False),
        ("2024-03-02", [LEFT, LEFT | {"withdrawal_date": "2024-04-01"}], True),
        ("2024-03-02", [], False),
    ],
    ids=[
        "the day after",
        "the day itself",
        "before, entered late",
        "withdrawn from treatment only",
        "the first withdrawal counts",
        "never withdrawn",
    ],
)
def test_what_is_observed_after_a_withdrawal_from_the_study_is_not_collected(
    definition: StudyDefinition, day: str, withdrawals: list[dict[str, str]], refused: bool
) -> None:
    assert codes(definition, day, *withdrawals) == (["after-withdrawal"] if refused else [])


@pytest.mark.proves("C39", kind="positive")
@pytest.mark.parametrize(
    ("versions", "refused"),
    [
        ([{"sample_date": "2024-02-20"}, {"platelets": "120"}], False),
        ([{"sample_date": "2024-02-20"}, {"sample_date": "2024-03-01"}], False),
        ([{"sample_date": "2024-02-20"}, {"sample_date": "2024-03-02"}], True),
        ([{"sample_date": "2024-03-02"}, {"platelets": "120"}], False),
        ([{"sample_date": "2024-03-02"}, {"sample_date": "2024-03-05"}], False),
        ([{"sample_date": "2024-03-02"}, {"sample_date": "2024-02-28"}], False),
    ],
    ids=[
        "a value",
        "a date up to the withdrawal",
        "a date that would not have been taken",
        "a value of what was there before the withdrawal was told",
        "a date of the same",
        "a date back before the withdrawal",
    ],
)
def test_what_is_there_may_be_corrected_but_not_past_the_withdrawal(
    definition: StudyDefinition, versions: list[dict[str, str]], refused: bool
) -> None:
    told = record(definition, "withdrawal", LEFT, key="w")
    corrected = record(definition, "blood_count", *versions, key="old")
    faults = collection_faults(definition, subject(told, corrected), corrected)
    assert [fault.code for fault in faults] == (["after-withdrawal"] if refused else [])


@pytest.mark.parametrize(
    ("day", "refused"),
    [("2025", True), ("2024-04", True), ("2024-03", False), ("2024", False), ("2023", False)],
)
def test_a_date_known_in_part_is_refused_where_all_of_it_lies_after_the_withdrawal(
    definition: StudyDefinition, day: str, refused: bool
) -> None:
    told = record(definition, "withdrawal", LEFT, key="w")
    relapse = {"event_date": day, "event": "RELAPSE"}
    new = record(definition, "relapse_progression", relapse, key="new")
    faults = collection_faults(definition, subject(told), new)
    assert [fault.where for fault in faults] == ([("items", "event_date")] if refused else [])


@pytest.mark.parametrize(
    ("form", "items", "where"),
    [
        ("adverse_event", {"start_date": "2024-02-20", "end_date": "2024-03-02"}, ["end_date"]),
        ("adverse_event", {"start_date": "2024-02-20", "end_date": "2024-03"}, []),
        (
            "survival_status",
            {"contact_date": "2024-02-20", "status": "DEAD", "death_date": "2024-06-10"},
            ["death_date"],
        ),
        (
            "pk_sample",
            {"sample_date": "2024-03-01", "sample_time": "2024-03-02T09:00:00+01:00"},
            ["sample_time"],
        ),
    ],
)
def test_no_date_of_a_record_may_lie_after_the_withdrawal(
    definition: StudyDefinition, form: str, items: dict[str, str], where: list[str]
) -> None:
    told = record(definition, "withdrawal", LEFT, key="w")
    new = record(definition, form, items, key="new")
    faults = collection_faults(definition, subject(told), new)
    assert [fault.where[-1] for fault in faults] == where


def test_the_pointer_is_at_the_date(definition: StudyDefinition) -> None:
    told = record(definition, "withdrawal", LEFT, key="w")
    new = record(definition, "blood_count", {"sample_date": "2024-03-02"}, key="new")
    (fault,) = collection_faults(definition, subject(told), new)
    assert fault.where == ("items", "sample_date")
    assert "2024" not in fault.detail


def test_a_form_may_be_left_out_of_the_rule(definition: StudyDefinition) -> None:
    assert definition.collection_ends is not None
    ends = definition.collection_ends.model_copy(update={"except_forms": ("blood_count",)})
    own = definition.model_copy(update={"collection_ends": ends})
    assert codes(own, "2024-03-02", LEFT) == []


def test_a_study_without_the_rule_collects_on(definition: StudyDefinition) -> None:
    own = definition.model_copy(update={"collection_ends": None})
    assert codes(own, "2024-03-02", LEFT) == []
    assert ended_on(own, subject(record(own, "withdrawal", LEFT))) is None
