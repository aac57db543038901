"""The topics of ``topics.toml``, read once."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FILE = Path(__file__).with_name("topics.toml")
SAFETY: Final = "safety"


@dataclass(frozen=True)
class Topic:
    """``types``: the types of the messages that are of it."""

    name: str
    title: str
    types: tuple[str, ...]


@cache
def topics() -> dict[str, Topic]:
    """The topics as shipped, by name."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        name: Topic(name, entry["title"], tuple(entry["types"]))
        for name, entry in data.items()
        if isinstance(entry, dict)
    }


def topic_of(event_type: str) -> str:
    """The topic of a message. Raises ``KeyError`` for a type that nobody has put down."""
    return _by_type()[event_type]


@cache
def _by_type() -> dict[str, str]:
    return {kind: topic.name for topic in topics().values() for kind in topic.types}
