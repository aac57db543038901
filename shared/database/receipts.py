"""Receipts: what a request added to the trail of subjects, for the one who sent it to keep.

A receipt is one line: the stream, its first and last row, the hash before the first row and that of
the last. Nobody can give other rows for it without the hash of the last being another one.
``docs/verify_receipts.py`` holds receipts against a trail; docs/receipts.md says what that proves.
"""

from collections.abc import Iterable

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork
from shared.identity.matrix import matrix
from shared.identity.principal import Principal

RECEIPT = "Induct-Receipt"
MOST_IN_HEADER = 16
"""Subjects of a request whose receipts fit into a header: about 3 kB, where gateways take 10."""
PATTERN = r"[^ ,]+ [0-9]+-[0-9]+ [0-9a-f]{64} [0-9a-f]{64}"

_RECEIPT = text("SELECT platform.receipt(:most) AS r")
_RECEIPTS = text("SELECT r FROM platform.receipts(CAST(:subjects AS text[])) AS r")


def may_have_receipt(principal: Principal) -> bool:
    """Whether the arm is told to the caller: how long a subject's stream is, and what it hashes to,
    follow from the forms that only one arm has."""
    role = matrix().roles.get(principal.role)
    return role is not None and role.sees_arm


def receipts_of(work: UnitOfWork, subjects: Iterable[str]) -> list[str]:
    """Receipts of all that this transaction wrote of these subjects until now."""
    if not may_have_receipt(work.principal):
        return []
    return [row["r"] for row in work.all(_RECEIPTS, subjects=sorted(set(subjects)))]


def receipt_of(work: UnitOfWork) -> str | None:
    """The receipts of all that this transaction wrote until now, as a header holds them; None where
    that is nothing, too much, or not for the caller."""
    if not may_have_receipt(work.principal):
        return None
    found: str | None = work.all(_RECEIPT, most=MOST_IN_HEADER)[0]["r"]
    return found
