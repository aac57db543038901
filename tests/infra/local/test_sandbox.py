"""What a sandbox puts in force when it starts."""

from urllib.parse import urlsplit

from infra.database.studies import activate, activated_by
from infra.local.home import LoginUrls
from infra.local.sandbox import activate_shipped
from shared.study import StudyDefinition, from_json, to_json
from tests.support.database import TestDatabase
from tests.support.definitions import shipped

STUDY = "NCT05748171"


def logins(database: TestDatabase) -> LoginUrls:
    names = ("induct_migrator", "induct_platform")
    passwords = {name: urlsplit(database.url(name)).password for name in names}
    return LoginUrls(database.admin_url, database.name, passwords)


def in_force(database: TestDatabase) -> list[tuple[object, ...]]:
    query = "SELECT definition_version, mode FROM platform.study WHERE study_id = %s"
    return database.rows(query, STUDY)


def version(number: str) -> StudyDefinition:
    content = to_json(shipped(STUDY))
    content["identity"]["version"] = number
    return from_json(content)


def test_a_start_puts_the_shipped_definitions_in_force_once(database: TestDatabase) -> None:
    own, platform = logins(database), database.url("induct_platform")
    assert activated_by(platform, STUDY) is None
    activate_shipped(own)
    activate_shipped(own)
    assert in_force(database) == [(shipped(STUDY).version, "training")]
    assert activated_by(platform, STUDY) == "sandbox"
    rows = database.rows(
        "SELECT count(*) FROM platform.definition_in_force WHERE study_id = %s", STUDY
    )
    assert rows == [(1,)]


def test_an_older_shipped_definition_gives_way_to_that_of_a_newer_release(
    database: TestDatabase,
) -> None:
    migrator = database.url("induct_migrator")
    activate(
        migrator, version("0.9.0"), mode="training", actor="sandbox", reason="shipped before"
    )  # fmt: skip
    activate_shipped(logins(database))
    assert in_force(database) == [(shipped(STUDY).version, "training")]


def test_a_definition_that_somebody_put_in_force_stays_in_force(database: TestDatabase) -> None:
    migrator = database.url("induct_migrator")
    activate_shipped(logins(database))
    activate(migrator, version("9.0.0"), mode="training", actor="sponsor", reason="ours")
    activate_shipped(logins(database))
    assert in_force(database) == [("9.0.0", "training")]
