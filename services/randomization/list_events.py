"""What the others are told of the lists."""

from typing import Literal

from shared.contracts.randomization import ListActivated, ListSuspended


def activated(list_id: str, root: str, manifest_sha256: str) -> ListActivated:
    return ListActivated(list_id=list_id, root=root, manifest_sha256=manifest_sha256)


def suspended(list_id: str, cause: Literal["check-failed", "person"]) -> ListSuspended:
    return ListSuspended(list_id=list_id, cause=cause)
