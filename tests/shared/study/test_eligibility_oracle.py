"""The gate against a second reading of the record and the listings, written in plain Python."""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.study import StudyDefinition
from shared.study.predicate import Truth, evaluate
from shared.study.values import Value
from tests.shared.study.test_eligibility_gate import ELIGIBLE
from tests.support.examples import examples

DAY = date(2024, 1, 29)
RELAPSED = date(2024, 1, 10)
FLAGS = (
    "bcp_all", "marrow_relapse", "kmt2a_aff1", "tcf3_hlf", "tcf3_pbx1", "hypodiploidy",
    "tp53_alteration", "cd22_positive", "philadelphia_positive", "gilbert_syndrome",
    "isolated_extramedullary_relapse", "prior_allogeneic_hsct", "prior_car_t",
    "prior_calicheamicin_conjugate", "sos_vod_history", "uncontrolled_infection", "assent_due",
)  # fmt: skip
WANTED = {"bcp_all", "marrow_relapse", "cd22_positive"}
NEUTRAL = {"gilbert_syndrome", "assent_due"}


def later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def eligible(v: dict[str, Any]) -> bool:
    """Whether the record and the listings let this child in; nothing of the definition is read."""
    age, relapse, diagnosis, ended = (
        v["age_years"], v["relapse_date"], v["first_diagnosis_date"], v["primary_therapy_end_date"],
    )  # fmt: skip
    high_risk = later(diagnosis, 18) <= relapse <= later(diagnosis, 30) or (
        ended <= relapse <= later(ended, 6)
    )
    kidney = v["egfr"] if age < 2 else v["creatinine_clearance"]
    dates = [v["consent_date"], *([v["assent_date"]] if v["assent_due"] else [])]
    flags = all(v[flag] is (flag in WANTED) for flag in FLAGS if flag not in NEUTRAL)
    return (
        1 <= age < 18
        and v["relapse_number"] == 1
        and high_risk
        and flags
        and v["marrow_blasts"] >= 5
        and v["ast"] <= 5 * v["ast_uln"]
        and v["alt"] <= 5 * v["alt_uln"]
        and (v["gilbert_syndrome"] or v["bilirubin"] <= Decimal("1.5") * v["bilirubin_uln"])
        and kidney >= 30
        and (v["shortening_fraction"] >= 30 or v["ejection_fraction"] > 50)
        and all(told <= min(DAY, v["first_procedure_date"]) for told in dates)
    )


def near(*limits: str) -> st.SearchStrategy[Decimal]:
    """Numbers on each limit and one digit to either side of it."""
    step = Decimal("0.1")
    return st.sampled_from([Decimal(x) + d for x in limits for d in (-step, Decimal(0), step)])


def days(*around: date) -> st.SearchStrategy[date]:
    return st.sampled_from([day + timedelta(days=n) for day in around for n in (-1, 0, 1)])


REFERENCE: dict[str, Value | None] = {
    **ELIGIBLE,
    "egfr": Decimal(90),
    "ejection_fraction": Decimal(45),
    "primary_therapy_end_date": date(2022, 1, 10),
}
# At most three facts are other than those of the reference child: if all were, no child would pass.
CHANGES: dict[str, st.SearchStrategy[Value]] = {
    "age_years": st.sampled_from([0, 1, 2, 17, 18]),
    "relapse_number": st.sampled_from([1, 2]),
    "first_diagnosis_date": days(date(2022, 7, 10), date(2021, 7, 10)),
    "primary_therapy_end_date": days(date(2023, 7, 10), RELAPSED),
    "marrow_blasts": near("5"),
    "ast": near("200"),
    "alt": near("200"),
    "bilirubin": near("30"),
    "egfr": near("30"),
    "creatinine_clearance": near("30"),
    "shortening_fraction": near("30"),
    "ejection_fraction": near("50"),
    "consent_date": days(date(2024, 1, 22), DAY),
    "assent_date": days(date(2024, 1, 22), DAY),
    "first_procedure_date": days(DAY, date(2024, 1, 20)),
    **{flag: st.booleans() for flag in FLAGS},
}
children = st.lists(st.sampled_from(sorted(CHANGES)), max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: CHANGES[name] for name in names})
)


@examples(8)
@given(changes=children)
@pytest.mark.proves("RND-4", kind="oracle")
def test_the_definition_lets_in_whom_a_second_reading_lets_in(
    nct: StudyDefinition, changes: dict[str, Value]
) -> None:
    child = {**REFERENCE, **changes}
    truths = {rule.id: evaluate(rule.predicate, child) for rule in nct.eligibility.rules}
    assert all(truth is Truth.TRUE for truth in truths.values()) is eligible(child), changes
