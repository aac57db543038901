"""Which sites a relapse involves (pack `relapse`): marrow, CNS, testis, other, or several of them.

Source: Buchmann et al., Blood 2022;139:1785 (the site is recorded). What the investigator names
stands; what was found near the relapse stands in where nothing is named, and is held against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.records import Extramedullary, Marrow, RelapseProgression
from services.assessments.domain.packs.response.assessment import day_of, day_of_record
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Verdict3, some
from services.assessments.domain.packs.values import meets
from shared.rules.model import Pack

BM, CNS, TESTIS, OTHER, COMBINED = "BM", "CNS", "TESTIS", "OTHER", "COMBINED"
SITES = (BM, CNS, TESTIS, OTHER)
Dated = TypeVar("Dated", Marrow, Extramedullary)
Involved = Mapping[str, Verdict3]


def relapse_sites(facts: SubjectFacts, pack: Pack) -> tuple[Result, ...]:
    """One result a relapse: its site or `COMBINED`, the sites in its details (yes, no, unknown).

    NE `sites_unknown` where nothing tells; note `query_relapse_site` where what was found within
    `site_days` contradicts what is named (that a combined relapse names its sites is for an edit
    check). Full dates only.
    """
    relapses = (each for each in facts.relapse_progression if each.event == "RELAPSE")
    ordered = sorted(relapses, key=lambda each: (day_of(each.event_date), each.record))
    return tuple(_sites(facts, relapse, pack) for relapse in ordered)


def _sites(facts: SubjectFacts, relapse: RelapseProgression, pack: Pack) -> Result:
    trace = Trace(f"relapse_site:{relapse.record}", pack)
    trace.look(*relapse.told())
    called, found = _called(relapse), _found(facts, day_of(relapse.event_date), trace)
    named = _named(called)
    # "COMBINED" alone names no site: it stands.
    combined = relapse.site == COMBINED
    told = combined or bool(named)
    trace.try_rule("sites_called", told, _words(called))
    if told:
        several = combined or len(named) > 1
        agree = _agree(called, found)
        trace.try_rule("sites_agree", agree, _words(found))
        if agree is False:
            trace.note("query_relapse_site")
        value = COMBINED if several else named[0]
        return _told(trace.result(value, "final", rule="sites_called"), called)
    seen = _named(found)
    trace.try_rule("sites_found", bool(seen), _words(found))
    if not seen:
        return _told(trace.result("NE", "ne", reason="sites_unknown", rule="sites_found"), found)
    value = COMBINED if len(seen) > 1 else seen[0]
    return _told(trace.result(value, "final", rule="sites_found"), found)


def _called(relapse: RelapseProgression) -> Involved:
    """What the investigator names: by site, and for the parts of a combined relapse one by one."""
    parts = {
        BM: relapse.marrow_involved,
        CNS: relapse.cns_involved,
        TESTIS: relapse.testis_involved,
        OTHER: relapse.other_involved,
    }
    if relapse.site in SITES:
        # One site is said: what is not named beside it is not involved.
        return {site: True if site == relapse.site else bool(part) for site, part in parts.items()}
    return parts


def _found(facts: SubjectFacts, day: date, trace: Trace) -> Involved:
    reach = trace.pack.integer("site_days")
    marrows = _near(facts.marrow, day, reach)
    outside = _near(facts.extramedullary, day, reach)
    for record in (*marrows, *outside):
        trace.look(*record.told())
    testis = trace.pack.texts("testis")
    return {
        BM: _any([_marrow(each, trace.pack) for each in marrows]),
        CNS: _any([_cns(each, trace.pack) for each in outside]),
        TESTIS: _any([_mass(each, each.site in testis) for each in outside]),
        OTHER: _any([_mass(each, each.site not in testis) for each in outside]),
    }


def _near(records: Sequence[Dated], day: date, reach: int) -> list[Dated]:
    return [each for each in records if abs((day_of_record(each) - day).days) <= reach]


def _any(verdicts: list[Verdict3]) -> Verdict3:
    """Undecided where nothing was looked at."""
    return some(verdicts) if verdicts else None


def _marrow(marrow: Marrow, pack: Pack) -> Verdict3:
    if marrow.evaluable is False or marrow.quality in {"DRY_TAP", "HYPOCELLULAR"}:
        return None
    if marrow.blasts is None and marrow.category is not None:
        return marrow.category in pack.texts("involving_categories")
    return meets(marrow.blasts, pack.limit("site_blasts"))


def _cns(found: Extramedullary, pack: Pack) -> Verdict3:
    if found.cns_status in {None, "UNK"}:
        return None
    return found.cns_status in pack.texts("cns_relapse")


def _mass(found: Extramedullary, here: bool) -> Verdict3:
    if not found.disease:
        return found.disease
    return None if found.site is None else here


def _agree(called: Involved, found: Involved) -> Verdict3:
    """Whether no site is told in two ways; None where nothing was found near."""
    both = [(called[s], found[s]) for s in SITES if called[s] is not None and found[s] is not None]
    return all(ours == theirs for ours, theirs in both) if both else None


def _named(involved: Involved) -> list[str]:
    return [site for site in SITES if involved[site] is True]


def _words(involved: Involved) -> str:
    return ", ".join(f"{site} {_ANSWER[involved[site]]}" for site in SITES)


_ANSWER = {True: "yes", False: "no", None: "unknown"}


def _told(result: Result, involved: Involved) -> Result:
    details = tuple((site, _ANSWER[involved[site]]) for site in SITES)
    return replace(result, details=details)
