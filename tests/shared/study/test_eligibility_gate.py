"""The gate of NCT05748171: each rule refuses exactly the children it names."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from shared.study import StudyDefinition
from shared.study.predicate import Truth, evaluate, missing_items
from shared.study.stratification import derive_levels
from shared.study.values import Value

ELIGIBLE: Mapping[str, Value | None] = {
    "randomization_date": date(2024, 1, 29),
    "age_years": 9,
    "bcp_all": True,
    "relapse_number": 1,
    "marrow_relapse": True,
    "first_diagnosis_date": date(2022, 1, 10),
    "relapse_date": date(2024, 1, 10),
    "kmt2a_aff1": False,
    "tcf3_hlf": False,
    "tcf3_pbx1": False,
    "hypodiploidy": False,
    "tp53_alteration": False,
    "marrow_blasts": Decimal(60),
    "cd22_positive": True,
    "ast": Decimal(30),
    "ast_uln": Decimal(40),
    "alt": Decimal(30),
    "alt_uln": Decimal(40),
    "bilirubin": Decimal(10),
    "bilirubin_uln": Decimal(20),
    "gilbert_syndrome": False,
    "creatinine_clearance": Decimal(90),
    "shortening_fraction": Decimal(35),
    "philadelphia_positive": False,
    "isolated_extramedullary_relapse": False,
    "prior_allogeneic_hsct": False,
    "prior_car_t": False,
    "prior_calicheamicin_conjugate": False,
    "sos_vod_history": False,
    "uncontrolled_infection": False,
    "consent_date": date(2024, 1, 20),
    "assent_due": True,
    "assent_date": date(2024, 1, 20),
    "first_procedure_date": date(2024, 1, 22),
}


def failing(definition: StudyDefinition, **changes: Value | None) -> dict[str, Truth]:
    values = {**ELIGIBLE, **changes}
    truths = {rule.id: evaluate(rule.predicate, values) for rule in definition.eligibility.rules}
    return {rule: truth for rule, truth in truths.items() if truth is not Truth.TRUE}


def test_the_reference_child_is_eligible(nct: StudyDefinition) -> None:
    assert failing(nct) == {}


@pytest.mark.proves("RND-4", kind="negative")
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"age_years": 0, "egfr": Decimal(90)}, "ELIG-01"),
        ({"age_years": 18}, "ELIG-01"),
        ({"relapse_number": 2}, "ELIG-02"),
        ({"bcp_all": False}, "ELIG-02"),
        ({"first_diagnosis_date": date(2022, 7, 11), "primary_therapy_end_date": date(2023, 7, 9)},
         "ELIG-03"),
        ({"first_diagnosis_date": date(2021, 7, 9), "primary_therapy_end_date": date(2023, 7, 9)},
         "ELIG-03"),
        ({"tp53_alteration": True}, "ELIG-04"),
        ({"hypodiploidy": True}, "ELIG-04"),
        ({"marrow_blasts": Decimal("4.9")}, "ELIG-05"),
        ({"cd22_positive": False}, "ELIG-06"),
        ({"ast": Decimal("200.1")}, "ELIG-07"),
        ({"alt": Decimal("200.1")}, "ELIG-07"),
        ({"bilirubin": Decimal("30.1")}, "ELIG-08"),
        ({"creatinine_clearance": Decimal("29.9")}, "ELIG-09"),
        ({"age_years": 1, "egfr": Decimal("29.9")}, "ELIG-09"),
        ({"shortening_fraction": Decimal("29.9"), "ejection_fraction": Decimal(50)}, "ELIG-10"),
        ({"philadelphia_positive": True}, "ELIG-11"),
        ({"isolated_extramedullary_relapse": True}, "ELIG-12"),
        ({"prior_car_t": True}, "ELIG-13"),
        ({"prior_allogeneic_hsct": True}, "ELIG-13"),
        ({"prior_calicheamicin_conjugate": True}, "ELIG-14"),
        ({"sos_vod_history": True}, "ELIG-15"),
        ({"uncontrolled_infection": True}, "ELIG-16"),
        ({"consent_date": date(2024, 1, 23)}, "ELIG-17"),
        ({"consent_date": date(2024, 1, 30), "first_procedure_date": None}, "ELIG-17"),
        ({"assent_date": date(2024, 1, 23)}, "ELIG-18"),
    ],
)  # fmt: skip
def test_one_value_out_of_bounds_fails_exactly_its_rule(
    nct: StudyDefinition, changes: dict[str, Value | None], rule: str
) -> None:
    assert failing(nct, **changes) == {rule: Truth.FALSE}


@pytest.mark.proves("RND-4", kind="positive")
@pytest.mark.parametrize(
    "changes",
    [
        {"age_years": 1, "egfr": Decimal(30), "creatinine_clearance": None},
        {"age_years": 17},
        {"marrow_blasts": Decimal(5)},
        {"ast": Decimal(200), "alt": Decimal(200)},
        {"bilirubin": Decimal(30)},
        {"bilirubin": Decimal(90), "gilbert_syndrome": True},
        {"shortening_fraction": None, "ejection_fraction": Decimal("50.1")},
        {"shortening_fraction": Decimal(30)},
        {"first_diagnosis_date": date(2022, 7, 10)},
        {"first_diagnosis_date": date(2021, 7, 10)},
        {"first_diagnosis_date": date(2020, 1, 1), "primary_therapy_end_date": date(2023, 7, 10)},
        {"assent_due": False, "assent_date": None},
        {"first_procedure_date": None},
        {"consent_date": date(2024, 1, 22), "assent_date": date(2024, 1, 22)},
    ],
)
def test_a_value_on_its_limit_is_eligible(
    nct: StudyDefinition, changes: dict[str, Value | None]
) -> None:
    assert failing(nct, **changes) == {}


def test_a_missing_value_leaves_its_rule_undetermined_and_is_named(nct: StudyDefinition) -> None:
    assert failing(nct, cd22_positive=None) == {"ELIG-06": Truth.UNDETERMINED}
    (rule,) = [rule for rule in nct.eligibility.rules if rule.id == "ELIG-06"]
    assert missing_items(rule.predicate, {**ELIGIBLE, "cd22_positive": None}) == ("cd22_positive",)


def test_the_service_provides_the_dates_of_randomization_and_of_consent(
    nct: StudyDefinition,
) -> None:
    provided = [item.id for item in nct.eligibility.items if item.provided_by == "service"]
    assert provided == ["randomization_date", "consent_date"]


@pytest.mark.parametrize(
    ("age", "diagnosis", "label"),
    [
        (9, date(2022, 1, 11), "age_group=lt10;first_remission=lt24m"),
        (10, date(2022, 1, 10), "age_group=ge10;first_remission=ge24m"),
    ],
)
def test_the_stratum_follows_from_the_values(
    nct: StudyDefinition, age: int, diagnosis: date, label: str
) -> None:
    values = {**ELIGIBLE, "age_years": age, "first_diagnosis_date": diagnosis}
    levels = derive_levels(nct.randomization, values, nct.thresholds_by_id())
    assert nct.randomization.stratum_label(levels) == label


def test_a_level_that_no_value_decides_is_left_out(nct: StudyDefinition) -> None:
    values = {**ELIGIBLE, "age_years": None}
    levels = derive_levels(nct.randomization, values, nct.thresholds_by_id())
    assert levels == {"first_remission": "ge24m"}


def test_factors_without_derivation_are_left_to_the_request(freireich: StudyDefinition) -> None:
    assert derive_levels(freireich.randomization, {}, {}) == {}


@pytest.mark.parametrize(
    "levels", [{}, {"pair": "22"}, {"pair": "1"}, {"pair": "01", "site": "S01"}]
)
def test_a_stratum_label_needs_every_factor_and_only_known_levels(
    freireich: StudyDefinition, levels: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="factor"):
        freireich.randomization.stratum_label(levels)
