"""The times and categories of ``glass.toml``, read once."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("glass.toml")


@dataclass(frozen=True)
class GlassRules:
    """``opens`` says of each category whether the arm may be read by it, for ``open_for``."""

    id: str
    version: str
    open_for: timedelta
    opens: dict[str, bool]

    def expires_at(self, category: str, now: datetime) -> datetime:
        """Until when the arm may be read; ``now`` where the category opens nothing."""
        return now + self.open_for if self.opens[category] else now


@cache
def rules() -> GlassRules:
    """The rules as shipped."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return GlassRules(
        data["id"],
        data["version"],
        timedelta(minutes=data["open_minutes"]),
        {name: entry["opens"] for name, entry in data["categories"].items()},
    )
