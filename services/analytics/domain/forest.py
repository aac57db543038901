"""A forest plot of an effect in subgroups, ready to be drawn: made of published rows alone.

Rows come as their JSON, as readers get them. Those with a ``subgroup`` are its levels (``level``),
without a ``level`` its test of interaction; those of the endpoint without a subgroup are the whole
set. By arm, and so closed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.analytics.domain.display import decimals, listed, p_value, percent, with_limits
from services.analytics.domain.estimate import Estimate
from services.analytics.domain.panel_text import SHOWN_DIGITS_OF_HASH

FOREST = "FOREST"
Row = Mapping[str, Any]
_KEY = (
    "Squares: estimate, area by subjects; lines: {limits}limits, an arrow where they go on; "
    "diamond: all. Interaction: one test a subgroup; no adjustment for the number of subgroups."
)
_LOG_TICKS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_LINEAR_TICKS = tuple(step / 5 for step in range(-5, 6))


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect that can be drawn: ``better`` says where the arm does better than the reference."""

    statistic: str
    events: str
    header: str
    axis: str
    logarithmic: bool
    better: str

    @property
    def none(self) -> float:
        """The value of no difference."""
        return 1.0 if self.logarithmic else 0.0

    @property
    def all_ticks(self) -> tuple[float, ...]:
        """Ticks an axis can have; beyond the outer ones limits end in an arrow."""
        return _LOG_TICKS if self.logarithmic else _LINEAR_TICKS


EFFECTS = (
    Effect("hazard_ratio", "events", "Hazard ratio", "Hazard ratio, logarithmic", True, "left"),
    Effect("rate_difference", "successes", "Difference", "Difference of rates", False, "right"),
)


@dataclass(frozen=True, slots=True)
class ForestLine:
    """A line of the plot. A heading has no ``estimate``; ``sizes`` are events of n by arm."""

    label: str
    depth: int
    sizes: tuple[str, ...]
    estimate: Estimate | None
    shown: str
    interaction: str
    share: float


@dataclass(frozen=True, slots=True)
class Forest:
    """The whole plot. The first line is of the whole set; ``share`` is a line's part of its
    subjects. ``sides`` are the words left and right of the line of no effect."""

    name: str
    population: str
    title: str
    effect: Effect
    arms: tuple[str, str]
    lines: tuple[ForestLine, ...]
    ticks: tuple[float, ...]
    sides: tuple[str, str]
    footer: tuple[str, ...]
    alt_text: str


def forests(
    rows: Iterable[Row], study: str, labels: Mapping[str, str], versions: Sequence[str]
) -> Iterator[Forest]:
    """A plot of every endpoint, population and comparison that has subgroups; ``labels`` are those
    of the endpoints by their codes."""
    of: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        of.setdefault((row["endpoint"], row["population"]), []).append(row)
    for (endpoint, _), own in of.items():
        split = [row for row in own if row.get("subgroup")]
        for effect in EFFECTS:
            drawn = [row["contrast"] for row in split if row["statistic"] == effect.statistic]
            for number, contrast in enumerate(dict.fromkeys(drawn), start=1):
                name = f"{FOREST}{number if number > 1 else ''}_{endpoint}"
                title = f"{labels[endpoint]} in subgroups, {contrast}, {study}"
                yield _forest(name, title, effect, contrast, own, versions)


def is_forest_of(name: str, endpoint: str) -> bool:
    """Whether a figure of that name shows effects on that endpoint."""
    return name.startswith(FOREST) and name.partition("_")[2] == endpoint


def _forest(
    name: str, title: str, effect: Effect, contrast: str, rows: Sequence[Row],
    versions: Sequence[str],
) -> Forest:  # fmt: skip
    arms = _arms(contrast)
    lines = tuple(_lines(effect, contrast, arms, rows))
    first = next(row for row in rows if row["statistic"] == effect.statistic and row.get("level"))
    level = first["convention"].get("level")
    better, worse = f"{arms[0]} better", f"{arms[1]} better"
    said = [
        f"{line.label}: {line.shown or 'NE'}"
        + (f", {line.interaction}" if line.interaction else "")
        for line in lines
        if line.estimate is not None or line.interaction
    ]
    reasons = dict.fromkeys(
        f"NE: {row['reason']}." for row in rows if row.get("subgroup") and row["reason"]
    )
    cutoff = first["cutoff"]
    return Forest(
        name=name, population=first["population"], title=title, effect=effect, arms=arms,
        lines=lines,
        ticks=_ticks(effect, lines),
        sides=(better, worse) if effect.better == "left" else (worse, better),
        footer=(
            _KEY.format(limits=f"{percent(level)} " if level else ""),
            *reasons, *_warnings(rows),
            listed((f"Population: {first['population']}", f"Data cutoff: {cutoff}",
                    f"Inputs {first['inputs_hash'][:SHOWN_DIGITS_OF_HASH]}", *versions)),
        ),
        alt_text=f"Forest plot. {title}, data cutoff {cutoff}. {'; '.join(said)}.",
    )  # fmt: skip


