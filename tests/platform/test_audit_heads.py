"""The heads outside: what the master of the database wrote anew is found, and named."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.database import proof
from infra.database.audit_chain import link_hash, values_hash
from infra.database.audit_heads import HeadsBroken, read_ledger
from infra.database.heads_store import HeadsFolder, HeadsTaken, heads_at
from shared.study import StudyDefinition
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "freireich-1963"
NIGHT = datetime(2026, 3, 1, 4, 30, tzinfo=UTC)
COLUMNS = (
    "stream, seq, study_id, site_id, subject_id, table_name, row_key, field, operation, old_value,"
    " new_value, salt, values_hash, actor, actor_role, reason, request_id, recorded_at, hash"
)


@pytest.fixture
def heads(tmp_path: Path) -> HeadsFolder:
    return HeadsFolder(tmp_path / "witness")


@pytest.fixture
def trial(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
    heads: HeadsFolder,
) -> TestDatabase:
    """Two nights: sites S01 and S02 before the first, S03 before the second."""
    activate(STUDY)
    api = client_for("randomization")
    for night, sites in enumerate((("S01", "S02"), ("S03",))):
        for site in sites:
            body = {"site": site, "name": site, "country": "US", "time_zone": "America/New_York"}
            assert api.post("/sites", role="admin", study=STUDY, json=body).status_code == 201
        note(database, heads, NIGHT + timedelta(days=night))
    return database


def note(database: TestDatabase, heads: HeadsFolder, now: datetime) -> None:
    found = proof.prove(database.url("induct_platform"), heads)
    assert list(found.faults) == []
    heads.add(found.ledger.last + 1, found.heads(now))


def faults(database: TestDatabase, heads: HeadsFolder) -> list[str]:
    return [str(each) for each in proof.prove(database.url("induct_platform"), heads).faults]


def write_anew(database: TestDatabase, first: int, actor: str) -> None:
    """What a master of the database can do: another actor from row ``first`` of the study on, every
    hash after it computed as it should be, and the head put where the stream ends then."""
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        cursor = admin.execute(
            f"SELECT {COLUMNS} FROM platform.audit WHERE stream = %s ORDER BY seq", (STUDY,)
        )
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        before = rows[first - 2]["hash"]
        for row in rows[first - 1 :]:
            row["actor"] = actor if row["seq"] == first else row["actor"]
            row["values_hash"] = values_hash(row)
            row["hash"] = before = link_hash(row, before)
            admin.execute(
                "UPDATE platform.audit SET actor = %s, hash = %s WHERE stream = %s AND seq = %s",
                (row["actor"], row["hash"], STUDY, row["seq"]),
            )
        admin.execute("UPDATE platform.audit_head SET hash = %s WHERE stream = %s", (before, STUDY))


def last_row(database: TestDatabase) -> int:
    ((last,),) = database.rows("SELECT max(seq) FROM platform.audit WHERE stream = %s", STUDY)
    return int(str(last))


def test_a_trail_that_goes_on_is_whole_night_after_night(
    trial: TestDatabase, heads: HeadsFolder
) -> None:
    assert faults(trial, heads) == []
    with trial.writing() as connection:
        connection.execute("UPDATE randomization.site SET state = 'paused' WHERE site_id = 'S01'")
    assert faults(trial, heads) == []
    note(trial, heads, NIGHT + timedelta(days=2))
    documents = list(heads.documents())
    assert [read_ledger(documents[:n]).last for n in range(4)] == [0, 1, 2, 3]


@pytest.mark.proves("C02", kind="oracle")
@pytest.mark.parametrize("first", [2, 12, -1])
def test_a_chain_written_anew_is_found_by_the_heads_alone_and_its_first_row_is_named(
    trial: TestDatabase, heads: HeadsFolder, tmp_path: Path, first: int
) -> None:
    first = first if first > 0 else last_row(trial)
    write_anew(trial, first, "somebody-else")
    assert faults(trial, HeadsFolder(tmp_path / "nobody")) == [], "whole in itself"
    (fault,) = faults(trial, heads)
    assert fault.startswith(f"{STUDY}, row {first}: written anew since the night of 2026-03-0")


@pytest.mark.proves("C02", kind="negative")
def test_a_trail_that_was_put_back_to_an_earlier_state_is_found(
    trial: TestDatabase, heads: HeadsFolder
) -> None:
    last = last_row(trial)
    with trial.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("DELETE FROM randomization.site WHERE site_id = 'S03'")
        admin.execute("DELETE FROM platform.audit WHERE row_key = 'S03'")
        admin.execute(
            "UPDATE platform.audit_head h SET (seq, hash) = (SELECT seq, hash FROM platform.audit a"
            " WHERE a.stream = h.stream ORDER BY seq DESC LIMIT 1)"
        )
    gone = f"gone with all after it, up to row {last} of the night of 2026-03-02"
    assert faults(trial, heads) == [f"{STUDY}, row {last_row(trial) + 1}: {gone}"]


@pytest.mark.proves("C02", kind="negative")
def test_a_stream_without_its_head_is_named_also_where_nothing_was_noted_outside(
    trial: TestDatabase, tmp_path: Path
) -> None:
    with trial.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("DELETE FROM platform.audit_head WHERE stream = %s", (STUDY,))
    told = f"{STUDY}, row {last_row(trial)}: the stream ends elsewhere"
    assert faults(trial, HeadsFolder(tmp_path / "nothing")) == [told]


@pytest.mark.proves("C02", kind="negative")
def test_a_stream_that_is_gone_with_its_head_is_named(
    trial: TestDatabase, heads: HeadsFolder
) -> None:
    with trial.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("TRUNCATE platform.audit, platform.audit_head")
    found = faults(trial, heads)
    assert any(each.startswith(f"{STUDY}, row 1: gone with all after it") for each in found)


@pytest.mark.proves("C07", kind="negative")
def test_a_guard_that_is_off_gone_or_made_anew_is_named(
    trial: TestDatabase, heads: HeadsFolder
) -> None:
    def after(statement: str, undo: str) -> list[str]:
        with trial.admin() as admin:
            admin.execute(statement.encode())
            told = faults(trial, heads)
            admin.execute(undo.encode())
        return told

    off = after(
        "ALTER TABLE randomization.site DISABLE TRIGGER audit",
        "ALTER TABLE randomization.site ENABLE TRIGGER audit",
    )
    assert off == ["trigger randomization.site.audit, row 0: is off"]
    made = "CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON randomization.site"
    made += " FOR EACH ROW EXECUTE FUNCTION platform.record_audit('site_id', '')"
    gone = after("DROP TRIGGER audit ON randomization.site", made)
    assert set(gone) == {
        "trigger randomization.site.audit, row 0: is gone",
        "trigger randomization.site.audit, row 0: gone since the last heads",
    }
    assert faults(trial, heads) == []
    emptied = "CREATE OR REPLACE FUNCTION platform.record_audit() RETURNS trigger LANGUAGE plpgsql"
    with trial.admin() as admin:
        admin.execute(f"{emptied} AS 'BEGIN RETURN NULL; END'".encode())
    (fault,) = faults(trial, heads)
    assert fault == "function platform.record_audit(), row 0: made anew since then"


@pytest.mark.proves("C07", kind="oracle")
def test_what_was_changed_while_a_guard_was_off_is_found_by_the_table_itself(
    trial: TestDatabase, heads: HeadsFolder
) -> None:
    with trial.admin() as admin:
        admin.execute("ALTER TABLE randomization.site DISABLE TRIGGER audit")
        admin.execute("UPDATE randomization.site SET state = 'closed' WHERE site_id = 'S02'")
        admin.execute("ALTER TABLE randomization.site ENABLE TRIGGER audit")
    (fault,) = faults(trial, heads)
    assert fault.endswith("randomization.site S02, state: the row is not as it was entered")


def test_a_document_left_out_altered_or_put_elsewhere_breaks_the_heads(
    trial: TestDatabase, heads: HeadsFolder
) -> None:
    first, second = heads.documents()
    altered = first.replace(b'"rows": ', b'"rows":  ')
    for documents in ([second], [second, first], [altered, second], [first, first], [b"{}"]):
        with pytest.raises(HeadsBroken):
            read_ledger(documents)
    (file,) = Path(heads._folder).glob("000001.json")
    file.unlink()
    assert faults(trial, heads) == [
        "heads, row 0: document 1 does not follow from the one before it"
    ]


def test_heads_are_written_once_and_a_copy_is_never_added_to(
    trial: TestDatabase, heads: HeadsFolder, tmp_path: Path
) -> None:
    with pytest.raises(HeadsTaken):
        heads.add(2, b"another")
    assert len(list(heads.documents())) == 2
    copy = tmp_path / "taken-along.json"
    copy.write_bytes(next(heads.documents()))
    write_anew(trial, 12, "somebody-else")
    found = proof.prove(trial.url("induct_platform"), heads_at(copy))
    assert "row 12: written anew since the night of 2026-03-01" in str(found.faults[0])
    with pytest.raises(HeadsTaken):
        heads_at(copy).add(3, b"more")


def test_after_a_restore_the_trail_goes_on_by_the_word_of_a_person(
    trial: TestDatabase, heads: HeadsFolder
) -> None:
    url = trial.url("induct_platform")
    write_anew(trial, 12, "somebody-else")
    assert faults(trial, heads) != []
    now = NIGHT + timedelta(days=2)
    assert proof.restart(url, heads, now, reason="restored", actor="A. Operator") == 3
    assert faults(trial, heads) == []
    assert b'"reason": "restored"' in list(heads.documents())[2]
    write_anew(trial, 14, "another")
    (fault,) = faults(trial, heads)
    assert "row 14: written anew since the night of 2026-03-03" in fault
    with trial.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE platform.audit SET actor = 'x' WHERE seq = 5")
    with pytest.raises(HeadsBroken, match="row 5"):
        proof.restart(url, heads, now, reason="no", actor="A. Operator")
