"""Why an obligation runs, in words that name the facts. No product is named: it tells the arm."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from services.safety.domain.facts import Fact
from services.safety.domain.verdicts import UNSAID, Verdict

_WORDS = {
    "receipt": "the report",
    "criterion": "a minimum criterion",
    "serious": "the word that it is serious",
    "causality": "a judgement of causality",
    "expectedness": "a judgement of expectedness",
    "anticipated": "a decision on the list of anticipated events",
    "exemption": "a decision on a protocol exemption",
    "follow_up": "new information",
    "submission": "the report as sent",
    "acknowledgement": "an acknowledgement",
    "nullification": "the nullification",
    "suspect": "the suspect product",
    "onset": "the date of onset",
    "description": "the term or grade of the event",
    "site_awareness": "the site's awareness",
    "special_interest": "an event of special interest",
}


def fact_words(fact: Fact) -> str:
    """A fact with its receipt: what, when in the receiver's zone, from whom."""
    what = _WORDS.get(fact.kind, fact.kind)
    if fact.kind == "seriousness":
        what = f"'{fact.value['criterion']}' {'held' if fact.value['held'] else 'not held'}"
    at = fact.received_at.astimezone(ZoneInfo(fact.received_zone))
    return f"{what}, received {at:%Y-%m-%d %H:%M} {fact.received_zone} ({fact.source})"


def verdict_words(verdict: Verdict) -> str:
    """Why a pair is classified as it is."""
    says = "no rule of this rule set applies" if verdict.rule is None else verdict.rule.says
    words = f"Event {verdict.pair.event}: {says}."
    if verdict.criteria:
        words += f" Seriousness: {', '.join(verdict.criteria)}."
    return words + unsaid_words(verdict.unsaid)


def unsaid_words(unsaid: Sequence[str]) -> str:
    """What nobody has said and is taken for the worse; empty where all is said."""
    if not unsaid:
        return ""
    named = ", ".join(UNSAID[name] for name in unsaid)
    return f" Nobody has said yet: {named}; taken for the worse."


def day_zero_words(anchor: Fact, missing: Sequence[str]) -> str:
    """What Day 0 is and why."""
    day = f"Day 0 is {anchor.received_on.isoformat()} in {anchor.received_zone}"
    if missing:
        names = ", ".join(missing)
        return f"{day}, provisionally: {fact_words(anchor)}. Minimum criteria missing: {names}."
    return f"{day}: {fact_words(anchor)}."


def ended_words(fact: Fact) -> str:
    """Why nothing is owed any more."""
    return f"No longer owed since {fact_words(fact)}."
