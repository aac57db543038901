"""A step about credentials of Rave Web Services as a command of an operator: JSON in, JSON out,
whoever carries it.

``event`` names a ``step`` and beside it:

- ``add``: ``user``, ``study``, ``role``, ``sites``, ``networks``, ``reason``, ``actor``; answers
  the ``secret``, which is kept nowhere.
- ``bind``: ``user``, ``study``, ``networks``, ``reason``, ``actor``.
- ``revoke``: ``user``, ``study``, ``actor``.
- ``list``: answers ``users``.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from infra.database import rave_users
from infra.database.rave_users import CredentialRefused, RaveUser

Event = Mapping[str, Any]
Answer = dict[str, Any]


def credential(migrator_url: str, event: Event) -> Answer:
    """Do a step. Raises ``CredentialRefused``."""
    step = _STEPS.get(str(event.get("step", "")))
    if step is None:
        raise CredentialRefused(f"step is one of {', '.join(_STEPS)}")
    return step(migrator_url, event)


def _add(url: str, event: Event) -> Answer:
    wanted = RaveUser(
        _word(event, "user"), _word(event, "study"), _word(event, "role"),
        tuple(_words(event, "sites")), "active", tuple(_words(event, "networks")),
    )  # fmt: skip
    reason, actor = _word(event, "reason"), _word(event, "actor")
    return {"secret": rave_users.add(url, wanted, actor=actor, reason=reason)}


def _bind(url: str, event: Event) -> Answer:
    rave_users.bind(
        url, _word(event, "user"), _word(event, "study"), _words(event, "networks"),
        actor=_word(event, "actor"), reason=_word(event, "reason"),
    )  # fmt: skip
    return {}


def _revoke(url: str, event: Event) -> Answer:
    actor = _word(event, "actor")
    rave_users.revoke(url, _word(event, "user"), _word(event, "study"), actor=actor)
    return {}


def _list(url: str, _event: Event) -> Answer:
    return {"users": [asdict(each) for each in rave_users.listed(url)]}


def _word(event: Event, name: str) -> str:
    word = event.get(name)
    if not isinstance(word, str) or not word.strip():
        raise CredentialRefused(f"{name} is asked for")
    return word


def _words(event: Event, name: str) -> list[str]:
    words = event.get(name)
    if not isinstance(words, list) or not all(isinstance(each, str) for each in words):
        raise CredentialRefused(f"{name} is a list of texts")
    return words


_STEPS: Mapping[str, Callable[[str, Event], Answer]] = {
    "add": _add,
    "bind": _bind,
    "revoke": _revoke,
    "list": _list,
}
