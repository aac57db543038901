"""Real cohorts as studies: what a reader gets of their night is what R makes of them.

Times of the files are years, months or days, some with many decimals. A study has whole days, so
each time becomes the place it has among the times of its file: order and ties stay, and with them
everything but the times themselves.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from infra.database.studies import activate
from shared.study import StudyDefinition, from_json, to_json
from tests.services.analytics.conftest import MakeTrial
from tests.services.analytics.reference import Reference, close, load
from tests.services.analytics.trial import FREIREICH, Trial
from tests.support.definitions import shipped

pytestmark = [pytest.mark.usefixtures("drawn_quickly"), pytest.mark.long]

STARTED = date(2001, 1, 1)
CUTOFF = date(2020, 12, 31)
CAUSES = ("", "1", "2")
Rows = Mapping[tuple[str, str, str | None, float | None], dict[str, Any]]


def places(cohort: Reference) -> dict[float, int]:
    """The day that stands for each time."""
    times = sorted({float(each.time) for each in cohort.observations})
    return {time: place for place, time in enumerate(times, start=1)}


def landmark(cohort: Reference, time: float) -> int:
    """The day on which as much has happened as at a time."""
    return sum(each <= time for each in places(cohort))


def definition(cohort: Reference, looked_at: set[int]) -> StudyDefinition:
    """The 1963 trial's, with another one's arms, looked at on these days, and two causes."""
    told: dict[str, Any] = to_json(shipped(FREIREICH))
    arm = told["arms"][0]
    told["arms"] = [arm | {"code": each, "name": each} for each in cohort.arms]
    told["reference_arm"] = cohort.expected["reference_arm"]
    days = {"name": "days", "days": "1"}
    told["analysis"] |= {
        "reporting_unit": days, "axis_unit": days, "tau": None,
        "landmarks": [str(day) for day in sorted(looked_at)], "minimum_events_for_hazard_ratio": 1,
    }  # fmt: skip
    (form,) = told["forms"]
    yes = next(item for item in form["items"] if item["id"] == "relapsed")
    relapse = next(each for each in told["event_sources"] if each["id"] == "relapse")
    for cause in CAUSES[1:]:
        name = f"cause{cause}"
        form["items"].append(yes | {"id": name, "required": False})
        where = {"item": name, "op": "eq", "value": True}
        told["event_sources"].append(
            relapse | {"id": name, "select": relapse["select"] | {"where": where}}
        )
    (endpoint,) = told["endpoints"]
    endpoint["tests"] = [*endpoint["tests"], "peto_peto"]
    shared = ("outcome", "description", "populations", "comparison", "origin", "day_rule",
              "censoring", "source")  # fmt: skip
    told["endpoints"].append({name: endpoint[name] for name in shared} | {
        "paramcd": "CAUSE1", "kind": "proportion", "label": "By cause",
        "successes": ["cause1"], "competing": ["cause2"],
    })  # fmt: skip
    return from_json(told)


def fill(trial: Trial, cohort: Reference) -> None:
    """Subjects, allocations and records, many at once."""
    trial.site()
    days = places(cohort)
    cursor = trial.writing().cursor()
    with trial.writing().transaction():
        subjects, allocations, records, versions, items = [], [], [], [], []
        for number, (seen, cause) in enumerate(
            zip(cohort.observations, cohort.causes, strict=True), start=1
        ):
            name, record = f"S01-{number:04}", f"00000000-0000-4000-8000-{number:012}"
            on = STARTED + timedelta(days=days[float(seen.time)])
            subjects.append((trial.study, name))
            allocations.append((trial.study, name, f"R-{name}", f"s={seen.stratum}", seen.arm))
            records.append((record, trial.study, name))
            versions.append((record, trial.study, name, on, number))
            told = {
                "status_date": on.isoformat(), "relapsed": str(seen.event).lower(),
                "cause1": str(cause.cause == 1).lower(), "cause2": str(cause.cause == 2).lower(),
            }  # fmt: skip
            items += [(record, item, trial.study, name, value) for item, value in told.items()]
        cursor.executemany(
            "INSERT INTO assessments.subject (study_id, subject_id, site_id, state,"
            " birth_year_month, sex, consented_on, registered_at)"
            " VALUES (%s, %s, 'S01', 'screening', '1990-01', 'unknown', '2001-01-01', now())",
            subjects,
        )
        cursor.executemany(
            "INSERT INTO randomization.allocation (study_id, subject_id, site_id, country,"
            " randomization_number, source, stratum, levels, arm, randomized_at, requested_by,"
            " gate, explanation, content_hash, definition_version) VALUES (%s, %s, 'S01', 'CZ',"
            " %s, 'forced', %s, '{}', %s, '2001-01-01 12:00+00', 'test', '{}', '{}', 'none',"
            " '1.0.0')",
            allocations,
        )
        cursor.executemany(
            "INSERT INTO assessments.record VALUES (%s, %s, 'S01', %s, 'remission_status',"
            " 'UNSCHEDULED', 1)",
            records,
        )
        cursor.executemany(
            "INSERT INTO assessments.record_version VALUES (%s, 1, %s, 'S01', %s, %s, %s, now(),"
            " 'test', 'coordinator', 'test', '1.0.0')",
            versions,
        )
        cursor.executemany(
            "INSERT INTO assessments.item_version VALUES (%s, %s, 1, %s, 'S01', %s, %s)", items
        )


def night(trial_of: MakeTrial, name: str) -> tuple[Reference, Rows]:
    """The closed rows of the cohort's night as the committee reads them, by what they are about."""
    cohort = load(name)
    expected = cohort.expected
    looked_at = {landmark(cohort, t) for arm in cohort.arms for t in expected["km"][arm]["times"]}
    trial = trial_of(FREIREICH)
    url = trial.database.url("induct_migrator")
    told = definition(cohort, looked_at)
    raised = told.model_copy(
        update={"identity": told.identity.model_copy(update={"version": "2.0.0"})}
    )
    activate(url, raised, mode="training", actor="test", reason="a real cohort")
    fill(trial, cohort)
    trial.publish(CUTOFF)
    rows = trial.rows("closed", limit="200")
    return cohort, {
        (row["group"] or row["contrast"], row["statistic"], row["category"], row["timepoint"]): row
        for row in rows
        if row["endpoint"] != "FLOW"
        and (row["endpoint"] == "REMDUR" or "incidence" in row["statistic"]
             or row["statistic"].startswith("gray"))
    }  # fmt: skip


