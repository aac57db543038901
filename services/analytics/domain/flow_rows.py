"""Result rows of the flow of participants, from registration to the analysis sets (CONSORT).

Every number of the flow diagram is one of these rows. Pooled rows are open, rows by arm closed; a
set limited to an arm has closed rows alone, and so has treatment with another arm's product, which
tells something of the arms even as a number of all.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.analytics.domain.analysis_sets import Membership
from services.analytics.domain.canonical import content_hash
from services.analytics.domain.cutoff import CutData
from services.analytics.domain.dispositions import (
    NOT_STATED,
    exits_of,
    is_crossed,
    is_treated,
)
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.results import (
    ANALYSED,
    EVERYBODY,
    FLOW,
    LEFT_OUT,
    NOT_RANDOMIZED,
    POOLED,
    RANDOMIZED,
    OutputClass,
    ResultRow,
)
from services.analytics.domain.screening import SCREENING, WITHDRAWN
from services.analytics.domain.subjects import Subject
from shared.study import StudyDefinition
from shared.study.disposition import Exit


@dataclass(frozen=True, slots=True)
class _Count:
    """``of``: how many there were to count among."""

    statistic: str
    value: int
    of: int
    category: str | None = None
    population: str = EVERYBODY


def flow_rows(
    definition: StudyDefinition,
    data: CutData,
    subjects: Sequence[Subject],
    sets: Sequence[Membership],
) -> list[ResultRow]:
    """Rows of all arms pooled (open), then of each arm as randomized (closed).

    A subject is counted once under each exit it has a record of, at its first one.
    """
    pooled = [*_screened(definition, data), *_followed(definition, subjects)]
    pooled += [c for each in sets if not each.population.arms for c in _in_set(each, subjects)]
    rows = [*_rows(data, POOLED, pooled, OutputClass.OPEN)]
    for arm in definition.arms:
        own = [subject for subject in subjects if subject.allocated.arm == arm.code]
        counts = [*_followed(definition, own), *_crossed(definition, own)]
        for each in sets:
            if not each.population.arms or arm.code in each.population.arms:
                counts += _in_set(each, own, arm.code)
        rows += _rows(data, arm.code, counts, OutputClass.CLOSED)
    return rows


def exit_category(found: Exit, reason: str | None = None) -> str:
    """How a row names an exit, or one reason of it."""
    return found.id if reason is None else f"{found.id}: {reason}"


def _screened(definition: StudyDefinition, data: CutData) -> Iterator[_Count]:
    registered = data.registered
    why = Counter(each.reason for each in data.not_randomized.values())
    yield _Count("registered", registered, registered)
    yield _Count(NOT_RANDOMIZED, len(data.not_randomized), registered)
    for reason in (*(rule.id for rule in definition.eligibility.rules), WITHDRAWN, SCREENING):
        yield _Count(NOT_RANDOMIZED, why[reason], registered, reason)


def _followed(definition: StudyDefinition, subjects: Sequence[Subject]) -> Iterator[_Count]:
    n = len(subjects)
    yield _Count(RANDOMIZED, n, n)
    if definition.disposition is None:
        return
    treated = sum(is_treated(definition, each) for each in subjects)
    yield _Count("treated", treated, n)
    yield _Count("untreated", n - treated, n)
    left = [each for subject in subjects for each in exits_of(definition, subject)]
    for found in definition.disposition.exits:
        why = Counter(each.reason for each in left if each.exit is found)
        yield _Count("left", why.total(), n, exit_category(found))
        for reason in reasons_of(definition, found):
            yield _Count("left", why[reason], n, exit_category(found, reason))


def _crossed(definition: StudyDefinition, subjects: Sequence[Subject]) -> Iterator[_Count]:
    if definition.analysis.received is not None:
        received = [each.received for each in subjects if each.received is not None]
        crossed = sum(map(is_crossed, subjects))
        yield _Count("treated_otherwise", crossed, len(received))


def reasons_of(definition: StudyDefinition, found: Exit) -> tuple[str, ...]:
    """The codes that a reason of an exit can have."""
    if found.reason is None:
        return ()
    items = {item.id: item for item in definition.form(found.select.form).items}
    return (*(entry.code for entry in items[found.reason].codes), NOT_STATED)


def _in_set(
    each: Membership, subjects: Sequence[Subject], arm: str | None = None
) -> Iterator[_Count]:
    """Who is analysed, in the arm of the set's basis, and why others of ``subjects`` are not."""
    inside = sum(arm is None or counted_in == arm for counted_in in each.arms.values())
    out = Counter(each.left_out[s.id] for s in subjects if s.id in each.left_out)
    population = each.population.id
    yield _Count(ANALYSED, inside, len(subjects), None, population)
    yield _Count(LEFT_OUT, out.total(), len(subjects), None, population)
    for reason, number in sorted(out.items()):
        yield _Count(LEFT_OUT, number, len(subjects), reason, population)


def _rows(
    data: CutData, group: str, counts: Sequence[_Count], output_class: OutputClass
) -> Iterator[ResultRow]:
    told = [[c.population, c.statistic, c.category, c.value, c.of] for c in counts]
    base = ResultRow(
        endpoint=FLOW, population=EVERYBODY, group=group, statistic="registered", value=0.0,
        method="count", convention={"counted": "subjects"}, unit="subjects", n=0, events=0,
        cutoff=data.cutoff, inputs_hash=content_hash(told), engine=OWN, output_class=output_class,
    )  # fmt: skip
    for each in counts:
        yield replace(
            base, population=each.population, statistic=each.statistic, category=each.category,
            value=float(each.value), n=each.of, events=each.value,
        )  # fmt: skip