def _warnings(rows: Iterable[Row]) -> Iterator[str]:
    """Each warning once, behind the subgroups that it is about."""
    about: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.get("subgroup") and not row.get("level"):
            label = str(row["convention"].get("subgroup_label", row["subgroup"]))
            for warning in row["warnings"]:
                about.setdefault(warning, {})[label] = None
    for warning, labels in about.items():
        yield f"{', '.join(labels)}: {warning}."


def _arms(contrast: str) -> tuple[str, str]:
    arm, _, reference = contrast.partition(" vs ")
    return arm, reference


def _lines(
    effect: Effect, contrast: str, arms: tuple[str, str], rows: Sequence[Row]
) -> Iterator[ForestLine]:
    whole = [row for row in rows if not row.get("subgroup")]
    everybody = _size(whole, effect.events, arms)
    subjects = sum(n for _, n in everybody.values())
    yield _line("All subjects", 0, effect, contrast, arms, whole, subjects)
    split = [row for row in rows if row.get("subgroup")]
    for subgroup in dict.fromkeys(row["subgroup"] for row in split):
        own = [row for row in split if row["subgroup"] == subgroup]
        label = str(own[0]["convention"].get("subgroup_label", subgroup))
        test = _find(own, "interaction_p", contrast)
        words = "interaction p " + p_value(None if test is None else test["value"])
        yield ForestLine(label, 0, ("", ""), None, "", words, 0.0)
        for level in dict.fromkeys(row["level"] for row in own if row.get("level")):
            part = [row for row in own if row["level"] == level]
            name = str(part[0]["convention"].get("level_label", level))
            yield _line(name, 1, effect, contrast, arms, part, subjects)


def _line(
    label: str, depth: int, effect: Effect, contrast: str, arms: tuple[str, str],
    rows: Sequence[Row], subjects: int,
) -> ForestLine:  # fmt: skip
    sizes = _size(rows, effect.events, arms)
    found = _find(rows, effect.statistic, contrast)
    estimate = Estimate(None)
    if found is not None:
        estimate = Estimate(found["value"], found["lower"], found["upper"], reason=found["reason"])
    return ForestLine(
        label, depth, tuple(f"{events}/{n}" for events, n in sizes.values()), estimate,
        with_limits(estimate, 2), "",
        sum(n for _, n in sizes.values()) / subjects if subjects else 0.0,
    )  # fmt: skip


def _find(rows: Iterable[Row], statistic: str, contrast: str) -> Row | None:
    wanted = (statistic, contrast)
    return next((row for row in rows if (row["statistic"], row["contrast"]) == wanted), None)


def _size(rows: Sequence[Row], events: str, arms: tuple[str, str]) -> dict[str, tuple[int, int]]:
    """Events and subjects of each arm; a level's events have the same name for every effect."""
    found = {
        (row["group"], row["statistic"]): int(row["value"] or 0)
        for row in rows
        if row["statistic"] in {"n", "events", events} and row["category"] is None
    }
    return {
        arm: (found.get((arm, events), found.get((arm, "events"), 0)), found.get((arm, "n"), 0))
        for arm in arms
    }


def _ticks(effect: Effect, lines: Iterable[ForestLine]) -> tuple[float, ...]:
    """The fewest neighbouring ticks that hold no effect and all numbers, as far as there are."""
    numbers = [
        number
        for line in lines
        if line.estimate is not None
        for number in (line.estimate.value, line.estimate.lower, line.estimate.upper)
        if number is not None
    ]
    ticks, none = effect.all_ticks, effect.all_ticks.index(effect.none)
    low = min(numbers, default=effect.none)
    high = max(numbers, default=effect.none)
    first = max((i for i, tick in enumerate(ticks[:none]) if tick <= low), default=0)
    last = min((i for i, tick in enumerate(ticks) if i > none and tick >= high),
               default=len(ticks) - 1)  # fmt: skip
    return ticks[first : last + 1]


def tick_label(tick: float) -> str:
    """A tick without needless zeros."""
    return decimals(tick, 2).rstrip("0").rstrip(".")
