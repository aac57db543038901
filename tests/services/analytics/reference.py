"""Data sets with answers computed by R; kept outside the project, skipped where absent."""

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.analytics.domain.competing.table import CauseCount
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.observations import Counts, Observation, count

_ROOT = Path(
    os.environ.get("INDUCT_REFERENCE", str(Path(__file__).resolve().parents[4] / "shared"))
)
REFERENCE = _ROOT / "reference"
SURVIVAL = REFERENCE / "survival"

NAMES = (
    "aall0434_efs",
    "aall0434_os",
    "alloauto",
    "bmt_km",
    "colon_death",
    "gehan_6mp_pairs",
    "inovate_os_digitised",
    "lung_sex_ecog",
    "veteran",
)


@dataclass(frozen=True)
class Reference:
    """Observations of one data set (times as in the file) and what R makes of them."""

    observations: tuple[Observation, ...]
    causes: tuple[CauseCount, ...]
    arms: tuple[str, ...]
    expected: dict[str, Any]

    @property
    def counts(self) -> Counts:
        return count(self.observations, self.arms)

    def tables(self) -> dict[str, LifeTable]:
        counts = self.counts
        return {arm: LifeTable.of(counts.of_arm(arm).cells) for arm in self.arms}

    def strata(self, *, stratified: bool) -> list[list[LifeTable]]:
        """``[stratum][arm]``, the reference arm first; plain is one stratum."""
        counts = self.counts
        parts = [counts.of_stratum(s) for s in counts.strata] if stratified else [counts]
        return [[LifeTable.of(part.of_arm(arm).cells) for arm in self.arms] for part in parts]

    def groups(self) -> list[tuple[LifeTable, dict[str, Any]]]:
        """Every arm and the pooled data, each with its expected Kaplan-Meier answers."""
        arms = [(table, self.expected["km"][arm]) for arm, table in self.tables().items()]
        return [*arms, (LifeTable.of(self.counts.cells), self.expected["km_all"]["all"])]


def load(name: str) -> Reference:
    """Read a data set, or skip the test that asks for it."""
    data, answers = SURVIVAL / "data" / f"{name}.csv", SURVIVAL / "expected" / f"{name}.json"
    if not (data.exists() and answers.exists()):
        pytest.skip(f"reference data absent: {SURVIVAL} (set INDUCT_REFERENCE)")
    expected = json.loads(answers.read_text(encoding="utf-8"))
    with data.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    observations = tuple(
        Observation(
            row["id"],
            row["arm"],
            row.get("stratum") or "",
            float(row["time"]),
            row["event"] == "1",
        )
        for row in rows
    )
    causes = tuple(
        CauseCount(seen.arm, seen.stratum, float(seen.time), int(row.get("cause", row["event"])), 1)
        for seen, row in zip(observations, rows, strict=True)
    )
    return Reference(observations, causes, tuple(expected["arms"]), expected)


def close(number: float | None, expected: float | None) -> bool:
    """Equal to 1e-8 relative; not estimable only where R finds so too."""
    if number is None or expected is None:
        return number is None and expected is None
    return bool(number == pytest.approx(expected, rel=1e-8, abs=1e-15))
