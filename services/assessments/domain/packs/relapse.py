"""Marrow relapse by the Ponte-di-Legno table (pack `relapse`).

Source: Buchmann et al., Blood 2022;139:1785. CNS and extramedullary relapse are recorded apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.mrd.status import why_invalid
from services.assessments.domain.packs.records import Marrow, MarrowTest, MrdSample
from services.assessments.domain.packs.response.assessment import day_of_record
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Verdict3, every, negation
from services.assessments.domain.packs.values import Censored, at_least, meets
from shared.rules.model import Cell, Limit, Pack

RELAPSE, SECOND_MARROW, NO_RELAPSE = "RELAPSE", "SECOND_MARROW", "NONE"


def marrow_relapse(
    marrow: Marrow,
    others: Sequence[MrdSample | MarrowTest],
    pack: Pack,
    *,
    suspected: bool = False,
    in_remission: bool = True,
) -> Result:
    """`RELAPSE`, `SECOND_MARROW` (needed to decide) or `NONE`, of a marrow and its other tests.

    `suspected`: an earlier marrow asked for a second one, and this is it. `in_remission`: there was
    a complete remission before. NE: `dry_tap`, `hypocellular`, `marrow_not_evaluable`,
    `blasts_missing`, `blasts_undecided`, `tests_undecided`, `no_remission_before`.
    """
    trace = Trace("marrow_relapse", pack)
    trace.look(*marrow.refs("sample_date", "evaluable", "quality", "blasts"))
    words = [f"{marrow.record}: blasts {marrow.blasts or 'missing'}"]
    positive = []
    for test in others:
        trace.look(*test.refs("method", "fraction", *(["kind"] if _is_mrd(test) else [])))
        words.append(f"{test.record}: {test.method} {_fraction_words(test)}")
        positive.append(positive_test(test, pack.limit("positive_test")))
    if not trace.try_rule("after_remission", in_remission):
        reason = "no_remission_before"
        return trace.result("NE", "ne", reason=reason, rule="after_remission")
    unfit = _unfit(marrow)
    trace.try_rule("marrow_evaluable", unfit is None, marrow.record)
    if unfit is not None:
        return trace.result("NE", "ne", reason=unfit, rule="marrow_evaluable")
    if suspected:
        confirmed = _confirmed(marrow, positive, pack)
        if trace.try_rule("second_marrow", confirmed, *words):
            return trace.result(RELAPSE, "final", rule="second_marrow")
        found = _by_table(marrow.blasts, positive, trace, words)
        if confirmed is None and found.status == "final" and found.value != RELAPSE:
            # An open test may still confirm what the first marrow showed.
            return trace.result("NE", "ne", reason="tests_undecided", rule="second_marrow")
        return found
    return _by_table(marrow.blasts, positive, trace, words)


def marrow_relapses(facts: SubjectFacts, first_response: Result, pack: Pack) -> tuple[Result, ...]:
    """The table on every marrow after first response, in the order of dates.

    Other tests are MRD results and further tests of the same day, one for each method. A marrow
    of a later day than one that asked for a second marrow is that second marrow; what cannot be
    evaluated leaves the question open for the next. Full dates only.
    """
    start = first_response.value
    if not isinstance(start, date):
        return ()
    found: list[Result] = []
    suspected = False
    after = (marrow for marrow in facts.marrow if day_of_record(marrow) > start)
    ordered = sorted(after, key=lambda each: (day_of_record(each), each.record))
    for _, marrows in groupby(ordered, key=day_of_record):
        of_day = [
            replace(
                marrow_relapse(marrow, tests_of(facts, marrow), pack, suspected=suspected),
                derivation=f"marrow_relapse:{marrow.record}",
            )
            for marrow in marrows
        ]
        unanswered = suspected and all(result.status == "ne" for result in of_day)
        suspected = unanswered or any(result.value == SECOND_MARROW for result in of_day)
        found.extend(of_day)
    return tuple(found)


def tests_of(facts: SubjectFacts, marrow: Marrow) -> list[MrdSample | MarrowTest]:
    """Other tests of the same day's marrow, the highest valid result of each method."""
    day = day_of_record(marrow)
    mrd = [
        row
        for row in facts.mrd
        if row.sample_date.earliest == day and row.material != "PB" and why_invalid(row) is None
    ]
    tests: list[MrdSample | MarrowTest] = [
        *mrd,
        *(test for test in facts.marrow_test if test.sample_date.earliest == day),
    ]
    highest: dict[str, MrdSample | MarrowTest] = {}
    for test in sorted(tests, key=lambda each: each.record):
        other = highest.get(test.method)
        if other is None or _height(test) > _height(other):
            highest[test.method] = test
    return [highest[method] for method in sorted(highest)]


def _by_table(
    blasts: Censored | None, positive: list[Verdict3], trace: Trace, words: list[str]
) -> Result:
    pack = trace.pack
    if blasts is None:
        return trace.result("NE", "ne", reason="blasts_missing")
    open_rows: list[str] = []
    for row in pack.rows("marrow_relapse"):
        rule = str(row["rule"])
        within = _within(blasts, row, pack)
        enough = at_least(int(str(row["others"])), positive)
        holds = trace.try_rule(rule, every([within, enough]), *words)
        if within and holds:
            return trace.result(RELAPSE, "final", rule=rule)
        if within and holds is None:
            return trace.result("NE", "ne", reason="tests_undecided", rule=rule)
        if within:
            trace.try_rule("second_marrow", None, *words)
            return trace.result(SECOND_MARROW, "final", rule="second_marrow")
        if within is None:
            open_rows.append(rule)
    if open_rows:
        return trace.result("NE", "ne", reason="blasts_undecided", rule=open_rows[0])
    trace.try_rule("no_marrow_relapse", True, *words)
    return trace.result(NO_RELAPSE, "final", rule="no_marrow_relapse")


def _within(blasts: Censored, row: Mapping[str, Cell], pack: Pack) -> Verdict3:
    lower = blasts.meets(pack.limit(str(row["blasts_from"])))
    if "blasts_below" not in row:
        return lower
    return every([lower, negation(blasts.meets(pack.limit(str(row["blasts_below"]))))])


def _confirmed(marrow: Marrow, positive: list[Verdict3], pack: Pack) -> Verdict3:
    microscopy = meets(marrow.blasts, pack.limit("low_blasts"))
    return at_least(pack.integer("second_marrow_tests"), [microscopy, *positive])


def _is_mrd(test: MrdSample | MarrowTest) -> bool:
    return isinstance(test, MrdSample)


def positive_test(test: MrdSample | MarrowTest, limit: Limit) -> Verdict3:
    """Whether a test found at least as many leukaemic cells as the limit says."""
    if isinstance(test, MrdSample) and test.kind in {"NEG", "PNQ"}:
        # Not found, or found below the quantitative range: low, unless the assay is a poor one.
        reach = test.sensitivity if test.kind == "NEG" else test.quantitative_range
        return None if meets(reach, limit) else False
    return meets(test.fraction, limit)


def _height(test: MrdSample | MarrowTest) -> tuple[bool, object]:
    return test.fraction is not None, test.fraction.limit if test.fraction else 0


def _fraction_words(test: MrdSample | MarrowTest) -> str:
    kind = f"{test.kind} " if isinstance(test, MrdSample) else ""
    return f"{kind}{test.fraction or 'no value'}"


def _unfit(marrow: Marrow) -> str | None:
    if marrow.quality in {"DRY_TAP", "HYPOCELLULAR"}:
        return marrow.quality.lower()
    return "marrow_not_evaluable" if marrow.evaluable is False else None
