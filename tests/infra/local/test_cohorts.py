"""Real cohorts go in through the public interface, and their night answers what R answers.

A definition for each is put in force, its list sealed and approved, every subject registered and
allocated, everything that was seen sent as one file; then the night runs, and its rows are read.
The two larger ones take a minute of a processor: ``make cohorts`` enters them as well.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from infra.cli.client import Client
from infra.demo import plan
from infra.demo.plan import Step
from shared.study import to_json
from tests.infra.local.stack import Stack
from tests.infra.scenario import eventually
from tests.support.cohorts.answers import Rows, by_key, check
from tests.support.cohorts.study import (
    AALL0434,
    BMT,
    CUTOFF,
    INO_VATE,
    SITE,
    STARTED,
    Cohort,
    definition,
    enrolment,
    records,
    sealed_list,
)

pytestmark = pytest.mark.long
LARGE = pytest.mark.skipif(
    not os.environ.get("INDUCT_COHORTS"), reason="hundreds of subjects: run by `make cohorts`"
)


@pytest.mark.parametrize(
    "cohort",
    [
        pytest.param(BMT, id="BMT"),
        pytest.param(AALL0434, id="AALL0434", marks=LARGE),
        pytest.param(INO_VATE, id="INO-VATE", marks=LARGE),
    ],
)
def test_the_night_of_a_real_cohort_gives_the_answers_of_r(
    cohort: Cohort, stack: Stack, tmp_path: Path
) -> None:
    enter(stack, cohort, tmp_path)
    done = ("analytics", "run", "--study", cohort.study, "--cutoff", CUTOFF.isoformat())
    code, said = stack.run(*done)
    assert code == 0, said
    check(cohort, published(stack, cohort.study))


def enter(stack: Stack, cohort: Cohort, folder: Path) -> None:
    written = folder / "definition.yaml"
    written.write_text(json.dumps(to_json(definition(cohort))), encoding="utf-8")
    code, said = stack.run("study", "activate", str(written), "--reason", "A cohort is replayed.")
    assert code == 0, said
    with Client(stack.home, cohort.study) as client:
        _send(client, plan.site(SITE, "All sites", "US", "America/New_York", STARTED))
        sealed = _send(client, sealed_list(cohort))
        _send(client, plan.approval(sealed, STARTED))
        for step in enrolment(cohort):
            _send(client, step)
        # News of an allocation travels by the bus.
        eventually(lambda: not _waiting(client, cohort))
    file = folder / "records.ndjson"
    file.write_text(records(cohort), encoding="utf-8")
    code, said = stack.run("assessments", "submit", str(file), "--study", cohort.study,
                           "--site", SITE)  # fmt: skip
    assert code == 0, said


def _waiting(client: Client, cohort: Cohort) -> bool:
    last = f"/subjects/{cohort.enrolled[-1][0]}"
    found = client.get("assessments", last, role="coordinator", sites=[SITE])
    return bool(found["state"] != "randomized")


def _send(client: Client, step: Step) -> dict[str, Any]:
    return client.post(step.service, step.path, step.body, role=step.role, key=step.key,
                       sites=step.sites, at=step.at, signed_for=step.signed_for)  # fmt: skip


def published(stack: Stack, study: str) -> Rows:
    """The rows as the committee and everybody else read them."""
    rows: list[dict[str, Any]] = []
    with Client(stack.home, study) as client:
        for path, role in (("/results", "sponsor"), ("/closed/results", "dmc")):
            after: str | None = ""
            while after is not None:
                page = client.get("analytics", path, role=role, after=after, limit=200)
                rows += page["items"]
                after = page["next"]
    return by_key(rows)
