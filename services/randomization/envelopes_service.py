"""Envelopes for a downtime: exported beforehand, for a site and for those who keep the codes."""

from collections.abc import Mapping
from typing import Any

from services.randomization import errors, list_repository, unblinded_repository
from services.randomization.domain import envelopes
from services.randomization.list_schemas import Envelope, EnvelopeCode, Envelopes
from services.randomization.vault import Published, TakenSlot, Vault
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import NotFound

Row = Mapping[str, Any]


def read_envelopes(work: UnitOfWork, list_id: str, vault: Vault) -> Envelopes:
    """All envelopes of an active downtime list with their codes; the reading is recorded.

    Raises ``NotFound``, ``ListState`` where the list is no active downtime list, ``SealBroken``.
    """
    row = list_repository.find_list(work, list_id)
    of_all = row is not None and row["site_id"] is None
    if row is None or not (of_all or work.principal.may_see(row["site_id"])):
        raise NotFound
    slots = list_repository.envelope_slots(work, list_id)
    if not slots:
        raise errors.ListState
    published = vault.published(work.study, row)
    unblinded_repository.note_unblinded_read(work, "read_envelopes", f"list/{list_id}")
    made = [_envelope(work, vault, row, published, slot) for slot in slots]
    return Envelopes(
        study=work.study,
        list_id=list_id,
        site=row["site_id"],
        manifest_sha256=published.sha256,
        envelopes=[envelope for envelope, _ in made],
        codes=[code for _, code in made],
    )


def _envelope(
    work: UnitOfWork, vault: Vault, row: Row, published: Published, slot: Row
) -> tuple[Envelope, EnvelopeCode]:
    list_id, label, position = row["list_id"], slot["label"], slot["position"]
    stored = {**slot, "root": row["root"]}
    taken = TakenSlot.of(stored, label=label, list_id=list_id, position=position)
    opening = vault.open(work.study, taken, published)
    place = envelopes.Place(work.study, list_id, label, position)
    code = envelopes.code_of(vault.list_key(work.study, list_id), place)
    closed = envelopes.seal_envelope(place, opening, code)
    name = envelopes.envelope_id(row["site_id"], published.content["strata"], label, position)
    shown = Envelope(
        envelope=name,
        stratum=label,
        position=position,
        sealed=closed.sealed,
        commitment=closed.commitment,
    )
    return shown, EnvelopeCode(envelope=name, code=code)
