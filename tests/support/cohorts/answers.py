"""The answers of R to a real cohort, each beside the row of its night that tells the same."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.services.analytics.reference import Reference, close
from tests.support.cohorts.study import Cohort

Rows = Mapping[tuple[Any, ...], dict[str, Any]]
Pairs = Iterator[tuple[object, float | None, float | None]]


def by_key(rows: list[dict[str, Any]]) -> Rows:
    """Rows by what they are about."""
    return {
        (row["endpoint"], row["group"] or row["contrast"], row["statistic"], row["category"],
         row["timepoint"]): row
        for row in rows
    }  # fmt: skip


def check(study: Cohort, rows: Rows) -> None:
    """Every number of every endpoint that R computed is in the rows, and the same."""
    for paramcd, reference in study.references.items():
        pairs = [
            *curves(study, paramcd, reference, rows),
            *equality(study, paramcd, reference, rows),
            *means(study, paramcd, reference, rows),
        ]
        assert len(pairs) > 30
        assert [pair for pair in pairs if not close(pair[1], pair[2])] == []
        for what, ours, theirs in hazards(study, paramcd, reference, rows):
            assert ours == pytest.approx(theirs, rel=1e-6), what
    for what, ours, theirs in causes(study, rows):
        assert close(ours, theirs), what


def curves(study: Cohort, paramcd: str, reference: Reference, rows: Rows) -> Pairs:
    """Survival with its limits, quartiles and follow-up, of each arm and, open, of all together."""
    groups = dict(reference.expected["km"]) | {"pooled": reference.expected["km_all"]["all"]}
    for group, own in groups.items():
        for index, time in enumerate(own["times"]):
            at = study.told(reference, time)
            row = rows[paramcd, group, "survival", None, at]
            error = rows[paramcd, group, "survival_standard_error", None, at]
            what = (group, time)
            yield what, row["value"], own["survival"][index]
            yield what, error["value"], own["std_err_of_survival"][index]
            for limit in ("lower", "upper"):
                yield (*what, limit), row[limit], own["log-log"][limit][index]
        for index, name in enumerate(("first_quartile", "median", "third_quartile")):
            row = rows[paramcd, group, name, None, None]
            for theirs, ours in (("estimate", "value"), ("lower", "lower"), ("upper", "upper")):
                time = own["log-log"]["quartiles"][theirs][index]
                yield (group, name, ours), row[ours], _told(study, reference, time)
    for arm, own in reference.expected["reverse_km"].items():
        row = rows[paramcd, arm, "median_follow_up", None, None]
        for ours, theirs in (("value", "flipped_indicator_median"), ("lower", "loglog_lower"),
                             ("upper", "loglog_upper")):  # fmt: skip
            yield (arm, theirs), row[ours], _told(study, reference, own[theirs])


def equality(study: Cohort, paramcd: str, reference: Reference, rows: Rows) -> Pairs:
    """Log-rank, Peto-Peto, and the log-rank test over strata."""
    (everybody,) = {key[1] for key in rows if key[::2] == (paramcd, "logrank_chi_square", None)}
    named = {"logrank": "logrank", "peto_peto": "peto_rho1"}
    if study.factor:
        named["stratified_logrank"] = "logrank_stratified"
    for ours, theirs in named.items():
        expected = reference.expected[theirs]
        for statistic, field in (("chi_square", "chisq"), ("p_two_sided", "p_two_sided")):
            row = rows[paramcd, everybody, f"{ours}_{statistic}", None, None]
            yield ours, row["value"], expected[field]


def means(study: Cohort, paramcd: str, reference: Reference, rows: Rows) -> Pairs:
    if study.tau is None:
        return
    expected = reference.expected["rmst"]
    for arm, mean in zip(expected["survfit"]["arms"], expected["survfit"]["rmst"], strict=True):
        yield arm, rows[paramcd, arm, "rmst", None, float(study.tau)]["value"], mean
    two = expected.get("survRM2")
    for ours, theirs in (("rmst_difference", "diff"), ("rmst_ratio", "ratio"),
                         ("rmtl_ratio", "rmtl_ratio")):  # fmt: skip
        if two is not None:
            about = f"{two['arm1']} vs {two['arm0']}"
            row = rows[paramcd, about, ours, None, float(study.tau)]
            for field, value in zip(("value", "lower", "upper"), two[theirs], strict=False):
                yield (ours, field), row[field], value


def hazards(study: Cohort, paramcd: str, reference: Reference, rows: Rows) -> Pairs:
    """Hazard ratios by Cox's model with Efron's ties, with limits and p."""
    models = {"": "cox"} | ({"stratified_": "cox_stratified"} if study.factor else {})
    others = [arm for arm in reference.arms if arm != reference.expected["reference_arm"]]
    for prefix, model in models.items():
        fit = reference.expected[model]["efron"]
        for index, arm in enumerate(others):
            about = f"{arm} vs {reference.expected['reference_arm']}"
            for statistic, field, theirs in (
                ("hazard_ratio", "value", "hr"), ("hazard_ratio", "lower", "hr_lower95"),
                ("hazard_ratio", "upper", "hr_upper95"),
            ):  # fmt: skip
                value = fit[theirs][index] if isinstance(fit[theirs], list) else fit[theirs]
                row = rows[paramcd, about, f"{prefix}{statistic}", None, None]
                yield (model, arm, theirs), row[field], value


def causes(study: Cohort, rows: Rows) -> Pairs:
    """Incidence of each cause with the other competing, and Gray's tests."""
    if not study.causes:
        return
    expected = study.first.expected["competing_risks"]
    for index, cause in enumerate(study.causes):
        for arm, by_cause in expected["arms"].items():
            own = by_cause[f"cause{index + 1}"]
            for place, time in enumerate(own["times"]):
                row = rows[cause.upper(), arm, "incidence", "success", float(time)]
                for field, theirs in (("value", "cif_cmprsk"), ("lower", "loglog_lower_cmprsk"),
                                      ("upper", "loglog_upper_cmprsk")):  # fmt: skip
                    yield (cause, arm, time, field), row[field], own[theirs][place]
        for prefix, theirs in (("", "gray_unstratified"), ("stratified_", "gray_stratified")):
            wanted = (cause.upper(), f"{prefix}gray_chi_square")
            (gray,) = (row for key, row in rows.items() if (key[0], key[2]) == wanted)
            yield (cause, theirs), gray["value"], expected[theirs]["chisq"][index]


def _told(study: Cohort, reference: Reference, time: float | None) -> float | None:
    return None if time is None else study.told(reference, time)
