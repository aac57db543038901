"""A step of a redaction as a command of an operator: JSON in, JSON out, whoever carries it.

``event`` names a ``step`` and a ``study``, and beside them:

- ``propose``: what ``redaction_proposal.Asked`` has; answers ``content`` (to be signed),
  ``elsewhere`` and ``stays``.
- ``request``: the same and a ``signature`` token over that content; answers ``number``.
- ``show``: ``number``; answers ``content`` (to be signed by the second person) and ``stays``.
- ``approve`` and ``refuse``: ``number``, ``reason``, ``signature``; answers ``marked`` (rows).
- ``list``: answers ``requests``.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from infra.database import redaction
from infra.database.redaction_beyond import beyond
from infra.database.redaction_content import APPROVED, REFUSED, REQUESTED
from infra.database.redaction_proposal import Asked, NotRedactable, propose
from infra.database.reviewing import within
from shared.database.unit_of_work import UnitOfWork
from shared.identity.matrix import SignatureRule, matrix
from shared.identity.signatures import SignatureVerifier

Event = Mapping[str, Any]
Answer = dict[str, Any]
T = TypeVar("T")
_LISTED = (
    "number", "subject_id", "table_name", "row_key", "field", "category", "justification",
    "requested_by", "requested_at", "decision", "decision_reason", "decided_by", "decided_at",
)  # fmt: skip


def redact(url: str, verifier: SignatureVerifier, event: Event) -> Answer:
    """Do a step; ``url`` is the platform's login.

    Raises ``NotRedactable`` where it cannot be done, a ``Problem`` where a signature does not hold.
    """
    step = _STEPS.get(str(event.get("step", "")))
    if step is None:
        raise NotRedactable(f"step is one of {', '.join(_STEPS)}")
    return step(url, verifier, event)


def _propose(url: str, _: SignatureVerifier, event: Event) -> Answer:
    asked = _asked(event)

    def use_case(work: UnitOfWork) -> Answer:
        found = propose(work, asked)
        stays = beyond(work, found.content["places"])
        return {**_content(found.content), "elsewhere": dict(found.elsewhere), "stays": stays}

    return within(url, _word(event, "study"), use_case)


def _request(url: str, verifier: SignatureVerifier, event: Event) -> Answer:
    asked = _asked(event)
    number = _signed(url, verifier, event, REQUESTED, lambda work: redaction.request(work, asked))
    return {"number": number}


def _show(url: str, _: SignatureVerifier, event: Event) -> Answer:
    number = _number(event)

    def use_case(work: UnitOfWork) -> Answer:
        content = redaction.to_sign(work, number)
        return {**_content(content), "stays": beyond(work, content["request"]["places"])}

    return within(url, _word(event, "study"), use_case)


def _approve(url: str, verifier: SignatureVerifier, event: Event) -> Answer:
    number, reason = _number(event), _word(event, "reason")
    marked = _signed(
        url, verifier, event, APPROVED, lambda work: redaction.approve(work, number, reason)
    )
    return {"marked": marked}


def _refuse(url: str, verifier: SignatureVerifier, event: Event) -> Answer:
    number, reason = _number(event), _word(event, "reason")
    _signed(url, verifier, event, REFUSED, lambda work: redaction.refuse(work, number, reason))
    return {"marked": 0}


def _list(url: str, _: SignatureVerifier, event: Event) -> Answer:
    rows = within(url, _word(event, "study"), redaction.listing)
    return {"requests": [{name: _plain(row[name]) for name in _LISTED} for row in rows]}


def _signed(
    url: str,
    verifier: SignatureVerifier,
    event: Event,
    meaning: str,
    use_case: Callable[[UnitOfWork], T],
) -> T:
    study = _word(event, "study")
    rule = SignatureRule(meaning, matrix().meanings()[meaning])
    given = verifier.verify(_word(event, "signature"), rule, study)
    return within(url, study, use_case, given)


def _asked(event: Event) -> Asked:
    words, seq = event.get("words"), event.get("seq")
    if not isinstance(words, str | None) or not (seq is None or type(seq) is int):
        raise NotRedactable("words are a text, seq is a number")
    return Asked(
        table=_word(event, "table"),
        key=_word(event, "key"),
        field=_word(event, "field"),
        category=_word(event, "category"),
        justification=_word(event, "justification"),
        words=words,
        side=str(event.get("side", "new_value")),
        seq=seq,
    )


def _content(content: Mapping[str, Any]) -> Answer:
    return {"content": dict(content)}


def _word(event: Event, name: str) -> str:
    word = event.get(name)
    if not isinstance(word, str) or not word.strip():
        raise NotRedactable(f"{name} is asked for")
    return word


def _number(event: Event) -> int:
    number = event.get("number")
    if type(number) is not int:
        raise NotRedactable("number is asked for")
    return number


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


_STEPS: Mapping[str, Callable[[str, SignatureVerifier, Event], Answer]] = {
    "propose": _propose,
    "request": _request,
    "show": _show,
    "approve": _approve,
    "refuse": _refuse,
    "list": _list,
}
