"""The reveal: a closed list is opened as a whole, so that anybody can check the randomization."""

import json
from collections.abc import Mapping
from typing import Any

from services.randomization import errors, list_repository, unblinded_repository
from services.randomization.domain.reveal import Parameters, reveal
from services.randomization.domain.sealing import SealBroken
from services.randomization.domain.slots import Slot
from services.randomization.list_answers import signed_manifest, used_slot
from services.randomization.list_schemas import RevealedList
from services.randomization.parameters import open_parameters
from services.randomization.vault import Published, TakenSlot, Vault
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, NotFound

Row = Mapping[str, Any]


def reveal_list(work: UnitOfWork, list_id: str, vault: Vault) -> RevealedList:
    """Open every slot of a closed list of a closed study, signed; again is answered the same.

    Every slot is held against its commitment and the published root. The secret of a generated
    list is not here: whoever made the list adds it. Raises ``NotFound``, ``ListState``, and
    ``ListBroken`` with the slot that is not as it was sealed.
    """
    row = list_repository.lock_list(work, list_id)
    if row is None:
        raise NotFound
    if list_repository.study_mode(work)["state"] != "closed":
        raise errors.ListState("A list is revealed when the study is closed.")
    if row["state"] not in {"closed", "revealed"} or row["manifest"] is None:
        raise errors.ListState("A list is revealed after it was in force and was closed.")
    try:
        content = _opened(work, row, vault)
    except SealBroken as broken:
        raise _broken(broken) from None
    work.because("list revealed")
    if row["state"] == "closed":
        list_repository.set_state(work, list_id, "revealed")
    unblinded_repository.note_unblinded_read(work, "reveal_list", f"list/{list_id}")
    signed = {"list_id": list_id, "digest": content["digest"]}
    sign(work, table="randomization.list", key=f"{list_id}/revealed", content=signed)
    return RevealedList.model_validate(content)


def _opened(work: UnitOfWork, row: Row, vault: Vault) -> dict[str, Any]:
    published = vault.published(work.study, row)
    slots = [_open(work, row, slot, vault, published) for slot in _slots(work, row, published)]
    used = [used_slot(one) for one in list_repository.used_slots(work, row["list_id"])]
    revealed = reveal(signed_manifest(row).model_dump(), _parameters(work, row, vault), slots, used)
    content: dict[str, Any] = json.loads(revealed)
    return content


def _slots(work: UnitOfWork, row: Row, published: Published) -> list[Row]:
    slots = list_repository.revealed_slots(work, row["list_id"])
    if len(slots) != published.leaf_count:
        raise SealBroken(row["list_id"], "*", 0, "the number of slots is another one")
    return slots


def _open(
    work: UnitOfWork, row: Row, slot: Row, vault: Vault, published: Published
) -> tuple[Slot, bytes]:
    stored = {**slot, "root": row["root"]}
    label, position = slot["label"], slot["position"]
    taken = TakenSlot.of(stored, label=label, list_id=row["list_id"], position=position)
    opening = vault.open(work.study, taken, published)
    return Slot(label, position, opening.content), opening.salt


def _parameters(work: UnitOfWork, row: Row, vault: Vault) -> Parameters:
    from cryptography.exceptions import InvalidTag

    list_id = row["list_id"]
    sealed = list_repository.revealed_parameters(work, list_id)
    if sealed is None:
        raise AssertionError("a list that may be revealed has parameters")
    try:
        content, salt = open_parameters(vault, work.study, list_id, sealed)
    except InvalidTag:
        raise SealBroken(list_id, "*", 0, "the parameters do not open") from None
    return Parameters(content, bytes.fromhex(salt), None)


def _broken(broken: SealBroken) -> errors.ListBroken:
    where = f"stratum {broken.label}, position {broken.position}: {broken.reason}"
    return errors.ListBroken(broken.list_id, [FieldError("/slots", "seal-broken", where)])
