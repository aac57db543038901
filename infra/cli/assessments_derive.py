"""``induct assessments derive``: every derived value of one subject, with its trace, as JSON."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.console import Refused, say
from shared.study.dates import FIRST_YEAR, LAST_YEAR

MOST_DIGITS = 18


def derive(
    facts: Annotated[Path, typer.Argument(help="The facts of one subject, as JSON.")],
    as_of_day: Annotated[
        str | None,
        typer.Option(help="The day on which the question is asked: YYYY-MM-DD. Tells what is due."),
    ] = None,
) -> None:
    """Run the rule packs over one subject's facts; print every derivation with its trace."""
    from services.assessments.domain.packs.facts import facts_from_json
    from services.assessments.domain.packs.reading import FactsRefused
    from services.assessments.domain.packs.registry import derive_all, packs_needed
    from services.assessments.domain.packs.result import to_json
    from shared.rules.loading import load_pack

    day = _day(as_of_day)
    try:
        subject = facts_from_json(_parsed(facts))
    except FactsRefused as refused:
        lines = [f"{fault.pointer or '/'}: {fault.detail}" for fault in refused.faults]
        raise Refused("\n".join([f"{facts} cannot be read:", *lines])) from None
    packs = {name: load_pack(name) for name in packs_needed()}
    results = derive_all(subject, packs, day)
    answer = {
        "subject": subject.subject,
        "as_of_day": day.isoformat() if day else None,
        "packs": [
            {
                "id": pack.id,
                "version": pack.version,
                "sha256": pack.sha256,
                "assumed": list(pack.assumed),
            }
            for pack in packs.values()
        ],
        "derivations": [to_json(result) for result in results],
    }
    say(json.dumps(answer, indent=2, ensure_ascii=False))


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Refused("--as-of-day is a date: YYYY-MM-DD") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Refused(f"--as-of-day is a day of the years {FIRST_YEAR} to {LAST_YEAR}")
    return found


def _parsed(path: Path) -> object:
    try:
        # A binary float would lose digits that a threshold may turn on: such a number stays text,
        # and the reader refuses it by its place.
        return json.loads(
            path.read_text("utf-8"),
            parse_float=_Inexact,
            parse_int=_whole,
            object_pairs_hook=_keys_once,
        )
    except OSError as error:
        raise Refused(f"{path} cannot be opened: {error.strerror}") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Refused(f"{path} is no JSON: {error}") from None


def _keys_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; of two records lists under one form the reader would see the last alone."""
    for key, times in Counter(key for key, _ in pairs).items():
        if times > 1:
            raise Refused(f"The key {key!a} stands {times} times in one object.")
    return dict(pairs)


def _whole(text: str) -> object:
    """An integer, unless it is longer than any that a fact may be."""
    return int(text) if len(text) <= MOST_DIGITS else _Inexact(text)


class _Inexact:
    """A JSON number with a fraction, or too long."""

    def __init__(self, text: str) -> None:
        self.text = text
