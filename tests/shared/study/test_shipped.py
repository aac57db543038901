"""The two shipped definitions say what the public record says, and flag what it leaves open."""

import csv
import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from shared.study import StudyDefinition, assumed_values, from_json, to_json
from shared.study.endpoints import ConcentrationEndpoint, TimeToEventEndpoint
from shared.study.loading import validate_file
from shared.study.schemes import PermutedBlocks, UploadedList

ROOT = Path(__file__).parents[3]
REFERENCE = Path(os.environ.get("INDUCT_REFERENCE", ROOT.parent / "shared"))
REMISSIONS = ROOT / "shared/study/definitions/freireich-1963-remissions.csv"


def test_exactly_the_two_studies_are_shipped_and_free_of_faults(shipped: dict[str, Path]) -> None:
    assert sorted(shipped) == ["NCT05748171", "freireich-1963"]
    assert [fault for path in shipped.values() for fault in validate_file(path)] == []


def test_every_outcome_row_of_the_record_is_computed_by_an_endpoint(nct: StudyDefinition) -> None:
    rows = ["P1", *(f"S{number}" for number in range(1, 10))]
    assert [outcome.row for outcome in nct.outcomes] == rows
    assert {endpoint.outcome for endpoint in nct.endpoints} == set(rows)


def test_identity_and_arms_are_those_of_the_registry(nct: StudyDefinition) -> None:
    identifiers = nct.identity.identifiers
    assert (nct.id, identifiers.eudract, identifiers.sponsor_protocol, identifiers.eu_ct) == (
        "NCT05748171", "2022-000186-40", "B1931036", "2023-509810-13-00",
    )  # fmt: skip
    assert [(arm.code, arm.ratio) for arm in nct.arms] == [("INO", 2), ("ALLR3", 1)]
    assert nct.reference_arm == "ALLR3"
    assert nct.identity.planned_subjects == 100


def test_efs_counts_six_kinds_of_event_and_duration_of_response_no_second_malignancy(
    nct: StudyDefinition,
) -> None:
    efs, dor = nct.endpoint("EFS"), nct.endpoint("DOR")
    assert isinstance(efs, TimeToEventEndpoint)
    assert isinstance(dor, TimeToEventEndpoint)
    assert set(efs.events) == {
        "progression", "relapse", "induction_failure_day1", "mrd_persistence",
        "second_malignancy", "death",
    }  # fmt: skip
    assert set(dor.events) == {"progression_after_response", "relapse", "mrd_persistence", "death"}
    assert (efs.origin, dor.origin) == ("randomization", "first_response")
    assert dor.horizon is not None
    assert (dor.horizon.anchor, dor.horizon.years) == ("eot", 5)
    assert dor.comparison == "descriptive"


def test_only_the_transplant_variants_end_follow_up_at_transplant(nct: StudyDefinition) -> None:
    censored = {
        endpoint.paramcd: endpoint.variant_of
        for endpoint in nct.endpoints
        if isinstance(endpoint, TimeToEventEndpoint) and endpoint.censor_at == ("hsct",)
    }
    assert censored == {"EFSHSCT": "EFS", "OSHSCT": "OS"}


def test_overall_survival_starts_at_first_dose_or_else_at_randomization(
    nct: StudyDefinition,
) -> None:
    survival = nct.endpoint("OS")
    assert isinstance(survival, TimeToEventEndpoint)
    day1 = nct.anchor(survival.origin)
    assert day1.kind == "coalesce"
    assert day1.anchors == ("first_dose", "randomization")


def test_concentrations_are_summarized_in_the_inotuzumab_arm_only(nct: StudyDefinition) -> None:
    for paramcd in ("PKCMAX", "PKTROUGH"):
        endpoint = nct.endpoint(paramcd)
        assert isinstance(endpoint, ConcentrationEndpoint)
        assert endpoint.arms == ("INO",)
        assert nct.form(endpoint.form).arm_revealing


def test_mrd_is_negative_strictly_below_one_in_ten_thousand(nct: StudyDefinition) -> None:
    limits = nct.thresholds_by_id()
    negative, sensitivity = limits["mrd_negative"], limits["mrd_sensitivity"]
    assert (negative.value, negative.comparator) == (Decimal("0.0001"), "lt")
    assert (sensitivity.value, sensitivity.comparator) == (Decimal("0.0001"), "le")


def test_day_28_visit_has_two_days_either_side(nct: StudyDefinition) -> None:
    window = nct.visit("C1D28").window(date(2024, 1, 29))
    assert (window.earliest, window.target, window.latest) == (
        date(2024, 2, 23), date(2024, 2, 25), date(2024, 2, 27),
    )  # fmt: skip
    out = [window.days_out(window.earliest + timedelta(days=days)) for days in (-3, 0, 4, 6)]
    assert out == [-3, 0, 0, 2]


