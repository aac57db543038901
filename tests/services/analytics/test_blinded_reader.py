"""Whatever the arms are, the blinded get the same bytes, sizes, names and refusals."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest

from shared.identity.matrix import matrix
from tests.services.analytics.trial import Trial

pytestmark = [pytest.mark.usefixtures("drawn_quickly"), pytest.mark.long]

CUTOFF = date(2026, 6, 30)
DAY0 = date(2024, 1, 29)
BLINDED = sorted(
    matrix().operations["analytics.read_results"].roles
    - matrix().operations["analytics.read_closed_results"].roles
)
CLOSED = (
    "/closed/results", "/closed/looks", "/closed/results?endpoint=FLOW", "/closed/figures/FLOW.svg",
    "/closed/figures/SWIM_P1.svg", "/closed/figures/SWIM_P9.svg", "/closed/figures/EFS.svg",
    "/closed/figures/FOREST_EFS.svg", "/closed/reports/closed.pdf", "/closed/reports/closed.html",
)  # fmt: skip
# What every run has of its own, whatever is in it.
OWN = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.+Z]+"
)
HEADERS = ("content-type", "content-length", "etag", "cache-control", "content-security-policy")


def fill(nct: Trial) -> None:
    """Six children with deaths, doses, responses, one that left."""
    for number in range(6):
        subject = nct.child(f"S01-{number:03}", "INO" if number % 3 else "ALLR3", DAY0)
        dosed = (DAY0 + timedelta(days=1)).isoformat()
        items = {"product": "INO" if number % 3 else "MITOX", "dose_date": dosed, "given": "true"}
        nct.record(subject, "dosing", items, date.fromisoformat(dosed), visit="C1D1")
        died = DAY0 + timedelta(days=100 * number + 9)
        told = {"contact_date": died.isoformat(), "status": "DEAD", "death_date": died.isoformat()}
        nct.record(subject, "survival_status", told, died, visit="FU12")
    left = {"withdrawal_date": dosed, "scope": "TREATMENT", "reason": "AE"}
    nct.record("S01-001", "withdrawal", left, date.fromisoformat(dosed))


def swap(nct: Trial) -> None:
    with nct.writing().transaction():
        nct.writing().execute("ALTER TABLE randomization.allocation DISABLE TRIGGER append_only")
        nct.writing().execute(
            "UPDATE randomization.allocation"
            " SET arm = CASE arm WHEN 'ALLR3' THEN 'INO' ELSE 'ALLR3' END"
        )
        nct.writing().execute("ALTER TABLE randomization.allocation ENABLE TRIGGER append_only")


def seen(nct: Trial, run: str, role: str, log_lines: Any) -> dict[str, object]:
    """Everything that a role can get of a publication, what was logged and told of it."""
    published = nct.api.get("/publication", role=role)
    hrefs = [file["href"] for file in published.json()["artefacts"] if file["href"]]
    paths = ["/publication", "/results?limit=200", f"/runs/{run}", *(f"/{href}" for href in hrefs)]
    found: dict[str, object] = {}
    for path in (*paths, *CLOSED):
        answer = nct.api.get(path, role=role)
        headers = {name: answer.headers.get(name) for name in HEADERS}
        name = path.replace(run, "RUN")
        found[name] = (answer.status_code, OWN.sub("", answer.text), headers)
    events = nct.database.rows(
        "SELECT envelope ->> 'data' FROM platform.outbox WHERE type LIKE 'run.%%'"
        " AND envelope::text LIKE %s", f"%{run}%",
    )  # fmt: skip
    found["events"] = OWN.sub("", json.dumps(events))
    found["log"] = sorted(
        (line.get("message"), line.get("level")) for line in map(json.loads, _lines(log_lines))
    )
    return found


def _lines(log_lines: Any) -> list[str]:
    text = log_lines.getvalue()
    log_lines.seek(0)
    log_lines.truncate()
    return [line for line in text.splitlines() if line]


def test_a_blinded_reader_gets_the_same_whatever_the_arms_are(nct: Trial, log_lines: Any) -> None:
    fill(nct)
    before = {}
    _lines(log_lines)
    run = nct.publish(CUTOFF)
    for role in BLINDED:
        before[role] = seen(nct, run, role, log_lines)
    closed = nct.api.get("/closed/results?endpoint=FLOW", role="dmc").text
    swap(nct)
    _lines(log_lines)
    run = nct.publish(CUTOFF)
    for role in BLINDED:
        after = seen(nct, run, role, log_lines)
        assert after.keys() == before[role].keys()
        for name, told in after.items():
            assert told == before[role][name], (role, name)
    # And the arms did change.
    other = nct.api.get("/closed/results?endpoint=FLOW", role="dmc").text
    assert OWN.sub("", closed) != OWN.sub("", other)


def test_what_is_closed_is_refused_alike_whether_it_is_there_or_not(nct: Trial) -> None:
    fill(nct)

    def refusals() -> set[tuple[int, str, str | None]]:
        answers = [nct.api.get(path, role="sponsor") for path in CLOSED]
        return {(a.status_code, OWN.sub("", a.text), a.headers.get("cache-control"))
                for a in answers}  # fmt: skip

    before = refusals()
    nct.publish(CUTOFF)
    assert refusals() == before
    assert len(before) == 1
