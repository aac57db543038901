"""The primary endpoint of one subject: the lowest MRD from first response to end of treatment."""

from datetime import date
from decimal import Decimal

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.mrd.sample import Chosen, by_sample, severity
from services.assessments.domain.packs.mrd.status import ITEMS, shown
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Span
from services.assessments.domain.packs.values import Censored
from shared.rules.model import Pack


def lowest_mrd(facts: SubjectFacts, first_response: Result, eot: Result, pack: Pack) -> Result:
    """The lowest MRD: `NEG`, `PNQ`, or the fraction of a quantified result ("<0.00005" as text).

    Both end days count. NE: `no_response`, `mrd_missing`, `eot_unknown`, or the reason of the last
    sample where none is evaluable; pending: `eot_missing`, `not_yet_due`. Provisional until end of
    treatment is known.
    """
    trace = Trace("mrd_lowest", pack)
    trace.look(*first_response.inputs, *eot.inputs)
    start = first_response.value
    if not isinstance(start, date):
        waits = first_response.status == "pending"
        trace.try_rule("responder", None if waits else False)
        reason = first_response.reason or "no_response"
        return trace.result(None, "pending" if waits else "ne", reason=reason)
    if eot.status == "ne":
        return trace.result(None, "ne", reason="eot_unknown")
    trace.try_rule("responder", True, f"first response {start}")
    end = eot.value if isinstance(eot.value, date) else None
    within = [each for each in _eligible(facts, trace) if _inside(each, start, end)]
    return _lowest(within, trace, eot)


def mrd_negativity(
    lowest: Result, response: Result, responders: tuple[str, ...], pack: Pack
) -> tuple[Result, Result]:
    """The primary endpoint in both analysis sets: responders only, and all randomized.

    `responders` are the categories that are a response, a parameter of the pack `response`.
    Responders only: `NEGATIVE`, `POSITIVE`, NE; a non-responder is not in the set
    (`not_in_set`). All randomized: `SUCCESS` or `FAILURE`.
    """
    responder = _is_responder(response, responders)
    among = Trace("mrd_negativity_responders", pack)
    everyone = Trace("mrd_negativity_itt", pack)
    for trace in (among, everyone):
        trace.look(*lowest.inputs, *response.inputs)
        trace.note(*lowest.notes)
        trace.try_rule("responder", responder, f"response {response.value or response.reason}")
    if responder is None and response.status == "pending":
        waiting = [
            each.result(None, "pending", reason=response.reason) for each in (among, everyone)
        ]
        return waiting[0], waiting[1]
    if not responder:
        reason = "not_in_set" if responder is False else response.reason
        return among.result(None, "ne", reason=reason, rule="responder"), _failure(
            everyone, response
        )
    negative = _negative(lowest, pack)
    for trace in (among, everyone):
        trace.try_rule("p1_negative", negative, f"lowest MRD {_told(lowest)}")
    if lowest.status == "pending":
        return _waiting(among, lowest), _waiting(everyone, lowest)
    if negative is None:
        first = among.result("NE", "ne", reason=lowest.reason, rule="p1_negative")
        if pack.switch("itt_counts_ne_as_failure"):
            return first, _failure(everyone, lowest)
        return first, everyone.result("NE", "ne", reason=lowest.reason, rule="p1_negative")
    status = lowest.status
    return (
        among.result("NEGATIVE" if negative else "POSITIVE", status, rule="p1_negative"),
        everyone.result("SUCCESS" if negative else "FAILURE", status, rule="p1_negative"),
    )


def _eligible(facts: SubjectFacts, trace: Trace) -> tuple[Chosen, ...]:
    materials = trace.pack.texts("materials")
    rows = [row for row in facts.mrd if row.material is None or row.material in materials]
    if len(rows) < len(facts.mrd):
        trace.note("other_material_left_out")
    return by_sample(rows, trace.pack)


def _inside(chosen: Chosen, start: date, end: date | None) -> bool:
    day = Span.of(chosen.sample_date).earliest
    return start <= day and (end is None or day <= end)


def _lowest(within: list[Chosen], trace: Trace, eot: Result) -> Result:
    for each in within:
        trace.look(*each.result.inputs)
    rows = [each.row for each in within if each.row is not None]
    words = [
        f"{each.sample_id} {each.sample_date.text}: "
        + (shown(each.row) if each.row else f"NE {each.result.reason}")
        for each in within
    ]
    trace.try_rule("lowest", bool(rows), *words)
    if not rows:
        if eot.status == "pending":
            return trace.result(None, "pending", reason=eot.reason, rule="lowest")
        reason = str(within[-1].result.reason) if within else "mrd_missing"
        return trace.result("NE", "ne", reason=reason, rule="lowest")
    row = min(rows, key=lambda each: (severity(each), each.sample_date.text, each.record))
    chosen = next(each for each in within if each.row is row)
    trace.look(*row.refs("sample_date", *ITEMS))
    trace.note(*chosen.result.notes)
    if chosen.result.reason is not None:
        trace.note(chosen.result.reason)
    value: str | Decimal = row.kind
    if row.kind == "QUANT" and row.fraction is not None:
        exact = row.fraction.exact
        value = row.fraction.text if exact is None else exact
    return trace.result(value, "final" if eot.status == "final" else "provisional", rule="lowest")


def _negative(lowest: Result, pack: Pack) -> bool | None:
    """By the lowest result: kinds other than a value are evaluable only where they are negative."""
    if lowest.value in {"NEG", "PNQ"}:
        return True
    if isinstance(lowest.value, Decimal):
        return pack.limit("negative").holds(lowest.value)
    if lowest.status in {"final", "provisional"}:
        return Censored.parse(str(lowest.value)).meets(pack.limit("negative"))
    return None


def _is_responder(response: Result, responders: tuple[str, ...]) -> bool | None:
    if response.status in {"ne", "pending"}:
        return None
    return response.value in responders


def _waiting(trace: Trace, cause: Result) -> Result:
    return trace.result(None, "pending", reason=cause.reason)


def _failure(trace: Trace, cause: Result) -> Result:
    trace.try_rule("itt_failure", True)
    trace.note(*([cause.reason] if cause.reason else []))
    return trace.result("FAILURE", "final", rule="itt_failure")


def _told(lowest: Result) -> str:
    if isinstance(lowest.value, Decimal):
        return format(lowest.value, "f")
    return str(lowest.value or lowest.reason)
