"""What exists for roles that must not learn the arm."""

from services.assessments.domain.sight import Sight
from shared.study import StudyDefinition
from tests.services.assessments.domain.builders import with_item


def test_arm_revealing_forms_do_not_exist_for_masked_roles(
    masked_sight: Sight, open_sight: Sight
) -> None:
    assert open_sight.form("pk_sample") is not None
    assert masked_sight.form("pk_sample") is None
    assert masked_sight.form("adverse_event") is not None
    forms = masked_sight.form_ids()
    assert forms is not None
    assert {"pk_sample", "dosing"}.isdisjoint(forms)
    assert open_sight.form_ids() is None


def test_an_arm_revealing_item_of_an_open_form_does_not_exist_for_masked_roles(
    definition: StudyDefinition,
) -> None:
    changed = with_item(definition, "adverse_event", "outcome", arm_revealing=True)
    form = changed.form("adverse_event")
    assert "outcome" in Sight(changed, sees_arm=True).items(form)
    masked = Sight(changed, sees_arm=False).items(form)
    assert "outcome" not in masked
    assert "term" in masked
