"""Use cases of the lists: sealed by one person, put in force by another, opened at the end."""

import hashlib
from collections.abc import Callable
from typing import Any

from services.randomization import errors, list_events, list_repository
from services.randomization.domain import commitments, generator, manifest, sealing, slots, upload
from services.randomization.domain.slots import Slot
from services.randomization.list_answers import list_fault, randomization_list, signed_manifest
from services.randomization.list_schemas import (
    GeneratedList,
    ListActivation,
    ListChange,
    Lists,
    ListSealing,
    RandomizationList,
    SignedManifest,
    UploadedListFile,
)
from services.randomization.parameters import Sealed, seal_parameters
from services.randomization.vault import Vault
from shared.database.outbox import publish
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, NotFound
from shared.study import open_definition_hash

Entropy = Callable[[int], bytes]
Salts = Callable[[str, int], bytes]
MAX_FAULTS = 100


def seal(work: UnitOfWork, body: ListSealing, vault: Vault, entropy: Entropy) -> RandomizationList:
    """Generate or take a list and lock it away. It is not in force until somebody else says so."""
    _check_place(work, body)
    capacity = _capacity(work, body)
    sealed = sealing.seal_list(
        _content(work, body, capacity),
        _salts(body, entropy),
        study=work.study,
        list_id=body.list_id,
        key=vault.list_key(work.study, body.list_id),
        nonce=lambda: entropy(sealing.NONCE_BYTES),
    )
    parameters = slots.parameters(work.definition(), capacity=capacity)
    hidden = seal_parameters(vault, work.study, body.list_id, parameters, entropy)
    work.because("list sealed")
    facts = _facts(work, body, sealed, hidden, vault)
    list_repository.seal(work, body.list_id, facts, sealed, hidden.ciphertext)
    return read_list(work, body.list_id)


def activate(
    work: UnitOfWork, list_id: str, body: ListActivation, vault: Vault
) -> RandomizationList:
    """Put a sealed list in force: by another person than sealed it, with a signature, on the root
    and the number of slots as that person knows them."""
    row = list_repository.lock_list(work, list_id)
    if row is None:
        raise NotFound
    if row["state"] != "sealed":
        raise errors.ListState
    if row["author"] in work.persons:
        raise errors.SecondPersonNeeded
    _compare(body, row)
    if row["definition_version"] != work.definition().version:
        raise errors.ListState("The list was made for another version of the study definition.")
    facts = _manifest_facts(work, row)
    canonical, signature, public_key = vault.sign(facts.as_content())
    work.because("list approved")
    list_repository.activate(work, list_id, canonical, signature, public_key)
    digest = hashlib.sha256(canonical).hexdigest()
    content = {"list_id": list_id, "manifest_sha256": digest}
    sign(work, table="randomization.list", key=list_id, content=content)
    publish(work, list_events.activated(list_id, facts.root, digest))
    return read_list(work, list_id)


def change(work: UnitOfWork, list_id: str, body: ListChange) -> RandomizationList:
    """Suspend, resume or close a list. What is not allowed, the database refuses."""
    row = list_repository.lock_list(work, list_id)
    if row is None:
        raise NotFound
    if row["state"] == body.state:
        raise errors.StateUnchanged
    if row["state"] == "sealed" and body.state != "closed":
        raise errors.ListState
    work.because(body.reason)
    list_repository.set_state(work, list_id, body.state)
    if body.state == "suspended":
        publish(work, list_events.suspended(list_id, "person"))
    return read_list(work, list_id)


def read_list(work: UnitOfWork, list_id: str) -> RandomizationList:
    row = list_repository.find_list(work, list_id)
    if row is None:
        raise NotFound
    return randomization_list(row)


def list_lists(work: UnitOfWork) -> Lists:
    return Lists(items=[randomization_list(row) for row in list_repository.lists(work)])


def read_manifest(work: UnitOfWork, list_id: str) -> SignedManifest:
    """The published manifest. There is none before the list is in force."""
    row = list_repository.find_list(work, list_id)
    if row is None or row["manifest"] is None:
        raise NotFound
    return signed_manifest(row)


def _check_place(work: UnitOfWork, body: ListSealing) -> None:
    if list_repository.find_list(work, body.list_id) is not None:
        raise errors.ListActive("There is a list of this name.")
    if body.purpose == "downtime":
        _check_downtime(work, body)
        return
    if body.site is not None:
        raise errors.ListRefused(errors=[_at("/site", "only-downtime", "A central list has none.")])
    current = list_repository.open_central_list(work)
    if body.extends is None and current is not None:
        raise errors.ListActive
    active = current["list_id"] if current is not None and current["state"] == "active" else None
    if body.extends is not None and body.extends != active:
        detail = "Only the active list is extended."
        raise errors.ListRefused(errors=[_at("/extends", "not-active", detail)])


