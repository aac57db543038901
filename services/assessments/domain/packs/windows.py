"""Visit windows (pack `windows`): a visit outside is a flag and a deviation, never a refusal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from decimal import Decimal

from services.assessments.domain.packs.calendar import (
    date_of_day,
    day1_span,
    death_span,
    first_dose_span,
    randomization_span,
)
from services.assessments.domain.packs.facts import FORMS, SubjectFacts
from services.assessments.domain.packs.records import Record
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Span, Verdict3, before
from shared.rules.model import Cell, Pack
from shared.study.dates import PartialDate
from shared.study.schedule import Window

PACKS = ("windows",)
_DATE_ITEMS: dict[type[Record], str] = {}


@dataclass(frozen=True, slots=True)
class Seen:
    """A dated record of a visit; ``least`` and ``most`` are the days it may be out of window."""

    record: Record
    item: str
    when: Span
    least: int
    most: int


def window_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], as_of: date | None = None
) -> tuple[Result, ...]:
    """One result for each planned visit, in the order of the schedule."""
    pack = packs["windows"]
    of_visit = _by_visit(facts)
    return tuple(
        _visit(facts, pack, row, as_of, of_visit.get(str(row["id"]), ()))
        for row in pack.rows("visits")
    )


def visit_window(row: Mapping[str, Cell], anchor: date) -> Window:
    """The window of a planned visit, of a subject whose anchor falls on that date."""
    target = date_of_day(anchor, _days(row["day"]))
    return Window(
        target - timedelta(days=_days(row["minus_days"])),
        target,
        target + timedelta(days=_days(row["plus_days"])),
    )


def days_out(row: Mapping[str, Cell], anchor: Span, when: Span) -> tuple[int, int]:
    """Least and most days outside the window: negative before it, positive after it, 0 within.

    They are the same wherever partial dates do not decide.
    """
    least = visit_window(row, anchor.latest).days_out(when.earliest)
    return least, visit_window(row, anchor.earliest).days_out(when.latest)


def inside(least: int, most: int) -> Verdict3:
    """Whether a date is within its window, of the least and most days that it may be out."""
    if least == most == 0:
        return True
    return False if least > 0 or most < 0 else None


def _visit(
    facts: SubjectFacts,
    pack: Pack,
    row: Mapping[str, Cell],
    as_of: date | None,
    records: Sequence[Record],
) -> Result:
    """Days outside the window (0 within) of the visit's record that lies farthest out.

    A record of the form `visit` speaks for the visit; without one all its dated records do.
    Pending: `not_randomized`, `not_yet_due`, `not_done` (note `visit_overdue`). NE:
    `partial_date`, `died_before_visit`.
    """
    trace = Trace(f"window:{row['id']}", pack)
    anchor = _anchor(facts, str(row["anchor"]), trace)
    if not trace.try_rule("anchored", anchor is not None, f"{row['anchor']}: {anchor or 'none'}"):
        return trace.result(None, "pending", reason="not_randomized")
    if anchor is None:
        raise AssertionError("an anchor that was found is there")
    seen = list(_seen(records, row, anchor))
    if not seen:
        return _not_seen(facts, trace, row, anchor, as_of)
    for each in seen:
        trace.look(each.record.ref(each.item))
    days = sorted({each.when for each in seen})
    trace.try_rule("one_date", len(days) == 1, *(str(when) for when in days))
    out = max(seen, key=lambda each: (max(abs(each.least), abs(each.most)), each.record.record))
    within = inside(out.least, out.most)
    words = f"{out.record.record}: {out.item} {out.when}"
    trace.try_rule("within_window", within, words, _shown(row, anchor))
    if within is False:
        trace.note("deviation_visit_outside_window")
    if out.least != out.most:
        trace.note("query_partial_date")
        return trace.result(None, "ne", reason="partial_date", rule="within_window")
    result = trace.result(Decimal(out.least), "final", rule="within_window")
    return replace(result, details=_details(row, anchor, out))


def _not_seen(
    facts: SubjectFacts, trace: Trace, row: Mapping[str, Cell], anchor: Span, as_of: date | None
) -> Result:
    opens = visit_window(row, anchor.earliest).earliest
    death = death_span(facts)
    dead = False if death is None else before(death, Span(opens, opens))
    trace.try_rule("alive", None if dead is None else not dead, f"death {death or 'none'}")
    if dead:
        return trace.result(None, "ne", reason="died_before_visit", rule="alive")
    closes = visit_window(row, anchor.latest).latest
    due = None if as_of is None else as_of <= closes
    trace.try_rule("due", due, _shown(row, anchor))
    if due:
        return trace.result(None, "pending", reason="not_yet_due", rule="due")
    if due is False:
        trace.note("visit_overdue")
    return trace.result(None, "pending", reason="not_done", rule="due")


def _anchor(facts: SubjectFacts, name: str, trace: Trace) -> Span | None:
    if name == "randomization":
        trace.look(*(entry.ref("randomization_date") for entry in facts.randomization))
        return randomization_span(facts)
    if name != "day1":
        raise KeyError(name)
    trace.look(*(dose.ref("dose_date") for dose in facts.dosing if dose.given))
    if first_dose_span(facts) is None and randomization_span(facts) is not None:
        trace.note("never_dosed")
    return day1_span(facts)


def _by_visit(facts: SubjectFacts) -> Mapping[str, Sequence[Record]]:
    """The records that speak for each visit: those of the form `visit`, else all."""
    stated: dict[str, list[Record]] = {}
    others: dict[str, list[Record]] = {}
    for form in FORMS:
        found = stated if form == "visit" else others
        for record in getattr(facts, form):
            if record.visit is not None and _not_withheld(record):
                found.setdefault(record.visit, []).append(record)
    return {**others, **stated}


def _seen(records: Sequence[Record], row: Mapping[str, Cell], anchor: Span) -> Iterator[Seen]:
    for record in records:
        item = _date_item(type(record))
        when = getattr(record, item)
        if isinstance(when, PartialDate):
            span = Span.of(when)
            yield Seen(record, item, span, *days_out(row, anchor, span))


def _not_withheld(record: Record) -> bool:
    """A dose that was not given is no sign of a visit."""
    return getattr(record, "given", True) is not False


def _date_item(kind: type[Record]) -> str:
    """The item that dates a record: the first of its dates; worked out once a kind."""
    if kind not in _DATE_ITEMS:
        names = (entry.name for entry in fields(kind))
        _DATE_ITEMS[kind] = next(name for name in names if name.endswith("_date"))
    return _DATE_ITEMS[kind]


def _details(
    row: Mapping[str, Cell], anchor: Span, out: Seen
) -> tuple[tuple[str, str | int | None], ...]:
    day = anchor.exact
    if day is None:
        return (("observed", str(out.when)),)
    window = visit_window(row, day)
    return (
        ("earliest", window.earliest.isoformat()),
        ("target", window.target.isoformat()),
        ("latest", window.latest.isoformat()),
        ("observed", str(out.when)),
        ("days_out", out.least),
    )


def _shown(row: Mapping[str, Cell], anchor: Span) -> str:
    first = visit_window(row, anchor.earliest).earliest
    return f"window {first} to {visit_window(row, anchor.latest).latest}"


def _days(cell: Cell) -> int:
    if isinstance(cell, bool) or not isinstance(cell, int):
        raise TypeError("days are a whole number")
    return cell
