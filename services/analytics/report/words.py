"""How statistics are called and printed in a report."""

from collections.abc import Mapping

from services.analytics.domain.display import (
    NOT_ESTIMABLE,
    decimals,
    p_value,
    percent,
    with_limits,
)
from services.analytics.domain.estimate import Estimate
from services.analytics.domain.results import ResultRow, Status

LABELS: Mapping[str, str] = {
    "registered": "Registered with consent",
    "not_randomized": "Not randomized",
    "randomized": "Randomized",
    "untreated": "Not treated",
    "treated_otherwise": "Treated with another arm's product",
    "n": "Subjects",
    "successes": "With the outcome",
    "percent": "%",
    "results_expected": "Results expected",
    "results_missing": "Results missing",
    "results_missing_percent": "Missing, % of those expected",
    "events": "Events",
    "censored": "Censored",
    "first_quartile": "First quartile",
    "median": "Median",
    "third_quartile": "Third quartile",
    "survival": "Without the event",
    "survival_standard_error": "Standard error",
    "at_risk": "At risk",
    "events_before": "Events before",
    "censored_before": "Censored before",
    "median_follow_up": "Median follow-up (reverse Kaplan-Meier)",
    "rmst": "Restricted mean time",
    "rmtl": "Restricted mean time lost",
    "incidence": "Cumulative incidence",
    "incidence_standard_error": "Standard error of the incidence",
    "not_known": "Not known",
    "n_blq": "Below quantification",
    "mean": "Mean",
    "sd": "SD",
    "cv_percent": "CV %",
    "geometric_mean": "Geometric mean",
    "geometric_cv_percent": "Geometric CV %",
    "minimum": "Minimum",
    "maximum": "Maximum",
    "hazard_ratio": "Hazard ratio",
    "stratified_hazard_ratio": "Hazard ratio, stratified",
    "logrank_chi_square": "Log-rank chi-square",
    "stratified_logrank_chi_square": "Log-rank chi-square, stratified",
    "peto_peto_chi_square": "Peto-Peto chi-square",
    "stratified_peto_peto_chi_square": "Peto-Peto chi-square, stratified",
    "fleming_harrington_chi_square": "Fleming-Harrington chi-square",
    "stratified_fleming_harrington_chi_square": "Fleming-Harrington chi-square, stratified",
    "maxcombo_z": "MaxCombo, largest z",
    "stratified_maxcombo_z": "MaxCombo, largest z, stratified",
    "survival_difference": "Difference without the event",
    "median_difference": "Difference of medians",
    "proportional_hazards_p": "Proportional hazards",
    "stratified_proportional_hazards_p": "Proportional hazards, stratified",
    "rmst_difference": "Difference of restricted means",
    "rmst_ratio": "Ratio of restricted means",
    "rmtl_ratio": "Ratio of restricted mean times lost",
    "rate_difference": "Difference of rates",
    "stratified_rate_difference": "Difference of rates, stratified",
    "cmh_chi_square": "Cochran-Mantel-Haenszel chi-square",
    "common_odds_ratio": "Common odds ratio",
    "fisher_p_two_sided": "Fisher's exact test",
    "unconditional_p_two_sided": "Unconditional exact test (Suissa-Shuster)",
    "gray_chi_square": "Gray chi-square",
    "stratified_gray_chi_square": "Gray chi-square, stratified",
    "cause_specific_hazard_ratio": "Hazard ratio of the cause",
    "subdistribution_hazard_ratio": "Subdistribution hazard ratio (Fine-Gray)",
    "stratified_cause_specific_hazard_ratio": "Hazard ratio of the cause, stratified",
    "stratified_subdistribution_hazard_ratio": "Subdistribution hazard ratio, stratified",
    "interim_information": "Share of the planned information",
    "interim_z": "Statistic now (z, one-sided)",
    "held_information": "Share of the planned information",
    "held_z": "Statistic (z, one-sided)",
    "boundary_z": "Boundary (z)",
    "boundary_p_one_sided": "Boundary (one-sided p)",
    "conditional_power": "Conditional power",
}
# The p of an effect: two-sided, one-sided.
P_OF: Mapping[str, tuple[str, str]] = {
    "hazard_ratio": ("cox_wald_p_two_sided", ""),
    "stratified_hazard_ratio": ("stratified_cox_wald_p_two_sided", ""),
    "logrank_chi_square": ("logrank_p_two_sided", "logrank_p_one_sided"),
    "stratified_logrank_chi_square": (
        "stratified_logrank_p_two_sided",
        "stratified_logrank_p_one_sided",
    ),
    "peto_peto_chi_square": ("peto_peto_p_two_sided", "peto_peto_p_one_sided"),
    "stratified_peto_peto_chi_square": (
        "stratified_peto_peto_p_two_sided",
        "stratified_peto_peto_p_one_sided",
    ),
    "fleming_harrington_chi_square": (
        "fleming_harrington_p_two_sided",
        "fleming_harrington_p_one_sided",
    ),
    "stratified_fleming_harrington_chi_square": (
        "stratified_fleming_harrington_p_two_sided",
        "stratified_fleming_harrington_p_one_sided",
    ),
    "maxcombo_z": ("maxcombo_p_two_sided", "maxcombo_p_one_sided"),
    "stratified_maxcombo_z": ("stratified_maxcombo_p_two_sided", "stratified_maxcombo_p_one_sided"),
    "survival_difference": ("survival_difference_p_two_sided", ""),
    "proportional_hazards_p": ("proportional_hazards_p", ""),
    "stratified_proportional_hazards_p": ("stratified_proportional_hazards_p", ""),
    "rmst_difference": ("rmst_difference_p_two_sided", ""),
    "rmst_ratio": ("rmst_ratio_p_two_sided", ""),
    "rmtl_ratio": ("rmtl_ratio_p_two_sided", ""),
    "rate_difference": ("rate_difference_p_two_sided", "rate_difference_p_one_sided"),
    "stratified_rate_difference": (
        "stratified_rate_difference_p_two_sided",
        "stratified_rate_difference_p_one_sided",
    ),
    "cmh_chi_square": ("cmh_p_two_sided", ""),
    "fisher_p_two_sided": ("fisher_p_two_sided", ""),
    "unconditional_p_two_sided": ("unconditional_p_two_sided", ""),
    "cause_specific_hazard_ratio": ("cause_specific_p_two_sided", ""),
    "subdistribution_hazard_ratio": ("subdistribution_p_two_sided", ""),
    "stratified_cause_specific_hazard_ratio": ("stratified_cause_specific_p_two_sided", ""),
    "stratified_subdistribution_hazard_ratio": ("stratified_subdistribution_p_two_sided", ""),
    "gray_chi_square": ("gray_p", ""),
    "stratified_gray_chi_square": ("stratified_gray_p", ""),
}
# Effects that have limits and no test of their own.
WITHOUT_P = frozenset({"common_odds_ratio", "median_difference"})
_OF_CATEGORY = frozenset({
    "incidence", "gray_chi_square", "stratified_gray_chi_square", "cause_specific_hazard_ratio",
    "subdistribution_hazard_ratio", "stratified_cause_specific_hazard_ratio",
    "stratified_subdistribution_hazard_ratio", "fleming_harrington_chi_square",
    "stratified_fleming_harrington_chi_square",
})  # fmt: skip
_PLACES: Mapping[str, int] = {"subjects": 0, "samples": 0, "events": 0, "days": 1, "%": 1}
_PLACES_ELSE = 2
_RATES = 3