def _check_downtime(work: UnitOfWork, body: ListSealing) -> None:
    randomization = work.definition().randomization
    if randomization.envelopes_per_stratum == 0:
        detail = "The study has no envelopes for downtime."
        raise errors.ListRefused(errors=[_at("/purpose", "no-envelopes", detail)])
    if body.site is None or body.extends is not None or isinstance(body, UploadedListFile):
        detail = "A downtime list is generated, for one site, and extends none."
        raise errors.ListRefused(errors=[_at("/site", "downtime-form", detail)])
    if list_repository.open_downtime_list(work, body.site) is not None:
        raise errors.ListActive("The site has envelopes already: close that list first.")


def _capacity(work: UnitOfWork, body: ListSealing) -> int | None:
    if body.purpose == "central":
        return None
    return work.definition().randomization.envelopes_per_stratum


def _content(work: UnitOfWork, body: ListSealing, capacity: int | None) -> list[Slot]:
    if isinstance(body, UploadedListFile):
        return _uploaded(work, body)
    return _generated(work, body, capacity)


def _salts(body: ListSealing, entropy: Entropy) -> Salts:
    """A generated list's salts follow from its secret, so that it can be made again whole."""
    if isinstance(body, UploadedListFile):
        return lambda _label, _position: entropy(commitments.SALT_BYTES)
    secret = bytes.fromhex(body.secret)
    return lambda label, position: commitments.salt(secret, body.list_id, label, position)


def _uploaded(work: UnitOfWork, body: UploadedListFile) -> list[Slot]:
    examined = upload.examine_upload(
        work.definition(), body.csv.encode(), sha256=body.sha256, rows=body.rows
    )
    if examined.faults:
        raise errors.ListRefused(
            errors=[list_fault(fault) for fault in examined.faults[:MAX_FAULTS]]
        )
    return list(examined.slots)


def _generated(work: UnitOfWork, body: GeneratedList, capacity: int | None) -> list[Slot]:
    scheme = work.definition().randomization.scheme
    if scheme.method != body.method:
        detail = "The study definition asks for another method."
        raise errors.ListRefused(errors=[_at("/method", "wrong-method", detail)])
    return slots.generate(
        work.definition(), body.list_id, bytes.fromhex(body.secret), capacity=capacity
    )


def _facts(
    work: UnitOfWork, body: ListSealing, sealed: sealing.SealedList, hidden: Sealed, vault: Vault
) -> dict[str, Any]:
    return {
        "purpose": body.purpose,
        "site_id": body.site,
        "extends": body.extends,
        "method": body.method,
        "algorithm": generator.VERSION,
        "author": work.principal.subject,
        "sealed_at": work.now.isoformat(),
        "root": sealed.root.hex(),
        "sealed_sha256": sealed.sha256.hex(),
        "parameters_commitment": hidden.sha256,
        "key_name": vault.key_name,
        "definition_version": work.definition().version,
    }


def _compare(body: ListActivation, row: Any) -> None:
    faults = []
    if body.root != bytes(row["root"]).hex():
        faults.append(_at("/root", "wrong-root", "Another root was sealed."))
    if body.slots != row["leaf_count"]:
        faults.append(_at("/slots", "wrong-count", "Another number of slots was sealed."))
    if faults:
        raise errors.NotAsSealed(errors=faults)


def _manifest_facts(work: UnitOfWork, row: Any) -> manifest.ManifestFacts:
    definition = work.definition()
    return manifest.ManifestFacts(
        study=work.study,
        mode=row["mode"],
        purpose=row["purpose"],
        list_id=row["list_id"],
        algorithm=row["algorithm"],
        method=row["method"],
        root=bytes(row["root"]).hex(),
        leaf_count=row["leaf_count"],
        ratio={arm.code: arm.ratio for arm in definition.arms},
        strata=definition.randomization.list_labels(),
        sealed_sha256=row["sealed_sha256"],
        parameters_sha256=row["parameters_commitment"],
        key_name=row["key_name"],
        author=row["author"],
        approver=work.principal.subject,
        activated_at=work.now.isoformat(),
        definition_version=definition.version,
        definition_sha256=open_definition_hash(definition),
        extends=row["extends"],
    )


def _at(pointer: str, code: str, detail: str) -> FieldError:
    return FieldError(pointer, code, detail)
