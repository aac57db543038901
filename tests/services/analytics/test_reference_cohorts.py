"""Real cohorts as studies: what a reader gets of their night is what R makes of them.

Written as the other services would have written them; that they write it so when the cohorts come
through the public interface is proven beside the stack.
"""

from typing import Any

import pytest

from infra.database.studies import activate
from tests.services.analytics.conftest import MakeTrial
from tests.services.analytics.trial import FREIREICH, Trial
from tests.support.cohorts.answers import by_key, check
from tests.support.cohorts.study import (
    AALL0434,
    CUTOFF,
    INO_VATE,
    STARTED,
    Cohort,
    definition,
    seen,
)

pytestmark = [pytest.mark.usefixtures("drawn_quickly"), pytest.mark.long]


def fill(trial: Trial, cohort: Cohort) -> None:
    """Subjects, allocations and records, many at once."""
    trial.site()
    cursor = trial.writing().cursor()
    with trial.writing().transaction():
        cursor.executemany(
            "INSERT INTO assessments.subject (study_id, subject_id, site_id, state,"
            " birth_year_month, sex, consented_on, registered_at)"
            " VALUES (%s, %s, 'S01', 'screening', '1990-01', 'unknown', %s, now())",
            [(trial.study, subject, STARTED) for subject, _ in cohort.enrolled],
        )
        cursor.executemany(
            "INSERT INTO randomization.allocation (study_id, subject_id, site_id, country,"
            " randomization_number, source, stratum, levels, arm, randomized_at, requested_by,"
            " gate, explanation, content_hash, definition_version) VALUES (%s, %s, 'S01', 'CZ',"
            " %s, 'forced', %s, '{}', %s, '2001-01-01 12:00+00', 'test', '{}', '{}', 'none',"
            " '1.0.0')",
            [(trial.study, subject, f"R-{subject}", f"s={each.stratum}", each.arm)
             for subject, each in cohort.enrolled],
        )  # fmt: skip
        for number, told in enumerate(seen(cohort), start=1):
            _record(trial, cursor, number, told)


def _record(trial: Trial, cursor: Any, number: int, told: dict[str, Any]) -> None:
    record, about = f"00000000-0000-4000-8000-{number:012}", (trial.study, told["subject"])
    cursor.execute(
        "INSERT INTO assessments.record VALUES (%s, %s, 'S01', %s, %s, 'UNSCHEDULED', 1)",
        (record, *about, told["form"]),
    )
    cursor.execute(
        "INSERT INTO assessments.record_version VALUES (%s, 1, %s, 'S01', %s, %s, %s, now(),"
        " 'test', 'coordinator', 'test', '1.0.0')",
        (record, *about, told["items"]["seen_on"], number),
    )
    cursor.executemany(
        "INSERT INTO assessments.item_version VALUES (%s, %s, 1, %s, 'S01', %s, %s)",
        [(record, item, *about, str(value).lower() if isinstance(value, bool) else value)
         for item, value in told["items"].items()],
    )  # fmt: skip


@pytest.mark.parametrize("cohort", [AALL0434, INO_VATE], ids=lambda each: each.study)
def test_the_night_of_a_real_cohort_gives_the_answers_of_r(
    trial_of: MakeTrial, cohort: Cohort
) -> None:
    trial = trial_of(FREIREICH)
    trial.study = trial.api.study = cohort.study
    url = trial.database.url("induct_migrator")
    told = definition(cohort)
    activate(url, told, mode="training", actor="test", reason="A real cohort.")
    fill(trial, cohort)
    trial.publish(CUTOFF)
    rows = [*trial.rows("open", limit="200"), *trial.rows("closed", limit="200")]
    check(cohort, by_key(rows))
