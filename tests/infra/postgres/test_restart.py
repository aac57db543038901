"""Stopping, starting again, and the port between."""

import socket
from pathlib import Path

import pytest

from infra.postgres import Cluster, PostgresError
from infra.postgres.home import Home
from infra.postgres.lock import exclusive
from tests.infra.postgres.conftest import MakeCluster
from tests.infra.postgres.support import connect, value


def test_rows_and_port_survive_a_stop_and_the_port_yields_to_another_program(
    victim: Cluster,
) -> None:
    cluster = victim
    cluster.start()
    port = cluster.port
    with connect(cluster) as connection:
        connection.execute("create table kept as select generate_series(1, 10) as n")
    cluster.stop()
    assert not cluster.is_alive()
    assert cluster.postmaster_pid() is None
    assert "database system is shut down" in cluster.log_file.read_text()
    cluster.stop()

    cluster.start()
    assert cluster.port == port
    assert value(cluster, "select count(*) from kept") == 10
    cluster.stop()

    with socket.create_server(("127.0.0.1", port)):
        cluster.start()
        assert cluster.port != port
        assert f":{cluster.port}/" in cluster.superuser_url()
        assert value(cluster, "select count(*) from kept") == 10


def test_a_lost_port_race_is_won_on_another_port(
    victim: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = victim
    cluster.start()
    cluster.stop()
    with socket.create_server(("127.0.0.1", cluster.port)) as thief:
        # The port is taken between the look and the bind.
        monkeypatch.setattr("infra.postgres.server._is_free", lambda port: True)
        cluster.start()
        assert cluster.port != thief.getsockname()[1]
        assert cluster.is_alive()


def test_a_cluster_never_started_is_not_alive_and_has_no_address(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "none")
    assert not cluster.is_alive()
    cluster.stop()
    cluster.destroy()
    with pytest.raises(PostgresError, match="cannot read"):
        cluster.superuser_url()
    with pytest.raises(PostgresError, match="never been started"):
        _ = cluster.port
    with pytest.raises(PostgresError, match="has not answered"):
        cluster.wait_ready(0.05)
    assert not cluster.home.exists()


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(
    victim: Cluster,
) -> None:
    victim.start()
    victim.stop()
    cluster = Cluster(victim.home, settings={"work_mem": "plenty"})
    with pytest.raises(PostgresError, match="ended instead of starting") as caught:
        cluster.start()
    assert any("work_mem" in line for line in caught.value.log_lines)
    assert "work_mem" in str(caught.value)


def test_a_second_starter_gives_up_after_its_time(make_cluster: MakeCluster) -> None:
    cluster = make_cluster("locked", start_timeout=0.1)
    cluster.home.mkdir()
    with (
        exclusive(cluster.home / "postgres.lock", 1),
        pytest.raises(PostgresError, match="another process"),
    ):
        cluster.start()


def test_a_lost_data_directory_is_never_replaced_by_an_empty_one(
    make_cluster: MakeCluster,
) -> None:
    cluster = make_cluster("lost-data")
    home = Home(cluster.home)
    home.prepare()
    home.record(initialised=True)
    home.new_password()
    with pytest.raises(PostgresError, match="is gone"):
        cluster.start()


def test_a_lost_or_damaged_record_is_never_taken_for_a_new_cluster(
    make_cluster: MakeCluster,
) -> None:
    cluster = make_cluster("lost-record")
    home = Home(cluster.home)
    home.prepare()
    home.new_password()
    with pytest.raises(PostgresError, match="is missing"):
        cluster.start()
    home.state_file.write_text('{"port": 1,')
    with pytest.raises(PostgresError, match="damaged"):
        cluster.start()
    home.state_file.write_text('{"unknown": 1}')
    with pytest.raises(PostgresError, match="damaged"):
        cluster.start()
    home.state_file.write_text("{}")
    home.password_file.unlink()


def test_a_home_that_cannot_be_made_is_reported(open_folder: Path) -> None:
    (open_folder / "file").touch()
    with pytest.raises(PostgresError, match="making"):
        Cluster(open_folder / "file" / "home").start()


def test_a_long_log_is_set_aside_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.log_file.open("wb") as log:
        log.truncate(17 * 1024 * 1024)
    home.rotate_log()
    assert home.log_size() == 0
    home.log_file.write_text("short")
    home.rotate_log()
    assert home.log_file.read_text() == "short"
