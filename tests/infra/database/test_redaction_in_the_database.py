"""What the database itself refuses of a redaction, whatever program asks it."""

import threading
from typing import Any

import psycopg
import pytest

from infra.database import redaction as module
from infra.database.redaction_proposal import NotRedactable
from tests.infra.database.redaction_world import NAME, STUDY, TEXT, Written

DECIDE = """
    INSERT INTO platform.redaction_decision (study_id, number, site_id, subject_id, requested_by,
        decision, reason, decided_by, decided_role, decided_at)
    SELECT study_id, number, site_id, subject_id, requested_by, %s, 'why', %s, 'sponsor', now()
    FROM platform.redaction
"""
REDACT = "SELECT platform.redact(%s, %s)"


def operator(written: Written) -> psycopg.Connection[Any]:
    connection = psycopg.connect(written.url)
    for name, value in (("study", STUDY), ("actor", "x"), ("role", "x"), ("request", "x")):
        connection.execute(f"SELECT set_config('app.{name}', %s, false)".encode(), (value,))
    connection.commit()
    return connection


@pytest.mark.proves("C09", kind="negative")
@pytest.mark.parametrize(
    ("decision", "by"), [(None, None), ("refused", "sponsor-1"), ("approved", "sponsor-1")]
)
def test_what_nobody_signed_for_is_not_done(
    corrected: Written, decision: str | None, by: str | None
) -> None:
    number = corrected.request()
    with operator(corrected) as connection:
        if decision is not None:
            connection.execute(DECIDE, (decision, by))
        with pytest.raises(psycopg.errors.Error, match="not one to be done"):
            connection.execute(REDACT, (STUDY, number))


@pytest.mark.proves("C09", kind="negative")
def test_one_person_cannot_be_both(corrected: Written) -> None:
    corrected.request()
    with operator(corrected) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(DECIDE, ("approved", "manager-1"))


@pytest.mark.proves("C09", kind="negative")
def test_what_was_done_is_not_done_again(corrected: Written) -> None:
    number = corrected.redact()
    with (
        operator(corrected) as connection,
        pytest.raises(psycopg.errors.Error, match="not one to be done"),
    ):
        connection.execute(REDACT, (STUDY, number))


@pytest.mark.proves("C09", kind="negative")
def test_an_entry_that_was_tampered_with_is_not_covered_by_a_redaction(
    corrected: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = corrected.request()
    given = corrected.approval(number)
    with corrected.trial.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "UPDATE platform.audit SET new_value = new_value || '!'"
            " WHERE field = 'indication' AND old_value IS NULL"
        )
    monkeypatch.setattr(module, "not_whole", lambda *_: None)
    before = corrected.state()
    with pytest.raises(NotRedactable, match=r"Not done: .* is not as it was written"):
        corrected.approve(number, given)
    assert corrected.state() == before


@pytest.mark.proves("C09", kind="negative")
def test_a_copy_that_comes_while_it_is_done_undoes_all_of_it(
    corrected: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = corrected.request()
    given = corrected.approval(number)
    found = module.places_of

    def late(*asked: Any) -> Any:
        places = found(*asked)
        with corrected.trial.database.writing() as admin:
            admin.execute(
                "INSERT INTO platform.delivery (consumer, event_id, envelope)"
                " VALUES ('late', gen_random_uuid(), jsonb_build_object('a', %s::text))",
                (TEXT,),
            )
        return places

    monkeypatch.setattr(module, "places_of", late)
    before = corrected.state()
    with pytest.raises(NotRedactable, match=r"the words stand in platform\.delivery\.envelope too"):
        corrected.approve(number, given)
    assert corrected.state() == before
    ((kept,),) = corrected.trial.database.rows(
        "SELECT count(*) FROM assessments.item_version WHERE strpos(value, %s) > 0", NAME
    )
    assert kept == 1


@pytest.mark.proves("C09", kind="negative")
def test_of_two_who_decide_at_once_the_second_finds_it_decided(corrected: Written) -> None:
    number = corrected.request()
    given = corrected.approval(number)
    said: list[str] = []

    def second() -> None:
        try:
            corrected.approve(number, given)
        except NotRedactable as error:
            said.append(str(error))

    with operator(corrected) as first:
        first.execute(DECIDE, ("refused", "admin-1"))
        other = threading.Thread(target=second)
        other.start()
        other.join(timeout=1.5)
        assert other.is_alive()
        first.commit()
        other.join(timeout=30)
    assert said == [f"Request {number} is decided already."]


@pytest.mark.proves("C09", kind="negative")
def test_nothing_is_left_behind_of_the_mark_of_a_transaction(corrected: Written) -> None:
    corrected.redact()
    assert corrected.trial.database.rows("SELECT count(*) FROM platform.redaction_run") == [(0,)]
