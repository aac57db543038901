"""Relapse by NCI/CIBMTR, beside the Ponte-di-Legno table (pack `relapse`).

Source: PMC7272718, Table 4a: after complete remission, marrow blasts of 25 % or more, or disease
outside the marrow.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.records import Extramedullary, Marrow
from services.assessments.domain.packs.response.assessment import day_of_record
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Verdict3, some
from services.assessments.domain.packs.values import meets
from shared.rules.model import Pack

RELAPSE, NO_RELAPSE = "RELAPSE", "NONE"
Dated = TypeVar("Dated", Marrow, Extramedullary)
Looked = tuple[date, Marrow | Extramedullary, str, Verdict3]


def nci_relapse(facts: SubjectFacts, first_response: Result, pack: Pack) -> Result:
    """The date of the first relapse after first response, or `NONE`. Full dates only.

    NE: `no_remission_before`, `nothing_looked_at`, `undecided` (something on or before that day
    leaves it open; also where nothing else is a relapse).
    """
    trace = Trace("relapse_nci", pack)
    trace.look(*first_response.inputs)
    start = first_response.value
    if not trace.try_rule("after_remission", isinstance(start, date)) or not isinstance(
        start, date
    ):
        return trace.result(None, "ne", reason="no_remission_before", rule="after_remission")
    looked = _looked(facts, start, pack)
    for _, record, _, _ in looked:
        trace.look(*record.told())
    for rule in ("nci_marrow", "nci_extramedullary"):
        _try(trace, rule, [each for each in looked if each[2] == rule])
    relapses = [each for each in looked if each[3] is True]
    first = min(relapses, key=_order, default=None)
    open_before = [
        each for each in looked if each[3] is None and (first is None or each[0] < first[0])
    ]
    if open_before:
        rule = min(open_before, key=_order)[2]
        return trace.result(None, "ne", reason="undecided", rule=rule)
    if first is not None:
        return trace.result(first[0], "final", rule=first[2])
    if not looked:
        return trace.result(None, "ne", reason="nothing_looked_at")
    trace.try_rule("nci_none", True, f"looked at: {len(looked)}")
    return trace.result(NO_RELAPSE, "final", rule="nci_none")


def _looked(facts: SubjectFacts, start: date, pack: Pack) -> list[Looked]:
    fit = [each for each in facts.marrow if _fit(each)]
    found: list[Looked] = [
        *_judged(fit, start, "nci_marrow", lambda each: _marrow(each, pack)),
        *_judged(
            facts.extramedullary, start, "nci_extramedullary", lambda each: _outside(each, pack)
        ),
    ]
    return sorted(found, key=_order)


def _judged(
    records: Sequence[Dated], start: date, rule: str, judge: Callable[[Dated], Verdict3]
) -> list[Looked]:
    days = ((day_of_record(each), each) for each in records)
    return [(day, each, rule, judge(each)) for day, each in days if day > start]


def _order(looked: Looked) -> tuple[date, str]:
    return looked[0], looked[1].record


def _try(trace: Trace, rule: str, looked: list[Looked]) -> None:
    if looked:
        words = (f"{record.record} {day}: {_shown(record)}" for day, record, _, _ in looked)
        trace.try_rule(rule, some(verdict for *_, verdict in looked), *words)


def _shown(record: Marrow | Extramedullary) -> str:
    if isinstance(record, Marrow):
        return f"blasts {record.blasts or record.category or 'missing'}"
    disease = {True: "disease", False: "no disease", None: "disease not told"}[record.disease]
    return f"{record.cns_status or 'CNS not told'}, {disease}"


def _fit(marrow: Marrow) -> bool:
    """A marrow that cannot be evaluated tells nothing either way."""
    return marrow.evaluable is not False and marrow.quality not in {"DRY_TAP", "HYPOCELLULAR"}


def _marrow(marrow: Marrow, pack: Pack) -> Verdict3:
    if marrow.blasts is None and marrow.category is not None:
        if marrow.category in pack.texts("nci_open_categories"):
            return None
        return marrow.category in pack.texts("nci_categories")
    return meets(marrow.blasts, pack.limit("nci_blasts"))


def _outside(found: Extramedullary, pack: Pack) -> Verdict3:
    known = found.cns_status not in {None, "UNK"}
    cns = found.cns_status in pack.texts("nci_cns") if known else None
    return some([cns, found.disease, bool(found.new_site)])
