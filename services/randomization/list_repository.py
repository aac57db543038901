"""SQL of the randomization lists."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from services.randomization.domain.sealing import SealedList
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_LIST = """
    SELECT study_id, list_id, purpose, site_id, extends, method, algorithm, mode, state, author,
           approver, sealed_at, activated_at, leaf_count, root, sealed_sha256,
           parameters_commitment, key_name, definition_version, manifest, signature, public_key
    FROM randomization.list WHERE study_id = :study
"""
_LISTS = text(_LIST + " ORDER BY ordinal")
_FIND = text(_LIST + " AND list_id = :list")
_LOCK = text(_LIST + " AND list_id = :list FOR NO KEY UPDATE")
_OPEN_CENTRAL = text("""
    SELECT list_id, state FROM randomization.list
    WHERE study_id = :study AND purpose = 'central' AND extends IS NULL
      AND state IN ('sealed', 'active', 'suspended')
""")
_OPEN_DOWNTIME = text("""
    SELECT list_id FROM randomization.list
    WHERE study_id = :study AND purpose = 'downtime' AND site_id = :site
      AND state IN ('sealed', 'active', 'suspended')
""")
_MODE = text("SELECT mode, state, definition_hash FROM platform.study WHERE study_id = :study")
_SEAL = text("""
    SELECT randomization.seal_list(
        :study, :list, CAST(:facts AS jsonb), :parameters, :labels, :positions, :ciphertexts,
        :commitments, :paths)
""")
_ACTIVATE = text("""
    UPDATE randomization.list SET state = 'active', approver = :approver, activated_at = :at,
        manifest = :manifest, signature = :signature, public_key = :public_key
    WHERE study_id = :study AND list_id = :list
""")
_SET_STATE = text("""
    UPDATE randomization.list SET state = :state WHERE study_id = :study AND list_id = :list
""")
_ENVELOPES = text("SELECT * FROM randomization.open_envelopes(:study, :list)")
_REVEALED = text("SELECT * FROM randomization.reveal_slots(:study, :list)")
_PARAMETERS = text("SELECT randomization.reveal_parameters(:study, :list) AS sealed")
_USED = text("""
    SELECT * FROM (
        SELECT list_id, randomization_number, label, position, arm, randomized_at
        FROM randomization.allocation WHERE study_id = :study AND list_id IS NOT NULL
        UNION ALL
        SELECT list_id, void_number, label, position, arm, voided_at
        FROM randomization.void_slot WHERE study_id = :study) AS used
    WHERE CAST(:list AS text) IS NULL OR list_id = :list
    ORDER BY list_id COLLATE "C", label COLLATE "C", position
""")


def lists(work: UnitOfWork) -> list[Row]:
    return work.all(_LISTS, study=work.study)


def find_list(work: UnitOfWork, list_id: str) -> Row | None:
    return work.one(_FIND, study=work.study, list=list_id)


def lock_list(work: UnitOfWork, list_id: str) -> Row | None:
    return work.one(_LOCK, study=work.study, list=list_id)


def open_central_list(work: UnitOfWork) -> Row | None:
    """Name and state of the central list that is sealed, active or suspended; extensions aside."""
    return work.one(_OPEN_CENTRAL, study=work.study)


def open_downtime_list(work: UnitOfWork, site: str) -> str | None:
    """The site's list of envelopes that is sealed, active or suspended."""
    row = work.one(_OPEN_DOWNTIME, study=work.study, site=site)
    return None if row is None else str(row["list_id"])


def study_mode(work: UnitOfWork) -> Row:
    row = work.one(_MODE, study=work.study)
    if row is None:
        raise AssertionError("the request is in a study")
    return row


def seal(
    work: UnitOfWork,
    list_id: str,
    facts: Mapping[str, Any],
    sealed: SealedList,
    parameters: bytes,
) -> None:
    work.execute(
        _SEAL,
        study=work.study,
        list=list_id,
        facts=json.dumps(facts, default=str),
        parameters=parameters,
        labels=[slot.label for slot in sealed.slots],
        positions=[slot.position for slot in sealed.slots],
        ciphertexts=[slot.ciphertext for slot in sealed.slots],
        commitments=[slot.commitment for slot in sealed.slots],
        paths=[slot.path for slot in sealed.slots],
    )


def activate(
    work: UnitOfWork, list_id: str, manifest: bytes, signature: bytes, public_key: bytes
) -> None:
    work.execute(
        _ACTIVATE,
        study=work.study,
        list=list_id,
        approver=work.principal.subject,
        at=work.now,
        manifest=manifest.decode(),
        signature=signature,
        public_key=public_key,
    )


def set_state(work: UnitOfWork, list_id: str, state: str) -> None:
    work.execute(_SET_STATE, study=work.study, list=list_id, state=state)


def envelope_slots(work: UnitOfWork, list_id: str) -> list[Row]:
    """All slots of an active downtime list."""
    return work.all(_ENVELOPES, study=work.study, list=list_id)


def revealed_slots(work: UnitOfWork, list_id: str) -> list[Row]:
    """All slots of a closed list of a closed study; none otherwise."""
    return work.all(_REVEALED, study=work.study, list=list_id)


def revealed_parameters(work: UnitOfWork, list_id: str) -> bytes | None:
    row = work.one(_PARAMETERS, study=work.study, list=list_id)
    return None if row is None or row["sealed"] is None else bytes(row["sealed"])


def used_slots(work: UnitOfWork, list_id: str | None = None) -> list[Row]:
    """The used slots of a list, or of every one, in their order; voided envelopes are among them.
    They tell arms."""
    return work.all(_USED, study=work.study, list=list_id)