def label(row: ResultRow) -> str:
    """What a row is, with its time and unit, and what tells rows of one statistic apart."""
    text = LABELS.get(row.statistic, row.statistic.replace("_", " ").capitalize())
    if row.category is not None and row.statistic in _OF_CATEGORY:
        text += f", {row.category}"
    if "characteristic" in row.convention:
        what = row.convention.get("category_label", text)
        return f"{row.convention['characteristic']}: {what}" + (", %" if row.unit == "%" else "")
    if "category_label" in row.convention:
        text = f"  {row.convention['category_label']}"
    if row.timepoint is not None:
        preposition = "to" if row.statistic.startswith("rm") else "at"
        unit = row.convention.get("time_unit", "days")
        text += f" {preposition} {row.timepoint:g} {unit}"
    return f"{text}, {row.unit}" if row.unit == row.convention.get("time_unit", "days") else text


def cell(row: ResultRow) -> str:
    """The value with its limits; NE where there is none."""
    if row.status is not Status.OK:
        return NOT_ESTIMABLE
    places = _places(row)
    if row.lower is None and row.upper is None:
        return decimals(row.value, places)
    return with_limits(Estimate(row.value, row.lower, row.upper), places)


def p_cell(row: ResultRow | None) -> str:
    """A p, or nothing where the effect has none."""
    if row is None:
        return ""
    return p_value(row.value).removeprefix("= ")


def reasons(rows: list[ResultRow]) -> tuple[str, ...]:
    """Why numbers are missing, and what a reader must know; each once, in the order of the rows."""
    missing = dict.fromkeys(f"{NOT_ESTIMABLE}: {row.reason}" for row in rows if row.reason)
    warned = dict.fromkeys(warning for row in rows for warning in row.warnings)
    return (*missing, *warned)


def methods(rows: list[ResultRow]) -> str:
    """The methods behind the numbers that have one of their own, and the level of limits."""
    named = dict.fromkeys(row.method for row in rows if row.method != "count")
    levels = dict.fromkeys(row.convention.get("level") for row in rows if row.lower is not None)
    limits = [f"limits at {percent(float(level))}" for level in levels if isinstance(level, float)]
    return "Methods: " + "; ".join([*named, *limits]) if named else ""


def _places(row: ResultRow) -> int:
    if row.unit == "probability":
        return _RATES
    return _PLACES.get(row.unit, _PLACES_ELSE)
