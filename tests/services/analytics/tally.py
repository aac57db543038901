"""Counts of records where there is no database: what Postgres must come to as well."""

from collections import Counter
from collections.abc import Sequence

from services.analytics.domain.tally import (
    CENSORED,
    COMPETING,
    EVENT,
    Cell,
    CountKey,
    EndpointRecord,
)

Key = tuple[str, str, str, int]


def tallied(records: Sequence[EndpointRecord], asked: Sequence[CountKey]) -> list[list[Cell]]:
    """The cells of each that is asked for."""
    return [_cells(records, each) for each in asked]


def _cells(records: Sequence[EndpointRecord], asked: CountKey) -> list[Cell]:
    found: dict[int, Counter[Key]] = {cause: Counter() for cause in (CENSORED, EVENT, COMPETING)}
    for each in records:
        level = "" if asked.subgroup is None else each.levels.get(asked.subgroup)
        if (each.endpoint, each.population) == (asked.endpoint, asked.population) and (
            level is not None
        ):
            found[each.cause][level, each.arm, each.stratum, each.days] += 1
    keys = {key for counter in found.values() for key in counter}
    return [Cell(*key, found[EVENT][key], found[COMPETING][key], found[CENSORED][key])
            for key in keys]  # fmt: skip
