"""The review of accounts: the issuer's list beside what was seen of each of them.

ICH E6(R3) 4.3.8; 21 CFR 11.10(d). Accounts are the issuer's: a list says which there are, and
``platform.access_seen`` with which rights they came.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from infra.database.access import Finding, Held, access_history, rules
from infra.database.account_list import Account, AccountList, NoList

# Any study counts as use. A row is written once for the life of a token: it was used until then at
# the latest.
_USED = """
    SELECT account, least(max(until), %(at)s) AS used_at FROM platform.access_seen
    WHERE since <= %(at)s GROUP BY account
"""
# When rights were last written down: an account that came after the list was taken still acts.
_CAME = """
    SELECT account, max(seen_at) AS seen_at FROM platform.access_seen
    WHERE study_id = %(study)s AND since <= %(at)s GROUP BY account
"""
_ROLES = """
    SELECT DISTINCT account, role FROM platform.access_seen
    WHERE study_id = %(study)s AND since <= %(at)s
"""
_CLOSED_SITES = """
    SELECT site_id FROM randomization.site WHERE study_id = %(study)s AND state = 'closed'
"""
_STUDY = "SELECT state FROM platform.study WHERE study_id = %(study)s"


@dataclass(frozen=True)
class AccountReview:
    """``listed``: accounts of the list; ``seen``: accounts that ever came into the study. Findings
    are codes of ``Finding``: unlisted, disabled, unused, other-role, closed-site, ended-study,
    listed-twice, apart."""

    study: str
    taken_at: datetime
    listed: int
    seen: int
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "study": self.study,
            "taken_at": self.taken_at.isoformat(),
            "listed": self.listed,
            "seen": self.seen,
            "findings": [asdict(each) for each in self.findings],
        }


@dataclass(frozen=True)
class _Seen:
    """What was seen of accounts, and of what they came for."""

    held: Sequence[Held]
    used_at: Mapping[str, datetime]
    came_at: Mapping[str, datetime]
    roles: Mapping[str, set[str]]
    closed_sites: frozenset[str]
    study_state: str

    def rights(self, account: str) -> list[Held]:
        return [one for one in self.held if one.account == account]


def review_accounts(url: str, study: str, listed: AccountList, at: datetime) -> AccountReview:
    """Hold the list against what was seen until ``at``. ``url`` is the platform's login.

    Raises ``NoList`` for a list that is too old or of a time to come, and for a study that is not
    here.
    """
    oldest = timedelta(days=rules()["list_days"])
    if at - listed.taken_at > oldest:
        day = listed.taken_at.date().isoformat()
        raise NoList(f"the list is of {day}, more than {oldest.days} days ago")
    if listed.taken_at > at:
        raise NoList("the list is of a time that is yet to come")
    seen = _seen(url, study, at)
    found = sorted(set(_findings(study, listed, seen, at)), key=lambda one: (one.account, one.code))
    return AccountReview(
        study, listed.taken_at, len(listed.accounts), len(seen.roles), tuple(found)
    )


def _seen(url: str, study: str, at: datetime) -> _Seen:
    values = {"study": study, "at": at}
    roles: dict[str, set[str]] = defaultdict(set)
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        state = connection.execute(_STUDY, values).fetchone()
        if state is None:
            raise NoList(f"there is no study {study}")
        for row in connection.execute(_ROLES, values):
            roles[row["account"]].add(row["role"])
        used = {row["account"]: row["used_at"] for row in connection.execute(_USED, values)}
        came = {row["account"]: row["seen_at"] for row in connection.execute(_CAME, values)}
        closed = frozenset(row["site_id"] for row in connection.execute(_CLOSED_SITES, values))
    held = access_history(url, study, at).held
    return _Seen(held, used, came, roles, closed, state["state"])


def _findings(study: str, listed: AccountList, seen: _Seen, at: datetime) -> Iterator[Finding]:
    of_study = [each for each in listed.accounts if each.is_of(study)]
    names = Counter(each.account for each in listed.accounts)
    yield from (
        Finding(name, "listed-twice", "is listed more than once")
        for name, count in names.items()
        if count > 1
    )
    for name in seen.roles.keys() - names.keys():
        if seen.rights(name) or seen.came_at[name] > listed.taken_at:
            yield Finding(name, "unlisted", "is not on the issuer's list and still acts")
    for account in of_study:
        yield from _of_one(account, seen, at)
    yield from _apart(of_study, seen)
    yield from _of_places(study, of_study, seen)


def _of_one(account: Account, seen: _Seen, at: datetime) -> Iterator[Finding]:
    name, rights = account.account, seen.rights(account.account)
    if not account.enabled:
        since = account.changed_at
        came = seen.came_at.get(name)
        if rights or (since is not None and came is not None and came > since):
            yield Finding(name, "disabled", "is disabled at the issuer and still acts")
        return
    days = rules()["dormant_days"]
    last = seen.used_at.get(name) or account.created_at
    if last is None:
        yield Finding(name, "unused", "was never used, and the list does not say since when it is")
    elif at - last > timedelta(days=days):
        words = "was last used" if name in seen.used_at else "was never used since"
        yield Finding(name, "unused", f"{words} {last.date().isoformat()}")
    for role in sorted({one.role for one in rights} - {account.role}):
        if account.role is not None:
            yield Finding(name, "other-role", f"comes as {role} and is listed as {account.role}")


def _apart(of_study: Iterable[Account], seen: _Seen) -> Iterator[Finding]:
    """Roles that one account may not hold together, of accounts that can still do something."""
    now: dict[str, set[str]] = defaultdict(set)
    for one in seen.held:
        now[one.account].add(one.role)
    for each in of_study:
        if each.enabled:
            now[each.account] |= {each.role} if each.role else set()
    for name, roles in now.items():
        for rule in rules()["apart"]:
            counted = roles | seen.roles.get(name, set()) if rule["ever"] else roles
            if counted.intersection(rule["one"]) and counted.intersection(rule["other"]):
                both = sorted(counted.intersection([*rule["one"], *rule["other"]]))
                yield Finding(name, "apart", f"is {' and '.join(both)} ({rule['id']})")


def _of_places(study: str, of_study: Iterable[Account], seen: _Seen) -> Iterator[Finding]:
    """Rights where there is nothing to do any more: by what was seen, and by the list."""
    sites: dict[str, set[str]] = defaultdict(set)
    for one in seen.held:
        sites[one.account] |= set(one.sites)
    for each in of_study:
        if each.enabled:
            sites[each.account] |= set(each.sites or ())
    for name, at in sites.items():
        for site in sorted(at & seen.closed_sites):
            yield Finding(name, "closed-site", f"has rights at {site}, which is closed")
    if seen.study_state == "closed":
        named = {
            each.account for each in of_study if each.enabled and study in (each.studies or ())
        }
        for name in {one.account for one in seen.held} | named:
            yield Finding(name, "ended-study", f"has rights in {study}, which has ended")
