"""The boxes of the flow diagram of participants (CONSORT), in words and ready to be drawn.

Made of result rows alone: every number is the value of one. Layout as the diagram of the CONSORT
statement (Hopewell et al. 2025): enrolment, allocation, follow-up, analysis.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.analytics.domain.display import listed
from services.analytics.domain.dispositions import NOT_STATED
from services.analytics.domain.flow_rows import exit_category, reasons_of
from services.analytics.domain.panel_text import SHOWN_DIGITS_OF_HASH
from services.analytics.domain.results import EVERYBODY, FLOW, POOLED, OutputClass, ResultRow
from services.analytics.domain.screening import SCREENING, WITHDRAWN
from shared.study import StudyDefinition
from shared.study.disposition import Exit
from shared.study.occurrences import Population

NO_BREAK = "\N{NO-BREAK SPACE}"
_COUNTED = (
    "Subjects, each once in a line. Not randomized: by the first rule of the last refusal; "
    "a child screened anew counts under each of its screening numbers."
)
_UNSCREENED = {WITHDRAWN: "Withdrawn before randomization", SCREENING: "In screening, or not asked"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a box; deeper ones are set in."""

    words: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Box:
    """A heading with what belongs to it."""

    heading: str
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """Below the randomized: one arm, or all together. No ``followed`` where nothing is known."""

    allocated: Box
    followed: Box | None
    analysed: Box


@dataclass(frozen=True, slots=True)
class FlowChart:
    """The whole diagram, top down; ``aside`` branches off between the first two boxes."""

    title: str
    registered: Box
    aside: Box
    randomized: Box
    columns: tuple[Column, ...]
    footer: tuple[str, ...]
    alt_text: str
    output_class: OutputClass


@dataclass(frozen=True)
class _Reader:
    """The rows of one group by what they are about."""

    values: Mapping[tuple[str, str, str | None], int]

    @classmethod
    def of(cls, rows: Iterable[ResultRow], group: str) -> "_Reader":
        return cls({
            (row.population, row.statistic, row.category): int(row.value or 0)
            for row in rows
            if row.group == group
        })  # fmt: skip

    def __call__(
        self, statistic: str, category: str | None = None, population: str = EVERYBODY
    ) -> int:
        return self.values[population, statistic, category]

    def has(self, statistic: str, population: str = EVERYBODY) -> bool:
        return (population, statistic, None) in self.values

    def split(self, statistic: str, population: str) -> list[tuple[str, int]]:
        """The categories of a statistic with their numbers, but for zeros."""
        return [
            (category, number)
            for (of, name, category), number in self.values.items()
            if (of, name) == (population, statistic) and category is not None and number
        ]


def flow_chart(
    definition: StudyDefinition,
    rows: Sequence[ResultRow],
    output_class: OutputClass,
    versions: Sequence[str],
) -> FlowChart:
    """The diagram of a class: a column an arm where it is closed, else one of all.

    What comes before randomization has no arm: there the pooled rows stand in both.
    """
    own = [row for row in rows if row.endpoint == FLOW]
    pooled = _Reader.of(own, POOLED)
    closed = output_class is OutputClass.CLOSED
    groups = [arm.code for arm in definition.arms] if closed else [POOLED]
    columns = tuple(_column(definition, _Reader.of(own, group), group) for group in groups)
    boxes = (
        Box(_counted("Registered", pooled("registered"))),
        _aside(definition, pooled),
        Box(_counted("Randomized", pooled("randomized"))),
    )
    title = f"Flow of participants, {definition.id}"
    cutoff, inputs = own[0].cutoff.isoformat(), _inputs(own, groups)
    data = f"Population: all registered \N{MIDDLE DOT} Data cutoff: {cutoff}"
    return FlowChart(
        title=title,
        registered=boxes[0],
        aside=boxes[1],
        randomized=boxes[2],
        columns=columns,
        footer=(
            _COUNTED,
            *(("Sets by arm received are counted in that arm.",) if closed else ()),
            listed((data, f"Inputs {inputs}", *versions)),
        ),
        alt_text=_in_words(title, cutoff, boxes, columns),
        output_class=output_class,
    )  # fmt: skip


def _inputs(rows: Sequence[ResultRow], groups: Sequence[str]) -> str:
    hashes = dict.fromkeys(row.inputs_hash for row in rows if row.group in groups)
    return ", ".join(each[:SHOWN_DIGITS_OF_HASH] for each in hashes)


def _aside(definition: StudyDefinition, read: _Reader) -> Box:
    rules = {rule.id: f"{rule.id} not met: {rule.text}" for rule in definition.eligibility.rules}
    words = rules | _UNSCREENED
    lines = (
        Line(_counted(words[reason], number))
        for reason, number in read.split("not_randomized", EVERYBODY)
    )
    return Box(_counted("Not randomized", read("not_randomized")), tuple(lines))


def _column(definition: StudyDefinition, read: _Reader, group: str) -> Column:
    of = "Allocated, all arms together" if group == POOLED else f"Allocated to {group}"
    lines = []
    if read.has("treated"):
        lines = [
            Line(_counted("Treated", read("treated"))),
            Line(_counted("Not treated", read("untreated"))),
        ]
    if read.has("treated_otherwise") and read("treated_otherwise"):
        crossed = _counted("Treated with another arm's product", read("treated_otherwise"))
        lines.append(Line(crossed, 1))
    exits = () if definition.disposition is None else definition.disposition.exits
    left = [line for found in exits for line in _left(definition, read, found)]
    sets = [each for each in definition.populations if read.has("analysed", each.id)]
    return Column(
        Box(_counted(of, read("randomized")), tuple(lines)),
        Box("Follow-up", tuple(left)) if exits else None,
        Box("Analysed", tuple(line for each in sets for line in _analysed(read, each))),
    )


def _left(definition: StudyDefinition, read: _Reader, found: Exit) -> Iterator[Line]:
    yield Line(_counted(found.label, read("left", exit_category(found))))
    items = {item.id: item for item in definition.form(found.select.form).items}
    codes = () if found.reason is None else items[found.reason].codes
    labels = {entry.code: entry.label for entry in codes}
    labels[NOT_STATED] = "Reason not stated"
    for reason in reasons_of(definition, found):
        number = read("left", exit_category(found, reason))
        if number:
            yield Line(_counted(labels[reason], number), 1)


def _analysed(read: _Reader, population: Population) -> Iterator[Line]:
    words = f"{population.id}: {population.label}"
    yield Line(_counted(words, read("analysed", None, population.id)))
    for reason, number in read.split("left_out", population.id):
        yield Line(_counted(f"left out, {reason}", number), 1)


def _counted(words: str, number: int) -> str:
    return f"{words} (n{NO_BREAK}={NO_BREAK}{number})"


def _in_words(title: str, cutoff: str, boxes: Iterable[Box], columns: Iterable[Column]) -> str:
    below = (box for c in columns for box in (c.allocated, c.followed, c.analysed) if box)
    said = [f"{title}, data cutoff {cutoff}"]
    for box in (*boxes, *below):
        heading = box.heading.replace(NO_BREAK, " ")
        parts = "; ".join(line.words.replace(NO_BREAK, " ") for line in box.lines)
        said.append(f"{heading}: {parts}" if parts else heading)
    return " ".join(f"{sentence}." for sentence in said)
