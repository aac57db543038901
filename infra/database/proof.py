"""The proof of a night: the trail, the tables beside it, their guards, and the heads outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from infra.database.audit import altered_rows, verify_trail
from infra.database.audit_chain import Fault, Report
from infra.database.audit_heads import (
    HeadsBroken,
    Ledger,
    changed_guards,
    read_ledger,
    write_heads,
)
from infra.database.guards import Guards, read_guards
from infra.database.heads_store import HeadsStore

HEADS = "heads"


@dataclass(frozen=True)
class Proof:
    """``faults``: of the trail and of the heads first, then of tables and guards."""

    report: Report
    faults: Sequence[Fault]
    ledger: Ledger
    guards: Guards

    def heads(self, now: datetime, restart: Mapping[str, str] | None = None) -> bytes:
        """The document that notes what was found."""
        return write_heads(
            self.ledger, self.report, self.guards.digests, self.guards.schema, now, restart
        )


def prove(url: str, heads: HeadsStore) -> Proof:
    """Verify everything; ``url`` is the platform's login. Changes nothing."""
    ledger, broken = _read(heads)
    report = verify_trail(url, ledger.noted)
    guards = read_guards(url)
    changed = changed_guards(ledger, guards.digests, guards.schema)
    faults = [*broken, *report.faults, *altered_rows(url), *guards.faults, *changed]
    return Proof(report, faults, ledger, guards)


def restart(url: str, heads: HeadsStore, now: datetime, *, reason: str, actor: str) -> int:
    """Note the trail as it is, though it does not go on from what was noted: after a restore.

    What was noted before stays where it is and is compared no more. Answers the number of the
    document. Raises ``HeadsBroken`` where the trail is not whole in itself.
    """
    ledger, broken = _read(heads)
    report = verify_trail(url)
    if broken or report.faults:
        raise HeadsBroken(str([*broken, *report.faults][0]))
    proof = Proof(report, (), ledger, read_guards(url))
    heads.add(ledger.last + 1, proof.heads(now, {"reason": reason, "actor": actor}))
    return ledger.last + 1


def _read(heads: HeadsStore) -> tuple[Ledger, list[Fault]]:
    """The ledger; an empty one beside a fault where the documents cannot be trusted."""
    try:
        return read_ledger(heads.documents()), []
    except HeadsBroken as error:
        return read_ledger(()), [Fault(HEADS, 0, str(error))]
