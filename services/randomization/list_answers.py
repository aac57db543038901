"""Lists, manifests and their faults as answers."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from services.randomization.domain.list_rules import ListFault
from services.randomization.domain.used_chain import UsedSlot
from services.randomization.list_schemas import RandomizationList, SignedManifest
from shared.http.problems import FieldError


def randomization_list(row: Mapping[str, Any]) -> RandomizationList:
    manifest = row["manifest"]
    return RandomizationList(
        study=row["study_id"],
        list_id=row["list_id"],
        purpose=row["purpose"],
        site=row["site_id"],
        extends=row["extends"],
        method=row["method"],
        algorithm=row["algorithm"],
        mode=row["mode"],
        state=row["state"],
        slots=row["leaf_count"],
        root=bytes(row["root"]).hex(),
        sealed_sha256=row["sealed_sha256"],
        parameters_sha256=row["parameters_commitment"],
        key_name=row["key_name"],
        author=row["author"],
        approver=row["approver"],
        sealed_at=row["sealed_at"],
        activated_at=row["activated_at"],
        manifest_sha256=(
            None if manifest is None else hashlib.sha256(manifest.encode()).hexdigest()
        ),
    )


def signed_manifest(row: Mapping[str, Any]) -> SignedManifest:
    return SignedManifest(
        manifest=json.loads(row["manifest"]),
        signature=bytes(row["signature"]).hex(),
        public_key=bytes(row["public_key"]).hex(),
    )


def list_fault(fault: ListFault) -> FieldError:
    pointer = "/csv" if fault.row is None else f"/csv/{fault.row}"
    if fault.column is not None:
        pointer += f"/{fault.column}"
    return FieldError(pointer, fault.code, fault.detail)


def used_slot(row: Mapping[str, Any]) -> UsedSlot:
    """An allocation as the chain of its stratum holds it."""
    return UsedSlot(
        randomization_number=row["randomization_number"],
        label=row["label"],
        position=row["position"],
        arm=row["arm"],
        randomized_at=row["randomized_at"].astimezone(UTC).isoformat(),
    )