def curves(cohort: Reference, rows: Rows) -> Iterator[tuple[float | None, float | None]]:
    """Each number of the survival curves beside R's."""
    for arm in cohort.arms:
        own = cohort.expected["km"][arm]
        for index, time in enumerate(own["times"]):
            row = rows[arm, "survival", None, float(landmark(cohort, time))]
            yield row["value"], own["survival"][index]
            for limit in ("lower", "upper"):
                yield row[limit], own["log-log"][limit][index]
        quartiles = own["log-log"]["quartiles"]
        days = places(cohort)
        for index, name in enumerate(("first_quartile", "median", "third_quartile")):
            row = rows[arm, name, None, None]
            for limit, field in (("estimate", "value"), ("lower", "lower"), ("upper", "upper")):
                time = quartiles[limit][index]
                # A midpoint between two times has no day of its own.
                if time is None or time in days:
                    yield row[field], None if time is None else float(days[time])


@pytest.mark.parametrize("name", ["aall0434_os", "inovate_os_digitised", "bmt_km"])
def test_the_night_of_a_real_cohort_gives_the_answers_of_r(trial_of: MakeTrial, name: str) -> None:
    cohort, rows = night(trial_of, name)
    expected = cohort.expected
    compared = list(curves(cohort, rows))
    assert len(compared) > 20
    assert [pair for pair in compared if not close(*pair)] == []

    contrasts = {key[0] for key in rows if key[1] == "logrank_chi_square"}
    (all_arms,) = contrasts
    for statistic, theirs in (("logrank", "logrank"), ("peto_peto", "peto_rho1"),
                              ("stratified_logrank", "logrank_stratified")):  # fmt: skip
        if theirs in expected:
            row = rows[all_arms, f"{statistic}_chi_square", None, None]
            assert close(row["value"], expected[theirs]["chisq"])
    for each in (row for key, row in rows.items() if key[1] == "survival_difference"):
        arm, reference = each["contrast"].split(" vs ")
        first, second = (
            rows[of, "survival", None, each["timepoint"]]["value"] for of in (arm, reference)
        )
        if each["value"] is not None:
            assert close(each["value"], first - second)
    for statistic, model in (("hazard_ratio", "cox"),
                             ("stratified_hazard_ratio", "cox_stratified")):  # fmt: skip
        fit = expected.get(model, {}).get("efron")
        if fit is None:
            continue
        others = [arm for arm in cohort.arms if arm != expected["reference_arm"]]
        for index, arm in enumerate(others):
            row = rows[f"{arm} vs {expected['reference_arm']}", statistic, None, None]
            for field, theirs in (("value", "hr"), ("lower", "hr_lower95"),
                                  ("upper", "hr_upper95")):  # fmt: skip
                number = fit[theirs][index] if isinstance(fit[theirs], list) else fit[theirs]
                assert row[field] == pytest.approx(number, rel=1e-6), (statistic, arm, field)
    _check_causes(cohort, rows)


def _check_causes(cohort: Reference, rows: Rows) -> None:
    found = cohort.expected.get("competing_risks")
    if found is None:
        return
    categories = {"cause1": "success", "cause2": "competing"}
    for arm, causes in found["arms"].items():
        for cause, told in causes.items():
            for index, time in enumerate(told["times"]):
                at = float(landmark(cohort, time))
                row = rows[arm, "incidence", categories[cause], at]
                assert close(row["value"], told["cif_cmprsk"][index]), (arm, cause, time)
    # A night tests the cause of interest.
    (gray,) = (row for key, row in rows.items() if key[1] == "gray_chi_square")
    assert found["gray_unstratified"]["cause"][0] == "1"
    assert gray["value"] == pytest.approx(found["gray_unstratified"]["chisq"][0], rel=1e-8)
