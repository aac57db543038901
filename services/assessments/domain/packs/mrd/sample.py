"""Which of several results of one sample stands (reflex RQ-PCR to flow cytometry)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.assessments.domain.packs.mrd.status import ITEMS, shown, trial_status
from services.assessments.domain.packs.records import MrdSample
from services.assessments.domain.packs.result import Result, Trace
from shared.rules.model import Pack
from shared.study.dates import PartialDate

_KINDS = {"NEG": 0, "PNQ": 1, "QUANT": 2}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sample with the result that stands for it; `row` None where nothing is evaluable."""

    sample_id: str
    sample_date: PartialDate
    row: MrdSample | None
    result: Result


def by_sample(rows: Iterable[MrdSample], pack: Pack) -> tuple[Chosen, ...]:
    """Each sample once, in the order of date and id.

    A sample is its id and its date: one id with two dates is two samples.
    """
    groups: dict[tuple[str, str], list[MrdSample]] = {}
    for row in rows:
        groups.setdefault((row.sample_date.text, row.sample_id), []).append(row)
    return tuple(choose(groups[key], pack) for key in sorted(groups))


def choose(rows: Sequence[MrdSample], pack: Pack) -> Chosen:
    """The result that stands for one sample: the first method with an evaluable one.

    Results are never averaged; of several evaluable results by one method (markers) the highest
    stands (note `several_results`). The result's reason says why the first method does not stand
    (`rqpcr_sensitivity`, `rqpcr_missing`), also where another does.
    """
    trace = Trace("mrd_status", pack)
    reasons: list[str] = []
    for row in rows:
        trace.look(*row.refs("method", *ITEMS))
    for method in pack.texts("method_order"):
        code = method.lower()
        tried = [(row, trial_status(row, pack)) for row in rows if row.method == method]
        evaluable = [(row, result) for row, result in tried if result.status == "final"]
        words = [f"{shown(row)} -> {result.reason or result.value}" for row, result in tried]
        trace.try_rule(code, bool(evaluable), *words)
        if evaluable:
            row, result = max(evaluable, key=lambda pair: (severity(pair[0]), pair[0].record))
            trace.note(*result.notes, *(["several_results"] if len(evaluable) > 1 else []))
            trace.tried.extend(result.tried)
            first = reasons[0] if reasons else None
            status = trace.result(result.value, "final", reason=first, rule=code)
            return Chosen(row.sample_id, row.sample_date, row, status)
        trace.note(*(note for _, result in tried for note in result.notes))
        reasons.append(f"{code}_{tried[0][1].reason if tried else 'missing'}")
    trace.note(*reasons[1:])
    status = trace.result("NE", "ne", reason=reasons[0])
    return Chosen(rows[0].sample_id, rows[0].sample_date, None, status)


def severity(row: MrdSample) -> tuple[int, Decimal]:
    """The order of evaluable results: not detected, not quantifiable, then by value."""
    value = row.fraction.limit if row.kind == "QUANT" and row.fraction is not None else Decimal(0)
    return _KINDS[row.kind], value
