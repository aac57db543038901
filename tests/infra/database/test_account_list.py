"""Lists of accounts: our form, and what Cognito's commands print."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.database.account_list import Account, AccountList, NoList, joined, read

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def given(told: Any) -> AccountList:
    return read(json.dumps(told), NOW)


def test_our_form_is_read_as_it_is_written() -> None:
    told = {
        "taken_at": "2026-03-09T12:00:00+01:00",
        "accounts": [
            {"account": "nurse"},
            {"account": "doctor", "enabled": False, "role": "investigator", "studies": ["S"],
             "sites": ["S01"], "created_at": "2026-01-01T00:00:00Z", "changed_at": 1767225600},
        ],
    }  # fmt: skip
    found = given(told)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert found.taken_at == datetime(2026, 3, 9, 11, tzinfo=UTC)
    assert found.accounts == (
        Account("nurse"),
        Account("doctor", False, "investigator", ("S",), ("S01",), at, at),
    )
    assert read(json.dumps(found.to_json()), NOW) == found


def test_users_of_cognito_are_named_as_tokens_name_them_and_nothing_of_the_person_is_kept() -> None:
    user = {
        "Username": "jane", "Enabled": True, "UserStatus": "CONFIRMED",
        "UserCreateDate": "2026-01-01T00:00:00.250000+00:00", "UserLastModifiedDate": 1767225600.5,
        "Attributes": [
            {"Name": "sub", "Value": "5e1f-77"}, {"Name": "email", "Value": "jane@example.org"},
            {"Name": "custom:role", "Value": "coordinator"},
            {"Name": "custom:studies", "Value": "NCT1, NCT2"},
            {"Name": "custom:sites", "Value": "S01"},
        ],
    }  # fmt: skip
    (account,) = given({"Users": [user]}).accounts
    assert account == Account(
        "5e1f-77", True, "coordinator", ("NCT1", "NCT2"), ("S01",),
        datetime(2026, 1, 1, 0, 0, 0, 250000, UTC), datetime(2026, 1, 1, 0, 0, 0, 500000, UTC),
    )  # fmt: skip
    assert "jane" not in json.dumps(given({"Users": [user]}).to_json())
    bare = user | {"Attributes": [{"Name": "sub", "Value": "x"}], "Enabled": False}
    (account,) = given({"Users": [bare]}).accounts
    assert (account.enabled, account.role, account.studies) == (False, None, None)
    assert account.is_of("any")


def test_clients_of_cognito_are_accounts_and_parts_are_one_list_as_old_as_the_oldest() -> None:
    client = {"ClientId": "3n4", "UserPoolId": "eu-central-1_x", "ClientName": "edc"}
    clients = given({"UserPoolClients": [client]})
    assert clients == AccountList(NOW, (Account("3n4"),))
    older = read(json.dumps({"accounts": [{"account": "a"}]}), datetime(2026, 3, 1, tzinfo=UTC))
    both = joined([clients, older])
    assert both.taken_at == older.taken_at
    assert [each.account for each in both.accounts] == ["3n4", "a"]
    with pytest.raises(NoList, match="no list"):
        joined([])


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([], "no list of accounts"),
        ({}, "no list of accounts"),
        ({"accounts": []}, "names no account"),
        ({"Users": []}, "names no account"),
        ({"accounts": [{"account": " "}]}, "has no name"),
        ({"accounts": [{"account": 7}]}, "no list of accounts"),
        ({"accounts": [{"account": "a", "enabled": "no"}]}, "no list of accounts"),
        ({"accounts": [{"account": "a", "sites": "S01"}]}, "no list of accounts"),
        ({"accounts": [{"account": "a", "created_at": "2026-01-01"}]}, "no list of accounts"),
        ({"Users": [{"Enabled": True, "Attributes": []}]}, "no list of accounts"),
        ({"UserPoolClients": [{"ClientId": "x"}], "NextToken": "more"}, "the list goes on"),
        ({"Users": [], "PaginationToken": "more"}, "the list goes on"),
    ],
)
def test_what_is_no_whole_list_is_refused(told: Any, words: str) -> None:
    with pytest.raises(NoList, match=words):
        given(told)
    with pytest.raises(NoList):
        read("{", NOW)
