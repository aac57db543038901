"""What a running cluster promises: durable, private, reachable from here only."""

import os
import signal
import socket
import stat
from pathlib import Path

import psycopg
import pytest

from infra.postgres import Cluster
from tests.infra.postgres.conftest import MakeCluster
from tests.infra.postgres.support import (
    connect,
    needs_proc,
    needs_root,
    output_of,
    process_fields,
    python,
    value,
)

START_AND_TELL = """
import sys
from pathlib import Path
from infra.postgres import Cluster
cluster = Cluster(Path(sys.argv[1]), fallback_root=Path(sys.argv[2]))
cluster.start()
print(cluster.postmaster_pid(), cluster.superuser_url())
"""


def test_a_new_cluster_is_utf8_in_code_point_order_and_lives_in_utc(running: Cluster) -> None:
    assert value(running, "show server_encoding") == "UTF8"
    assert value(running, "show timezone") == "UTC"
    assert (
        value(running, "select string_agg(c, '' order by c) from unnest('{b,B,é,a}'::text[]) c")
        == "Babé"
    )
    assert value(running, "select upper('é')") == "É"
    assert int(str(value(running, "show max_connections"))) >= 100


def test_every_durability_setting_is_on(running: Cluster) -> None:
    for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert value(running, f"show {name}") == "on"


def test_alter_system_cannot_switch_durability_off(running: Cluster) -> None:
    with connect(running) as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
        connection.execute("select pg_sleep(0.1)")
        assert connection.execute("show fsync").fetchone() == ("on",)
        connection.execute("alter system reset fsync")


@pytest.mark.parametrize("name", ["fsync", "Synchronous_Commit", "listen_addresses", "port"])
def test_a_caller_cannot_set_what_the_launcher_guarantees(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=name.lower()):
        Cluster(tmp_path, settings={name: "off"})


def test_a_wrong_password_is_refused(running: Cluster) -> None:
    address = f"host=127.0.0.1 port={running.port} user=postgres dbname=postgres"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"{address} password=guess")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(address, passfile=os.devnull)
    assert value(running, "select count(*) from pg_hba_file_rules where auth_method = 'trust'") == 0
    assert str(
        value(running, "select rolpassword from pg_authid where rolname = 'postgres'")
    ).startswith("SCRAM-SHA-256$")


@pytest.mark.parametrize("address", ["127.0.0.2", "::1"])
def test_no_address_but_127_0_0_1_answers(running: Cluster, address: str) -> None:
    with pytest.raises(OSError, match=r"refused|assign|reach|support"):
        socket.create_connection((address, running.port), timeout=2)
    assert value(running, "show listen_addresses") == "127.0.0.1"
    assert value(running, "show unix_socket_directories") == ""


def test_password_log_and_state_are_readable_by_their_owner_only(running: Cluster) -> None:
    for name in ("postgres.password", "postgres.log", "postgres.json"):
        assert stat.S_IMODE((running.home / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(running.data_directory.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "statement",
    [
        "insert into person values (%(secret)s), (%(secret)s)",
        "select cast(%(secret)s::text as date)",
        "insert into person values (%(secret)s || repeat('x', 99))",
        "select 'Lindgren 2019-03-07'::int",
        "do $$ begin raise exception '%%', 'Lindgren 2019-03-07'; end $$",
    ],
)
def test_no_value_of_a_failing_statement_reaches_the_log(running: Cluster, statement: str) -> None:
    secret = "Lindgren 2019-03-07"
    with connect(running) as connection:
        connection.execute("create temp table person (name varchar(50) primary key)")
        with pytest.raises(psycopg.Error):
            connection.execute(statement, {"secret": secret} if "secret" in statement else None)
    log = running.log_file.read_text()
    assert "ready to accept connections" in log
    assert "Lindgren" not in log
    assert "2019-03-07" not in log


@needs_proc
def test_the_server_is_out_of_reach_of_the_terminal(running: Cluster) -> None:
    pid = running.postmaster_pid()
    assert pid is not None
    _, parent, group, session, terminal = process_fields(pid)[:5]
    assert int(session) != os.getsid(0)
    assert int(group) != os.getpgid(0)
    assert int(parent) != os.getpid()
    assert terminal == "0"


@needs_root
@needs_proc
def test_root_runs_the_server_as_somebody_without_rights(running: Cluster) -> None:
    status = Path(f"/proc/{running.postmaster_pid()}/status").read_text()
    ids = {line.split(":")[0]: line.split(":")[1].split() for line in status.splitlines()}
    assert "0" not in ids["Uid"] + ids["Gid"] + ids["Groups"]
    assert running.data_directory.parent == running.home


def test_start_attaches_to_the_running_server(running: Cluster) -> None:
    before = running.postmaster_pid()
    running.start()
    again = Cluster(running.home)
    again.start()
    told = output_of(python(START_AND_TELL, running.home, running.home / "unused"))
    assert running.postmaster_pid() == again.postmaster_pid() == before
    assert told == f"{before} {running.superuser_url()}"


def test_the_url_names_the_database_asked_for(running: Cluster) -> None:
    with connect(running) as connection:
        connection.execute('create database "odd name/%"')
    with psycopg.connect(running.superuser_url("odd name/%")) as connection:
        assert connection.info.dbname == "odd name/%"
    assert running.superuser_url("induct").startswith("postgresql://postgres:")


def test_a_server_that_does_not_answer_is_not_alive(running: Cluster) -> None:
    pid = running.postmaster_pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        assert running.postmaster_pid() == pid
        assert not running.is_alive()
    finally:
        os.kill(pid, signal.SIGCONT)
    running.wait_ready(10)


def test_four_starters_at_once_make_one_cluster(
    running: Cluster, make_cluster: MakeCluster, open_folder: Path
) -> None:
    raced = make_cluster("raced")
    starters = [python(START_AND_TELL, raced.home, open_folder / "fallback") for _ in range(4)]
    answers = {output_of(starter) for starter in starters}
    assert answers == {f"{raced.postmaster_pid()} {raced.superuser_url()}"}
    assert raced.log_file.read_text().count("starting PostgreSQL") == 1
    assert raced.port != running.port
    raced.destroy()
    assert not raced.home.exists()
