"""The issuer's accounts, as a list of them says: our own form, or what Cognito's commands print.

Nothing but what a review needs is taken from it: no name, no address.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

# Attributes of a Cognito user in which a deployment keeps what the token is to say.
ROLE, STUDIES, SITES = "custom:role", "custom:studies", "custom:sites"


class NoList(ValueError):
    """That is no list of accounts; the message says why."""


@dataclass(frozen=True)
class Account:
    """``account`` is what tokens name it (`sub`). ``enabled``: it may fetch tokens. What the list
    does not tell is None; instants are UTC."""

    account: str
    enabled: bool = True
    role: str | None = None
    studies: tuple[str, ...] | None = None
    sites: tuple[str, ...] | None = None
    created_at: datetime | None = None
    changed_at: datetime | None = None

    def is_of(self, study: str) -> bool:
        """Whether it may be of a study: it is where the list does not tell."""
        return self.studies is None or "*" in self.studies or study in self.studies


@dataclass(frozen=True)
class AccountList:
    """All accounts that the issuer had at ``taken_at``."""

    taken_at: datetime
    accounts: tuple[Account, ...]

    def to_json(self) -> dict[str, Any]:
        """Our own form, as ``read`` takes it."""
        told = [
            {key: _plain(value) for key, value in asdict(each).items() if value is not None}
            for each in self.accounts
        ]
        return {"taken_at": self.taken_at.isoformat(), "accounts": told}


def joined(lists: Sequence[AccountList]) -> AccountList:
    """Several parts as one, as old as the oldest. Raises ``NoList`` where there is none."""
    if not lists:
        raise NoList("there is no list of accounts")
    accounts = tuple(account for each in lists for account in each.accounts)
    return AccountList(min(each.taken_at for each in lists), accounts)


def read(text: str, taken_at: datetime) -> AccountList:
    """A list out of its JSON. ``taken_at`` is believed where the list does not say when it was
    taken, as Cognito's do not. Raises ``NoList``: also for a list that names nobody."""
    try:
        told = json.loads(text)
        found = AccountList(_instant(told.get("taken_at")) or taken_at, tuple(_accounts(told)))
    except NoList:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoList(f"this is no list of accounts ({type(error).__name__})") from None
    if not found.accounts:
        raise NoList("the list names no account")
    if not all(each.account.strip() for each in found.accounts):
        raise NoList("an account of the list has no name")
    return found


def _accounts(told: Mapping[str, Any]) -> Iterator[Account]:
    if told.get("NextToken") or told.get("PaginationToken"):
        raise NoList("the list goes on: fetch all of it")
    if "Users" in told:
        yield from map(_user, told["Users"])
    elif "UserPoolClients" in told:
        # A client is gone from the list when it is deleted: there is no other way to close it.
        yield from (Account(_word(each["ClientId"])) for each in told["UserPoolClients"])
    else:
        yield from map(_account, told["accounts"])


def _user(told: Mapping[str, Any]) -> Account:
    """A user as ``list-users`` tells it; tokens name it by its attribute ``sub``."""
    said = {_word(each["Name"]): _word(each["Value"]) for each in told["Attributes"]}
    return Account(
        said["sub"],
        _truth(told["Enabled"]),
        said.get(ROLE),
        _codes(said.get(STUDIES)),
        _codes(said.get(SITES)),
        _instant(told.get("UserCreateDate")),
        _instant(told.get("UserLastModifiedDate")),
    )


def _account(told: Mapping[str, Any]) -> Account:
    role = told.get("role")
    return Account(
        _word(told["account"]),
        _truth(told.get("enabled", True)),
        None if role is None else _word(role),
        _words(told.get("studies")),
        _words(told.get("sites")),
        _instant(told.get("created_at")),
        _instant(told.get("changed_at")),
    )


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is asked for")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is asked for")
    return value


def _words(value: Iterable[Any] | None) -> tuple[str, ...] | None:
    if isinstance(value, str):
        raise TypeError("a list of codes is asked for")
    return None if value is None else tuple(_word(each) for each in value)


def _codes(value: str | None) -> tuple[str, ...] | None:
    """An attribute of Cognito is one text: codes with commas between."""
    return (
        None if value is None else tuple(part.strip() for part in value.split(",") if part.strip())
    )


def _instant(value: Any) -> datetime | None:
    """An instant of ISO 8601 with an offset, or seconds since 1970, as the command's versions print
    it."""
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("an instant has its offset")
    return at.astimezone(UTC)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
