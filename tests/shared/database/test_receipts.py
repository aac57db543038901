"""What a receipt is of: all that its own transaction added to subjects' streams, nothing else."""

import contextlib
from collections.abc import Callable

from sqlalchemy import Engine

from shared.database import transact
from shared.database.idempotency import Answer, RequestKey
from shared.database.receipts import MOST_IN_HEADER, RECEIPT, receipt_of, receipts_of
from shared.database.unit_of_work import UnitOfWork
from tests.shared.database.support import origin, screen
from tests.support.database import TestDatabase


def told(
    engine: Engine,
    use_case: Callable[[UnitOfWork], object],
    key: str = "k",
    role: str = "coordinator",
) -> str | None:
    """The receipt of a change that does this."""

    def done(work: UnitOfWork) -> Answer:
        use_case(work)
        return Answer(201, "{}", {})

    request = RequestKey("client-1", "POST /things", key, "h")
    answer, _ = transact.change(engine, origin(role=role), request, done, {})
    return answer.headers.get(RECEIPT)


def rows_of(database: TestDatabase, subject: str) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT seq, encode(hash, 'hex') FROM platform.audit WHERE subject_id = %s ORDER BY seq",
        subject,
    )


def test_it_names_every_subject_that_was_written_to_once(
    engine: Engine, database: TestDatabase
) -> None:
    def both(work: UnitOfWork) -> None:
        screen(work, "S01-002")
        screen(work, "S01-001")

    receipt = told(engine, both)
    assert receipt is not None
    parts = [each.split(" ") for each in receipt.split(", ")]
    assert [part[0] for part in parts] == ["NCT05748171/S01-001", "NCT05748171/S01-002"]
    for (_, span, _, last), subject in zip(parts, ("S01-001", "S01-002"), strict=True):
        rows = rows_of(database, subject)
        assert (span, last) == (f"1-{rows[-1][0]}", rows[-1][1])


def test_a_part_that_was_undone_is_not_in_it(engine: Engine) -> None:
    def undone(work: UnitOfWork) -> None:
        screen(work, "S01-001")
        with contextlib.suppress(ZeroDivisionError), work.nested():
            screen(work, "S01-002")
            raise ZeroDivisionError

    receipt = told(engine, undone)
    assert receipt is not None
    assert receipt.startswith("NCT05748171/S01-001 ")
    assert "S01-002" not in receipt


def test_nothing_of_it_is_left_for_the_next_on_the_same_connection(single: Engine) -> None:
    assert told(single, lambda work: screen(work, "S01-001"))
    assert told(single, lambda work: None, key="l") is None


def test_of_too_many_subjects_it_is_asked_for_by_name(engine: Engine) -> None:
    subjects = [f"S01-{n:03}" for n in range(1, 201)]
    found: list[list[str]] = []

    def many(work: UnitOfWork) -> None:
        for subject in subjects:
            screen(work, subject)
        found.append(receipts_of(work, subjects))
        assert receipt_of(work) is None

    assert told(engine, many) is None
    assert [each.split(" ")[0].split("/")[1] for each in found[0]] == subjects


def test_a_header_holds_as_many_as_fit(engine: Engine) -> None:
    for number, expected in ((MOST_IN_HEADER, True), (MOST_IN_HEADER + 1, False)):
        subjects = [f"S{number}-{n:03}" for n in range(number)]

        def write(work: UnitOfWork, subjects: list[str] = subjects) -> None:
            for subject in subjects:
                screen(work, subject)

        receipt = told(engine, write, key=str(number))
        assert (receipt is not None) == expected
        assert receipt is None or receipt.count(", ") == number - 1


def test_the_blinded_have_none(engine: Engine) -> None:
    found: list[object] = []

    def write(work: UnitOfWork) -> None:
        screen(work, "S01-001")
        found.extend((receipt_of(work), receipts_of(work, ["S01-001"])))

    assert told(engine, write, role="medical_monitor") is None
    assert found == [None, []]


def test_a_restored_database_does_not_take_an_old_transaction_for_its_own(
    engine: Engine, database: TestDatabase
) -> None:
    """Numbers of transactions begin anew in another cluster: one of them comes again."""
    assert told(engine, lambda work: screen(work, "S01-001"))
    before = len(rows_of(database, "S01-001"))
    with database.writing() as session, session.transaction():
        session.execute("SELECT set_config('app.study', 'NCT05748171', true)")
        session.execute(
            "UPDATE platform.audit_head SET written_in = pg_current_xact_id() || ' 1.0'"
            " WHERE stream = 'NCT05748171/S01-001'"
        )
        session.execute(
            "INSERT INTO assessments.subject (study_id, subject_id, site_id, state,"
            " birth_year_month, sex, consented_on, registered_at) VALUES ('NCT05748171',"
            " 'S01-001', 'S01', 'screening', '2015-06', 'female', '2024-01-20', now())"
        )
        found = session.execute("SELECT r FROM platform.receipts() AS r").fetchall()
    rows = rows_of(database, "S01-001")
    assert [each[0].split(" ")[1] for each in found] == [f"{before + 1}-{rows[-1][0]}"]
