"""The anchors a form requires, and when they have a date."""

from datetime import date

from services.assessments.domain import prerequisites
from shared.study import StudyDefinition
from tests.services.assessments.domain.builders import history
from tests.services.assessments.domain.states import subject

CONSENT = history("consent", {"consent_date": "2024-01-20", "assent_due": "false"})
ALLOCATED = date(2024, 1, 29)


def missing(definition: StudyDefinition, form: str, *given: object) -> list[str]:
    histories = [record for record in given if record is not None and record is not ALLOCATED]
    found = prerequisites.undated(
        definition,
        definition.form(form),
        histories,  # type: ignore[arg-type]
        ALLOCATED if ALLOCATED in given else None,
    )
    return [anchor.id for anchor in found]


def test_every_missing_anchor_is_named(definition: StudyDefinition) -> None:
    assert missing(definition, "response") == ["consent", "randomization"]
    assert missing(definition, "response", CONSENT) == ["randomization"]
    assert missing(definition, "response", ALLOCATED) == ["consent"]
    assert missing(definition, "response", CONSENT, ALLOCATED) == []


def test_a_consent_form_whose_date_was_removed_is_no_consent(definition: StudyDefinition) -> None:
    removed = history("consent", {"consent_date": "2024-01-20"}, {"consent_date": None})
    assert missing(definition, "blood_count", removed) == ["consent"]


def test_what_a_record_of_the_same_write_says_of_an_anchor_counts_for_the_next(
    definition: StudyDefinition,
) -> None:
    form = definition.form("blood_count")
    state = subject()
    assert [each.id for each in prerequisites.missing(definition, form, state)] == ["consent"]
    consented = state.having(CONSENT)
    assert prerequisites.missing(definition, form, consented) == []
    removed = {"consent_date": None}
    taken_back = consented.having(history("consent", {"consent_date": "2024-01-20"}, removed))
    assert [each.id for each in prerequisites.missing(definition, form, taken_back)] == ["consent"]
    assert [each.id for each in prerequisites.missing(definition, form, state)] == ["consent"]


def test_a_form_that_requires_nothing_reads_nothing(definition: StudyDefinition) -> None:
    assert prerequisites.forms_read(definition, definition.form("consent")) == set()
    assert missing(definition, "consent") == []


def test_the_forms_behind_derived_anchors_are_read(definition: StudyDefinition) -> None:
    form = definition.form("mrd").model_copy(update={"requires": ("first_response",)})
    assert prerequisites.forms_read(definition, form) == {
        "response",
        "end_of_treatment",
        "new_anticancer_therapy",
    }
