"""A threshold stands in the study definition and in a pack: they must be the same."""

import pytest

from shared.rules.loading import load_pack
from shared.study.definition import StudyDefinition
from tests.support.definitions import shipped


@pytest.fixture(scope="module")
def definition() -> StudyDefinition:
    return shipped("NCT05748171")


@pytest.mark.parametrize(
    ("threshold", "pack", "parameter"),
    [
        ("mrd_negative", "mrd", "negative"),
        ("mrd_sensitivity", "mrd", "sensitivity"),
        ("mrd_sensitivity", "mrd", "quantitative_range"),
        ("consolidation_gap", "eot", "consolidation_gap_days"),
        ("complete_response_blasts", "response", "cr_blasts"),
        ("complete_response_neutrophils", "response", "cr_neutrophils"),
        ("complete_response_platelets", "response", "cr_platelets"),
    ],
)
def test_a_limit_of_a_pack_is_the_definitions_threshold(
    definition: StudyDefinition, threshold: str, pack: str, parameter: str
) -> None:
    wanted, limit = definition.thresholds_by_id()[threshold], load_pack(pack).limit(parameter)
    assert (limit.comparator, limit.value, limit.unit) == (
        wanted.comparator,
        wanted.value,
        wanted.unit,
    )


def test_the_window_of_recovery_is_the_definitions(definition: StudyDefinition) -> None:
    thresholds, eot = definition.thresholds_by_id(), load_pack("eot")
    assert eot.integer("recovery_day") == thresholds["cycle_days"].value
    tolerance = thresholds["end_of_treatment_tolerance"].value
    assert eot.integer("recovery_tolerance_days") == tolerance


def test_the_order_of_methods_is_the_definitions(definition: StudyDefinition) -> None:
    reflex = definition.form("mrd").reflex
    assert reflex is not None
    assert load_pack("mrd").texts("method_order") == reflex.order
