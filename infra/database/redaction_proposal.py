"""What would go of the trail and of every copy, before anybody asks for it: changes nothing.

The words are those of one entry of the trail, or a part of them; they are looked for in every
column of the database.
"""

import dataclasses
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from infra.database import redaction_store as store
from infra.database.redaction_content import content_of
from infra.database.redaction_live import live_places
from infra.database.redaction_stock import stock
from shared.database.idempotency import content_hash
from shared.database.unit_of_work import UnitOfWork

RULES = Path(__file__).with_name("redaction.toml")
SIDES = ("new_value", "old_value", "reason")
# An item without a value is told as why there is none, and its words behind that.
_NO_VALUE = re.compile(r"(?:NASK|ASKU|NAV|ND|UNK|MSK): ")


class NotRedactable(ValueError):
    """Nothing was changed; the message says why, and repeats none of the words."""


@dataclass(frozen=True)
class Asked:
    """Which words: those that an entry of a row's ``field`` tells as new, or as ``side`` says.

    ``words``: a part of them; all, where it is None. ``seq``: which entry, where there are several.
    """

    table: str
    key: str
    field: str
    category: str
    justification: str
    words: str | None = dataclasses.field(default=None, repr=False)
    side: str = "new_value"
    seq: int | None = None


@dataclass(frozen=True)
class Proposal:
    """What would go. ``elsewhere``: how many places there are of other subjects, by subject: they
    stay, and are asked for there."""

    content: Mapping[str, Any]
    sha256: str
    elsewhere: Mapping[str, int]


@cache
def rules() -> Mapping[str, Any]:
    """The rules as shipped."""
    return tomllib.loads(RULES.read_text(encoding="utf-8"))


def propose(work: UnitOfWork, asked: Asked) -> Proposal:
    """Look what would go; changes nothing. Raises ``NotRedactable``."""
    if asked.category not in rules()["categories"]:
        raise NotRedactable(f"A category is one of {', '.join(rules()['categories'])}.")
    if asked.side not in SIDES:
        raise NotRedactable(f"side is one of {', '.join(SIDES)}")
    if not asked.justification.strip():
        raise NotRedactable("A justification is asked for.")
    entry, part, starts, words = _find(work, asked)
    _check(words)
    if words in asked.justification:
        raise NotRedactable("The justification would say the words again.")
    pointed = {**entry, "side": asked.side, "part": part, "starts": starts, "length": len(words)}
    places, elsewhere = places_of(work, pointed)
    told = {"category": asked.category, "justification": asked.justification, "places": places}
    content = content_of({**pointed, **told})
    return Proposal(content, content_hash(content), elsewhere)


def _find(work: UnitOfWork, asked: Asked) -> tuple[store.Row, str | None, int, str]:
    """The entry, the name in its JSON if it tells a whole row, and where in it which words are."""
    found = store.entries(work, asked.table, asked.key, asked.field, asked.seq)
    if not found:
        raise NotRedactable("The trail tells of no such field.")
    if len(found) > 1:
        numbers = ", ".join(str(row["seq"]) for row in found)
        raise NotRedactable(f"Several entries tell of it: say which of {numbers}.")
    entry = found[0]
    of_row = entry["field"] == "*" and asked.field != "*" and asked.side != "reason"
    part = asked.field if of_row else None
    told = store.told(work, entry, asked.side, part)
    if not told:
        raise NotRedactable("There are no words in it.")
    if asked.words is not None:
        starts = told.find(asked.words)
        if starts < 0 or not asked.words:
            raise NotRedactable("These words are not in it.")
        return entry, part, starts, asked.words
    flavour = _NO_VALUE.match(told) if asked.table == "assessments.item" else None
    starts = flavour.end() if flavour else 0
    return entry, part, starts, told[starts:]


def _check(words: str) -> None:
    least = rules()["least_length"]
    if len(words.strip()) < least:
        raise NotRedactable(f"Words of less than {least} characters stand in too many others.")
    if any(re.fullmatch(pattern, words.strip()) for pattern in rules()["plain"]):
        raise NotRedactable("A number, a day or a yes tells nobody's name: correct it instead.")


def places_of(
    work: UnitOfWork, pointed: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The places that would be marked, and how many are other subjects'. Raises
    ``NotRedactable`` where one cannot be, or is in force."""
    found = store.places(work, pointed)
    elsewhere = Counter(
        str(each["subject_id"])
        for each in found
        if each["subject_id"] not in (None, pointed["subject_id"])
    )
    own = [
        {name: each[name] for name in ("table", "column", "key", "times")}
        for each in found
        if each["subject_id"] in (None, pointed["subject_id"])
    ]
    for each in own:
        table, column = each["table"], each["column"]
        if not stock().marks(table, column):
            why = stock().why_out(table, column) or "nobody has said what to do there"
            raise NotRedactable(f"The words stand in {table}.{column} too: {why}.")
    if len(own) > rules()["most_places"]:
        raise NotRedactable(f"{len(own)} places: these are no copies of one thing.")
    for place, first in live_places(work, own):
        where = f"{place['table']}.{place['column']} {_key(place)}"
        raise NotRedactable(f"Correct it first: {where} is in force ({first}).")
    return own, dict(elsewhere)


def _key(place: Mapping[str, Any]) -> str:
    return "/".join(str(value) for value in place["key"].values())