def test_the_site_has_24_hours_and_authorities_have_rule_sets_of_their_own(
    nct: StudyDefinition,
) -> None:
    assert nct.safety is not None
    assert [clock.hours for clock in nct.safety.clocks] == [24]
    assert [each.id for each in nct.safety.rule_sets] == ["eu_ctr", "us_ind", "uk_ctr"]
    assert nct.safety.window.days_after == 60
    assert len(nct.safety.seriousness) == 6
    assert all(clock.verified_by is None for clock in nct.safety.clocks)


def test_every_choice_the_record_leaves_open_is_listed_as_assumed(nct: StudyDefinition) -> None:
    paths = {each.path for each in assumed_values(nct)}
    assert paths >= {
        "randomization.scheme",
        "randomization.strata.age_group",
        "randomization.strata.first_remission",
        "randomization.caps",
        "arms.INO.products.INO.doses",
        "anchors.day1.anchors",
        "eligibility.rules.ELIG-03.predicate",
        "event_sources.induction_failure_day1.dated_at",
        "event_sources.induction_failure_eot.dated_at",
        "event_sources.mrd_persistence.select",
        "event_sources.last_response_assessment",
        "event_sources.last_known_alive",
        "endpoints.MRDNEG.populations",
        "endpoints.EFS.origin",
        "endpoints.EFS.censoring",
        "endpoints.EFSEOT",
        "endpoints.EFSHSCT",
        "endpoints.OSHSCT",
        "thresholds.mrd_negative",
        "thresholds.mrd_sensitivity",
        "analysis.alpha",
        "analysis.sides",
        "safety",
    }


def test_every_assumption_says_why_and_no_other_value_is_listed(nct: StudyDefinition) -> None:
    listed = assumed_values(nct)
    assert all(each.note for each in listed)
    assert len({each.path for each in listed}) == len(listed)
    paths = {each.path for each in listed}
    assert not paths & {"identity", "arms.INO", "eligibility.rules.ELIG-01", "endpoints.EFS"}


def test_assumptions_are_the_same_for_a_definition_read_back_from_storage(
    nct: StudyDefinition,
) -> None:
    assert assumed_values(from_json(to_json(nct))) == assumed_values(nct)


def test_an_assumed_entry_shows_its_value_without_fields_of_another_source(
    nct: StudyDefinition,
) -> None:
    shown = {each.path: each.value for each in assumed_values(nct)}
    assert shown["safety"] == '{"receiver_time_zone":"Europe/Paris"}'
    assert shown["randomization.caps"] == "[]"
    assert shown["analysis.alpha"] == '"0.05"'


def test_blocks_hold_the_ratio_and_reach_beyond_the_planned_number(nct: StudyDefinition) -> None:
    scheme = nct.randomization.scheme
    assert isinstance(scheme, PermutedBlocks)
    assert scheme.block_sizes == (3, 6, 9)
    assert scheme.capacity_per_stratum >= nct.identity.planned_subjects
    assert len(nct.randomization.stratum_labels()) == 4


def test_freireich_is_21_pairs_of_two_slots_in_weeks(freireich: StudyDefinition) -> None:
    assert isinstance(freireich.randomization.scheme, UploadedList)
    labels = freireich.randomization.stratum_labels()
    assert labels == tuple(f"pair={number:02d}" for number in range(1, 22))
    assert freireich.randomization.scheme.slots_per_stratum * len(labels) == 42
    unit = freireich.analysis.reporting_unit
    assert (unit.name, unit.days) == ("weeks", Decimal(7))
    (endpoint,) = freireich.endpoints
    assert isinstance(endpoint, TimeToEventEndpoint)
    assert (endpoint.paramcd, endpoint.day_rule, endpoint.tests) == (
        "REMDUR", "difference", ("logrank", "logrank_stratified"),
    )  # fmt: skip


def read_remissions() -> list[dict[str, str]]:
    lines = REMISSIONS.read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_remission_file_has_one_child_per_pair_and_arm_of_its_definition(
    freireich: StudyDefinition,
) -> None:
    rows = read_remissions()
    pairs = freireich.randomization.strata[0].level_codes
    arms = [arm.code for arm in freireich.arms]
    assert [(row["pair"], row["arm"]) for row in rows] == [
        (pair, arm) for pair in pairs for arm in arms
    ]
    assert {row["relapsed"] for row in rows} == {"0", "1"}


def test_remission_times_equal_the_published_table() -> None:
    published = REFERENCE / "reference/survival/data/gehan_6mp_pairs.csv"
    if not published.exists():
        pytest.skip("the reference folder (INDUCT_REFERENCE) is absent")
    with published.open(encoding="utf-8") as file:
        expected = {
            (int(row["stratum"]), row["arm"], int(row["time"]), int(row["event"]))
            for row in csv.DictReader(file)
        }
    found = {
        (int(row["pair"]), row["arm"], int(row["remission_weeks"]), int(row["relapsed"]))
        for row in read_remissions()
    }
    assert found == expected
    assert len(found) == 42
