"""A data set of times: one row a subject, as a table of texts."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.analytics.domain.competing.table import CENSORED, CauseCount, CompetingTable
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.observations import Counts, Observation, count

ROUNDED = 2.0**-26  # The square root of the distance of a double from the next.
LONGEST = 1e12  # Squares of longer times, added up, leave the range of a double.
REQUIRED = ("id", "time", "event", "arm")
OPTIONAL = ("stratum", "cause")


class DataSetError(ValueError):
    """Data that no estimator may see; the words name the line and the column."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """Times of subjects by arm and stratum; ``arms`` begin with the reference.

    ``causes`` is empty where the data tell none: 0 is censoring, 1 the event of interest, others
    compete with it.
    """

    arms: tuple[str, ...]
    counts: Counts
    stratified: bool
    causes: tuple[CauseCount, ...] = ()

    def tables(self) -> dict[str, LifeTable]:
        """The life table of each arm."""
        return {arm: self.counts.of_arm(arm).table for arm in self.arms}

    def pooled(self) -> LifeTable:
        """The life table of all subjects."""
        return self.counts.table

    def strata(self, *, stratified: bool) -> list[list[LifeTable]]:
        """``[stratum][arm]``; one stratum of all where it is not ``stratified``."""
        counts = self.counts
        parts = [counts.of_stratum(s) for s in counts.strata] if stratified else [counts]
        return [[part.of_arm(arm).table for arm in self.arms] for part in parts]

    def competing(self, cause: int, *, stratified: bool) -> list[list[CompetingTable]]:
        """``[stratum][arm]`` as seen from a cause."""
        strata = sorted({cell.stratum for cell in self.causes}) if stratified else [None]
        return [
            [
                CompetingTable.of(
                    (c for c in self.causes if c.arm == arm and stratum in {None, c.stratum}),
                    cause,
                )
                for arm in self.arms
            ]
            for stratum in strata
        ]


def data_set(rows: Iterable[Mapping[str, str]], arms: Sequence[str] = ()) -> DataSet:
    """The data set of rows with the columns of ``REQUIRED`` and, where told, ``OPTIONAL``.

    ``arms`` are all arms, the reference first; without them they come in the order of the rows.
    Raises ``DataSetError`` naming the line (the header is line 1), ``ObservationError`` naming the
    subject.
    """
    read = list(rows)
    if not read:
        raise DataSetError("there is no row")
    _check_columns(read[0])
    known = {column for column in OPTIONAL if column in read[0]}
    seen = list(dict.fromkeys(row["arm"] for row in read))
    each = [_observation(line, row) for line, row in enumerate(read, start=2)]
    same = tied(float(observation.time) for observation in each)
    observations, causes = [], []
    for line, (row, as_written) in enumerate(zip(read, each, strict=True), start=2):
        observation = replace(as_written, time=same[float(as_written.time)])
        observations.append(observation)
        if "cause" in known:
            cause = _whole(line, "cause", row["cause"])
            # An event may be any cause or the one of interest alone: both are in use.
            if (bool(observation.event), cause) in {(True, CENSORED), (False, 1)}:
                words = f"{cause} contradicts event {row['event']}: 0 is censoring, 1 an event"
                raise DataSetError(f"line {line}, cause: {words}")
            causes.append(
                CauseCount(observation.arm, observation.stratum, float(observation.time), cause, 1)
            )
    order = tuple(arms) or tuple(seen)
    counts = count(observations, order)
    return DataSet(order, counts, "stratum" in known, tuple(causes))


def tied(times: Iterable[float]) -> dict[float, float]:
    """Each time, and the one that it counts as: times that differ by rounding alone are one.

    Months of the same days come out of different divisions. As R's survival does (``aeqSurv``):
    apart by no more than 1.5e-8, or by that share of the mean, neighbours take the earliest.
    """
    found: dict[float, float] = {}
    distinct = sorted(set(times))
    mean = sum(distinct) / len(distinct) if distinct else 0.0
    first = before = -math.inf
    for time in distinct:
        if time - before > ROUNDED * max(1.0, mean):
            first = time
        found[time], before = first, time
    return found


def with_reference(arms: Sequence[str], reference: str) -> tuple[str, ...]:
    """The arms with ``reference`` first. Raises ``DataSetError`` where it is none of them."""
    if reference not in arms:
        raise DataSetError(f"no row is of the arm {reference!r}; there are {', '.join(arms)}")
    return (reference, *(arm for arm in arms if arm != reference))


def _check_columns(row: Mapping[str, str]) -> None:
    missing = [column for column in REQUIRED if column not in row]
    if missing:
        raise DataSetError(f"there is no column {missing[0]}; wanted are {', '.join(REQUIRED)}")


def _observation(line: int, row: Mapping[str, str]) -> Observation:
    if None in row or None in row.values():
        raise DataSetError(f"line {line} has not as many cells as the header")
    for column in ("id", "arm"):
        if not row[column].strip():
            raise DataSetError(f"line {line}, {column}: empty")
    if row["event"] not in {"0", "1"}:
        raise DataSetError(f"line {line}, event: 1 is an event and 0 censoring")
    return Observation(
        row["id"], row["arm"], row.get("stratum") or "", _time(line, row["time"]),
        row["event"] == "1",
    )  # fmt: skip


def _time(line: int, text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if "_" in text or not text.isascii():  # Python's own ways to write a number
        found = math.nan
    if not 0 <= found < LONGEST:
        words = f"a number that is not negative and below {LONGEST:g}"
        raise DataSetError(f"line {line}, time: {words}")
    return found


def _whole(line: int, column: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise DataSetError(f"line {line}, {column}: a whole number that is not negative")
    return int(text)
