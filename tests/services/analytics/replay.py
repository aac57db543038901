"""The 1963 trial: as it was published, and as small as it can be."""

import csv
import uuid
from datetime import date, timedelta
from importlib.resources import files

from tests.services.analytics.trial import Trial

STARTED = date(1960, 1, 4)


def remissions() -> list[dict[str, str]]:
    """The published table of the 1963 trial."""
    source = files("shared.study.definitions").joinpath("freireich-1963-remissions.csv")
    lines = [line for line in source.read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def replay(trial: Trial) -> None:
    """The 42 children of the 1963 trial, with the remissions that were published."""
    trial.site()
    for row in remissions():
        subject = f"S01-{row['pair']}-{'A' if row['arm'] == '6-MP' else 'B'}"
        trial.child(subject, row["arm"], STARTED, stratum=f"pair={row['pair']}")
        seen = STARTED + timedelta(weeks=int(row["remission_weeks"]))
        status(trial, subject, seen, relapsed=row["relapsed"] == "1")


def status(trial: Trial, subject: str, seen: date, *, relapsed: bool, repeat: int = 1) -> uuid.UUID:
    """A child was seen, in remission or not."""
    items = {"status_date": seen.isoformat(), "relapsed": str(relapsed).lower()}
    return trial.record(subject, "remission_status", items, seen, repeat=repeat)


def small(trial: Trial) -> None:
    """Two children in either arm: quick to compute."""
    trial.site()
    for number, arm in enumerate(("6-MP", "control", "6-MP", "control")):
        subject = trial.child(f"S01-{number}", arm, STARTED)
        status(trial, subject, date(1960, 2, 1 + number), relapsed=True)
