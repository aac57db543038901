"""Who takes something out without two persons' approval, or touches what is left, is found."""

import pytest

from infra.database import redaction_store as store
from infra.database.redaction_content import APPROVED, TABLE, content_of, decided_content
from infra.database.reviewing import within
from shared.database.signatures import _FACTS, _digest, holds, signatures_of
from shared.database.unit_of_work import UnitOfWork
from tests.infra.database.redaction_world import STUDY, Written

MARKED = "(stream, seq) IN (SELECT stream, seq FROM platform.redacted_entry)"
# As the procedure leaves an entry, but for whom nobody asked.
FORGED = """
    UPDATE platform.audit SET new_value = '[redacted 1]', salt = sha256('x')
        WHERE field = 'medication';
    UPDATE assessments.item_version SET value = '[redacted 1]' WHERE item = 'medication';
"""


def faults(written: Written, evil: str) -> list[str]:
    with written.trial.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(evil.encode())
    return [str(fault) for fault in written.faults()]


@pytest.mark.proves("C09", kind="negative")
@pytest.mark.parametrize(
    "evil",
    [
        (
            "UPDATE platform.audit SET old_value = NULL, new_value = NULL, salt = NULL"
            " WHERE field = 'medication'"
        ),
        "UPDATE platform.audit SET salt = NULL WHERE field = 'medication'",
    ],
    ids=["values and salt", "salt"],
)
def test_an_entry_that_was_emptied_by_hand_is_named(corrected: Written, evil: str) -> None:
    told = faults(corrected, evil)[0]
    assert told.startswith(f"{STUDY}/S01-001, row ")
    assert told.endswith(
        "assessments.item.medication is redacted, and no approved redaction tells of it"
    )


@pytest.mark.proves("C09", kind="negative")
def test_an_entry_that_was_marked_by_hand_in_trail_and_table_is_named(corrected: Written) -> None:
    told = faults(corrected, FORGED)
    assert any("the values of assessments.item.medication differ" in fault for fault in told)


@pytest.mark.proves("C09", kind="negative")
@pytest.mark.parametrize(
    ("evil", "told"),
    [
        ((f"UPDATE platform.audit SET new_value = 'Fever' WHERE {MARKED} AND new_value IS NOT NULL"
         " AND field = 'indication'"), "the values of assessments.item.indication differ"),
        (f"UPDATE platform.audit SET salt = sha256('x') WHERE {MARKED}", "the values of"),
        (f"UPDATE platform.audit SET salt = NULL WHERE {MARKED}", "is redacted, and no approved"),
        (f"UPDATE platform.audit SET values_hash = sha256('x') WHERE {MARKED}", "the values of"),
        (f"UPDATE platform.audit SET actor = 'x' WHERE {MARKED}", "altered"),
        ("UPDATE platform.redacted_entry SET left_values = encode(sha256('x'), 'hex')",
         "the values of"),
    ],
    ids=["values", "salt", "emptied", "hash", "actor", "proof"],
)  # fmt: skip
def test_what_is_left_of_a_redacted_entry_is_held_as_any_other(
    corrected: Written, evil: str, told: str
) -> None:
    corrected.redact()
    assert any(told in fault for fault in faults(corrected, evil))


@pytest.mark.proves("C09", kind="negative")
@pytest.mark.parametrize(
    "evil",
    [
        "DELETE FROM platform.redaction_decision",
        "UPDATE platform.redaction_decision SET decision = 'refused'",
        "UPDATE platform.redaction SET justification = 'another'",
        "UPDATE platform.redaction SET starts = 0",
        "UPDATE platform.signature SET signer = 'x' WHERE meaning = 'redaction-approved'",
        (
            "UPDATE platform.signature SET meaning = 'redaction-refused'"
            " WHERE meaning = 'redaction-approved'"
        ),
        "DELETE FROM platform.signature WHERE meaning = 'redaction-requested'",
        "DELETE FROM platform.redacted_entry",
    ],
)
def test_a_redaction_whose_approval_does_not_hold_is_none(corrected: Written, evil: str) -> None:
    """The entries are named as redacted by hand, beside the row that was altered."""
    corrected.redact()
    told = faults(corrected, evil)
    assert any("the values of assessments.item.indication differ" in fault for fault in told)
    assert any("platform." in fault for fault in told)


def forge(written: Written, **changes: str) -> None:
    """The approval's signature as another's, with the hash that then fits."""

    def use_case(work: UnitOfWork) -> None:
        asked = store.one(work, 1)
        assert asked is not None
        content = decided_content(1, asked["sha256"], content_of(asked))
        (record,) = (each for each in signatures_of(work, TABLE, "1") if each.meaning == APPROVED)
        assert holds(record, content)
        facts = {name: getattr(record, name) for name in _FACTS} | changes
        with written.trial.database.admin() as admin:
            admin.execute("SET session_replication_role = replica")
            admin.execute(
                "UPDATE platform.signature SET signer = %s, content_hash = %s WHERE meaning = %s",
                (facts["signer"], _digest(facts, content), APPROVED),
            )

    within(written.url, STUDY, use_case)


@pytest.mark.proves("C09", kind="negative")
def test_one_person_in_two_rows_is_no_approval(corrected: Written) -> None:
    corrected.redact()
    evil = """
        ALTER TABLE platform.redaction_decision DROP CONSTRAINT two_persons;
        UPDATE platform.redaction_decision SET decided_by = requested_by;
    """
    forge(corrected, signer="manager-1")
    assert any("indication differ" in fault for fault in faults(corrected, evil))
