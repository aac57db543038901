"""Credentials of Rave Web Services, from the commands through the function to the database."""

import pytest
from typer.testing import CliRunner, Result

from infra.aws import operations
from infra.aws.asked import Refused
from infra.cli.main import app
from tests.infra.aws.function import Lambda
from tests.infra.database.sightings import STUDY
from tests.support.database import TestDatabase


@pytest.fixture(autouse=True)
def migrator(function: Lambda, database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDUCT_MIGRATOR_DATABASE_URL", database.url("induct_migrator"))


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["ops", "rave-user", "--stage", "live", *words])


def test_a_credential_is_given_bound_and_taken_back_on_aws(
    function: Lambda, database: TestDatabase
) -> None:
    given = run("add", "edc-1", "--study", STUDY, "--network", "192.0.2.0/24", "--actor", "ada")
    assert given.exit_code == 0, given.exception
    secret = given.output.splitlines()[1]
    assert len(secret) >= 32
    assert run("bind", "edc-1", "--study", STUDY, "--reason", "It has moved").exit_code == 0
    listed = run("list").output
    assert "edc-1" in listed
    assert secret not in listed
    assert run("revoke", "edc-1", "--study", STUDY, "--actor", "bob").exit_code == 0
    rows = database.rows(
        "SELECT DISTINCT actor FROM platform.audit"
        " WHERE table_name = 'assessments.rave_credential' ORDER BY actor"
    )
    assert rows == [("ada",), ("bob",), ("operator",)]
    assert "no active credential" in str(run("revoke", "edc-1", "--study", STUDY).exception)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({}, "step is one of add, bind, revoke, list"),
        ({"step": "add", "user": "edc-1"}, "study is asked for"),
        ({"step": "bind", "user": "a", "study": STUDY, "networks": "192.0.2.0/24"}, "a list"),
        ({"step": "revoke", "user": 5, "study": STUDY, "actor": "ada"}, "user is asked for"),
    ],
)
def test_a_step_that_lacks_something_is_refused_in_words(
    event: dict[str, object], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        operations.handler({"command": "rave-user", **event}, None)


def test_a_deployment_has_to_be_named() -> None:
    told = CliRunner().invoke(app, ["ops", "rave-user", "list"], env={"INDUCT_STAGE": ""})
    assert "Which deployment?" in str(told.exception)
