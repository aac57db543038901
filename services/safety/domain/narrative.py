"""The narrative of a case from a versioned template: the same facts give the same words.

A draft, for a person to read, change and sign.
"""

import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from services.safety.domain.case import Event, Report
from services.safety.domain.facts import Fact

IN_FORCE: Final = "1.0.0"
_FOLDER: Final = "services.safety.templates"
Words = Mapping[str, str | None]


@dataclass(frozen=True)
class _Sentence:
    says: str
    otherwise: str | None
    each: str | None


@dataclass(frozen=True)
class Template:
    """A template at a version."""

    id: str
    version: str
    sentences: tuple[_Sentence, ...]


@dataclass(frozen=True)
class Setting:
    """Whose case it is."""

    study: str
    subject: str
    site: str


@cache
def template(version: str = IN_FORCE) -> Template:
    """A shipped template."""
    text = resources.files(_FOLDER).joinpath(f"narrative-{version}.toml").read_text("utf-8")
    content = tomllib.loads(text)
    sentences = tuple(
        _Sentence(row["says"], row.get("otherwise"), row.get("each"))
        for row in content["sentences"]
    )
    return Template(content["id"], content["version"], sentences)


def narrate(form: Template, setting: Setting, report: Report, facts: Iterable[Fact]) -> str:
    """The narrative of a version of a case with the judgements that stand."""
    known = tuple(facts)
    whole = _of_case(setting, report, _first_receipt(report, known))
    events = [_of_event(event) for event in report.events]
    judgements = [_of_judgement(fact) for fact in known if fact.kind == "causality"]
    lines: list[str] = []
    for group in _grouped(form.sentences):
        subjects = {"event": events, "judgement": judgements}.get(group[0].each or "", [whole])
        for told in subjects:
            lines += [line for each in group if (line := _line(each, told)) is not None]
    return "\n".join(lines)


def _grouped(sentences: Iterable[_Sentence]) -> list[list[_Sentence]]:
    """Sentences about each event stand together, event by event."""
    groups: list[list[_Sentence]] = []
    for sentence in sentences:
        if groups and sentence.each is not None and groups[-1][0].each == sentence.each:
            groups[-1].append(sentence)
        else:
            groups.append([sentence])
    return groups


def _line(sentence: _Sentence, known: Words) -> str | None:
    for words in (sentence.says, sentence.otherwise):
        if words is not None and all(known.get(name) for name in _names(words)):
            return words.format_map(known)
    return None


def _names(words: str) -> Iterator[str]:
    return (name for _, name, _, _ in string.Formatter().parse(words) if name)


def _first_receipt(report: Report, facts: Iterable[Fact]) -> tuple[datetime, str]:
    """When the sponsor's side first received the case, and in whose zone."""
    receipts = [(f.received_at, f.received_zone) for f in facts if f.kind == "receipt"]
    return min(receipts, default=(report.received_at, report.received_zone))


def _of_case(setting: Setting, report: Report, first: tuple[datetime, str]) -> Words:
    special = report.special_interest
    received = first[0].astimezone(ZoneInfo(first[1]))
    inputs = {} if special is None else special.inputs
    return {
        "study": setting.study,
        "subject": setting.subject,
        "site": setting.site,
        "received_on": received.date().isoformat(),
        "zone": first[1],
        "reporter": report.reporter,
        "products": ", ".join(report.products),
        "special_interest": None if special is None else special.code,
        "criteria_set": None
        if special is None
        else f"{special.criteria_set} {special.criteria_version}",
        "inputs": "; ".join(f"{name} {value}" for name, value in sorted(inputs.items())),
        "words": report.narrative,
    }


def _of_event(event: Event) -> Words:
    grade = None if event.grade is None else str(event.grade)
    onset = None if event.onset_on is None else event.onset_on.isoformat()
    return {
        "number": event.number,
        "term": event.term,
        "grade": grade,
        "onset": onset,
        "term_or_words": event.term or "not named yet",
        "grade_or_words": "grade not known yet" if grade is None else f"CTCAE grade {grade}",
        "onset_or_words": "onset not known yet" if onset is None else f"beginning on {onset}",
        "seriousness": ", ".join(event.seriousness),
        "outcome": event.outcome,
    }


def _of_judgement(fact: Fact) -> Words:
    return {
        "party": str(fact.value["party"]).capitalize(),
        "event": str(fact.value["event"]),
        "answer": "related" if fact.value["related"] else "not related",
        "product": str(fact.value["product"]),
        "on": fact.received_on.isoformat(),
    }
