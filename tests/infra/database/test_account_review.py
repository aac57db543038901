"""Accounts that nobody needs, that the issuer does not know, or that hold what is to be apart."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.database.access import rules
from infra.database.account_list import Account, AccountList, NoList
from infra.database.account_review import review_accounts
from infra.database.audit import altered_rows, verify_trail
from infra.database.kept_reviews import ACCOUNTS, TRAIL, NoReview
from infra.database.reviewing import look_at_accounts, rule, within
from infra.database.revocation import revoke
from shared.database.signatures import holds
from shared.identity.matrix import matrix
from shared.identity.signatures import Signature
from shared.study import StudyDefinition
from tests.infra.database.sightings import STUDY, seen
from tests.services.randomization.world import open_sites
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

HOUR = timedelta(hours=1)
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BORN = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def study(activate: Callable[[str], StudyDefinition]) -> None:
    activate(STUDY)


def account(name: str, **said: Any) -> Account:
    return Account(name, **({"created_at": BORN} | said))


def now_held(database: TestDatabase, name: str, role: str = "coordinator", **more: Any) -> None:
    """Rights that are good now."""
    seen(database, account=name, role=role, **({"since": NOW - HOUR, "until": NOW + HOUR} | more))


def once_held(database: TestDatabase, name: str, role: str = "coordinator", days: int = 30) -> None:
    until = NOW - timedelta(days=days)
    seen(database, account=name, role=role, since=until - HOUR, until=until, seen_at=until - HOUR)


def found(
    database: TestDatabase, *listed: Account, taken_at: datetime = NOW - HOUR
) -> list[tuple[str, str]]:
    """Findings as account and code."""
    url = database.url("induct_platform")
    review = review_accounts(url, STUDY, AccountList(taken_at, listed), NOW)
    return [(one.account, one.code) for one in review.findings]


@pytest.mark.proves("C33", kind="positive")
def test_accounts_that_are_known_needed_and_used_are_no_finding(database: TestDatabase) -> None:
    now_held(database, "nurse")
    once_held(database, "doctor", "investigator", days=80)
    once_held(database, "left", days=200)
    listed = (
        account("nurse", role="coordinator", studies=(STUDY,), sites=("S01",)),
        account("doctor", role="investigator"),
        account("new"),
        account("of-another-study", studies=("NCT1",), created_at=NOW - timedelta(days=900)),
    )
    url = database.url("induct_platform")
    review = review_accounts(url, STUDY, AccountList(NOW, listed), NOW)
    assert (review.findings, review.listed, review.seen) == ((), 4, 3)


@pytest.mark.proves("C33", kind="negative")
def test_an_account_that_the_issuer_does_not_list_and_that_still_acts_is_named(
    database: TestDatabase,
) -> None:
    now_held(database, "orphan")
    once_held(database, "gone-long-ago")
    at = NOW - timedelta(minutes=30)
    seen(database, account="came-since", since=at, until=at + timedelta(minutes=1), seen_at=at)
    assert found(database, account("other")) == [("came-since", "unlisted"), ("orphan", "unlisted")]
    assert found(database, account("other"), taken_at=NOW) == [("orphan", "unlisted")]


@pytest.mark.proves("C33", kind="negative")
def test_an_account_that_is_disabled_and_still_acts_is_named_until_its_tokens_are_ended(
    database: TestDatabase,
) -> None:
    started = datetime.now(UTC)
    seen(
        database, account="left", since=started - HOUR, until=started + HOUR, seen_at=started - HOUR
    )
    listed = AccountList(started, (Account("left", enabled=False, created_at=BORN),))
    url = database.url("induct_platform")

    def codes() -> list[str]:
        at = datetime.now(UTC) + timedelta(seconds=1)
        return [one.code for one in review_accounts(url, STUDY, listed, at).findings]

    assert codes() == ["disabled"]
    revoke(url, "left", actor="operator", reason="left the hospital")
    assert codes() == []


def test_an_account_that_came_after_it_was_disabled_is_named_though_its_token_is_over(
    database: TestDatabase,
) -> None:
    once_held(database, "left", days=5)
    before, after = NOW - timedelta(days=4), NOW - timedelta(days=6)
    assert found(database, account("left", enabled=False, changed_at=before)) == []
    assert found(database, account("left", enabled=False, changed_at=after)) == [
        ("left", "disabled")
    ]


@pytest.mark.proves("C33", kind="negative")
def test_an_account_that_nobody_uses_is_named_by_the_days_of_the_rules(
    database: TestDatabase,
) -> None:
    days = rules()["dormant_days"]
    once_held(database, "used", days=days)
    once_held(database, "unused", days=days + 1)
    seen(database, account="elsewhere", study_id="NCT1", since=NOW - HOUR, until=NOW)
    old = NOW - timedelta(days=days + 1)
    listed = [account(name, created_at=old) for name in ("used", "unused", "elsewhere", "never")]
    listed += [account("new"), account("unknown", created_at=None)]
    assert found(database, *listed) == [
        ("never", "unused"), ("unknown", "unused"), ("unused", "unused"),
    ]  # fmt: skip


@pytest.mark.proves("C33", kind="negative")
def test_rights_at_a_closed_site_are_named_whether_they_were_used_or_are_listed(
    database: TestDatabase, client_for: Callable[[str], ApiClient]
) -> None:
    api = client_for("randomization")
    open_sites(api, "S01", "S02", "S03")
    for site, state in (("S02", "closed"), ("S03", "paused")):
        body = {"state": state, "reason": "It enrols nobody"}
        assert api.post(f"/sites/{site}/state", json=body, role="admin").status_code == 200
    now_held(database, "used", sites=["S01", "S02"])
    now_held(database, "paused", sites=["S03"])
    now_held(database, "all", role="data_manager", sites=["*"])
    listed = [account(name) for name in ("used", "paused", "all")]
    listed += [account("listed", sites=("S02",)), account("off", enabled=False, sites=("S02",))]
    assert found(database, *listed) == [("listed", "closed-site"), ("used", "closed-site")]


@pytest.mark.proves("C33", kind="negative")
def test_rights_in_a_study_that_has_ended_are_named(database: TestDatabase) -> None:
    now_held(database, "nurse")
    listed = [
        account("nurse"), account("told", studies=(STUDY,)), account("untold"),
        account("off", studies=(STUDY,), enabled=False),
    ]  # fmt: skip
    assert found(database, *listed) == []
    with database.writing() as connection:
        connection.execute("UPDATE platform.study SET state = 'closed'")
    assert found(database, *listed) == [("nurse", "ended-study"), ("told", "ended-study")]


@pytest.mark.proves("C33", kind="negative")
def test_duties_that_are_to_be_apart_are_held_to_be_so_at_once_or_for_ever(
    database: TestDatabase,
) -> None:
    once_held(database, "was-author", "statistician")
    now_held(database, "was-author", "coordinator")
    once_held(database, "was-monitor", "cra")
    now_held(database, "was-monitor", "coordinator")
    now_held(database, "both", "cra")
    now_held(database, "both", "investigator")
    once_held(database, "left", "dmc")
    once_held(database, "left", "coordinator")
    now_held(database, "promoted", "investigator")
    once_held(database, "promoted", "coordinator")
    once_held(database, "listed-on", "dmc")
    names = ("was-author", "was-monitor", "both", "promoted")
    listed = [account(name) for name in names]
    listed.append(account("listed-on", role="sponsor"))
    listed.append(account("left", enabled=False))
    assert found(database, *listed) == [
        ("both", "apart"), ("listed-on", "apart"), ("was-author", "apart"),
    ]  # fmt: skip


def test_the_roles_of_every_pair_are_roles_and_each_pair_says_why() -> None:
    roles = set(matrix().roles)
    for pair in rules()["apart"]:
        assert set(pair["one"]) | set(pair["other"]) <= roles
        assert not set(pair["one"]) & set(pair["other"])
        assert pair["why"].endswith(".")
        assert pair["source"]
    ids = [pair["id"] for pair in rules()["apart"]]
    assert len(ids) == len(set(ids))


def test_a_role_that_the_issuer_does_not_list_and_an_account_listed_twice_are_named(
    database: TestDatabase,
) -> None:
    now_held(database, "nurse", "investigator")
    listed = account("nurse", role="coordinator")
    assert found(database, listed, listed) == [("nurse", "listed-twice"), ("nurse", "other-role")]


def test_a_list_that_is_old_or_of_tomorrow_says_nothing_nor_does_one_about_no_study(
    database: TestDatabase,
) -> None:
    oldest = timedelta(days=rules()["list_days"])
    assert found(database, account("a"), taken_at=NOW - oldest) == []
    with pytest.raises(NoList, match="more than 7 days ago"):
        found(database, account("a"), taken_at=NOW - oldest - timedelta(seconds=1))
    with pytest.raises(NoList, match="yet to come"):
        found(database, account("a"), taken_at=NOW + timedelta(seconds=1))
    with pytest.raises(NoList, match="no study NCT9"):
        review_accounts(
            database.url("induct_platform"), "NCT9", AccountList(NOW, (account("a"),)), NOW
        )


@pytest.mark.proves("C33", kind="positive")
def test_a_review_of_accounts_is_kept_signed_off_and_apart_from_those_of_the_trail(
    database: TestDatabase,
) -> None:
    now_held(database, "orphan")
    url, listed = database.url("induct_platform"), AccountList(NOW - HOUR, (account("a"),))
    assert look_at_accounts(url, STUDY, listed, NOW, keep=False)["number"] is None
    assert within(url, STUDY, ACCOUNTS.unsigned) == []
    told = look_at_accounts(url, STUDY, listed, NOW, keep=True)
    assert (told["number"], [one["account"] for one in told["findings"]]) == (1, ["orphan"])
    signature = Signature(
        signer="auditor-1", name="Ada Auditor", role="auditor", studies=frozenset({STUDY}),
        sites=frozenset({"*"}), meaning=rule(ACCOUNTS).meaning, token_id="token-0001",
        authenticated_at=datetime(2026, 6, 1, tzinfo=UTC),
    )  # fmt: skip
    with pytest.raises(NoReview, match="no review 1"):
        within(url, STUDY, lambda work: TRAIL.sign_off(work, 1, "Closed"), signature)
    done = within(url, STUDY, lambda work: ACCOUNTS.sign_off(work, 1, "Closed"), signature)
    review = within(url, STUDY, ACCOUNTS.review)
    assert holds(done, {"sha256": review.sha256, "comment": "Closed"})
    assert (done.meaning, within(url, STUDY, ACCOUNTS.unsigned)) == ("access-reviewed", [])
    assert review.findings["findings"] == told["findings"]
    assert verify_trail(url).faults == []
    assert altered_rows(url) == []
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE platform.access_review SET findings = findings - 'findings'")
    with pytest.raises(NoReview, match="not as it was made"):
        within(url, STUDY, ACCOUNTS.review)
