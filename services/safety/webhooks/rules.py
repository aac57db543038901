"""The times and limits of ``rules.toml``, read once."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("rules.toml")


@dataclass(frozen=True)
class EndpointRules:
    """``overlap``: how long an old secret still signs; ``shown_for``: how long a repeated request
    is shown the secret again; ``pause``: between these an endpoint of no use is left alone;
    ``before_due`` and ``patience``: when another channel is used too."""

    id: str
    version: str
    overlap: timedelta
    most_overlap: timedelta
    shown_for: timedelta
    least_pause: timedelta
    most_pause: timedelta
    before_due: timedelta
    patience: timedelta


@cache
def rules() -> EndpointRules:
    """The rules as shipped."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    kept, pause, fallback = data["secrets"], data["pause"], data["fallback"]
    return EndpointRules(
        data["id"],
        data["version"],
        overlap=timedelta(hours=kept["overlap_hours"]),
        most_overlap=timedelta(hours=kept["most_overlap_hours"]),
        shown_for=timedelta(hours=kept["shown_for_hours"]),
        least_pause=timedelta(seconds=pause["least_seconds"]),
        most_pause=timedelta(seconds=pause["most_seconds"]),
        before_due=timedelta(hours=fallback["before_due_hours"]),
        patience=timedelta(minutes=fallback["patience_minutes"]),
    )
