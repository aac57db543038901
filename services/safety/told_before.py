"""What a receiver has of a case: the reports that it accepted, and the last of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.safety import handoff_repository
from services.safety.domain.facts import Fact
from services.safety.domain.icsr_change import Told
from services.safety.domain.reports import Report, reports_to
from services.safety.e2b.model import Icsr
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork
from shared.study.reporting import Receiver


@dataclass(frozen=True)
class Before:
    """``told`` is None where the receiver has nothing; ``previous`` is the last report that went
    to it as a message of ours."""

    told: Told | None
    previous: Icsr | None


def before(work: UnitOfWork, number: str, receiver: Receiver, facts: Sequence[Fact]) -> Before:
    """What the receiver accepted of the case. What it rejected, or another receiver has, makes no
    follow-up of the next report; what went by portal or letter to its authority does."""
    rows = {row["submission_id"]: row for row in handoff_repository.of_case(work, number)}
    accepted = [each for each in reports_to(receiver.authority, facts) if each.accepted]
    taken = [each for each in accepted if _row(each, rows).get("receiver") in {None, receiver.id}]
    if not taken:
        return Before(None, None)
    ours = sorted((each for each in taken if _row(each, rows)), key=lambda each: each.fixed_at)
    previous = _report(work, _row(ours[-1], rows)) if ours else None
    told = Told(
        identity=None if previous is None else previous.c_1.c_1_1,
        first_received=None if previous is None else previous.c_1.c_1_4,
        fixed_at=max(each.fixed_at for each in taken),
    )
    return Before(told, previous)


def _row(report: Report, rows: dict[str, Row]) -> Row:
    return rows.get(report.fact.value["submission"], {})


def _report(work: UnitOfWork, row: Row) -> Icsr:
    # Imported here: lxml is no part of intake, whose cold start must stay short.
    from services.safety.e2b.parse import parse

    sent = parse(handoff_repository.document(work, row["icsr_id"]).encode("utf-8"))
    return sent.messages[0].report
