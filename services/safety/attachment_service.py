"""Whether the attachments that a report names are there."""

from services.safety import attachment_repository, version_service
from services.safety.domain.attachments import limits
from services.safety.domain.case import Report, attachments_of
from services.safety.domain.intake import IntakeFault
from shared.database.unit_of_work import UnitOfWork


def check_attachments(work: UnitOfWork, subject: str, report: Report) -> None:
    """Raises ``ReportRefused`` where a report names what is not there, or too much."""
    named = attachments_of(report)
    if not named:
        return
    rows = attachment_repository.known(work, subject, {name for _, name in named})
    sizes = {row["sha256"]: row["size"] for row in rows}
    missing = [
        IntakeFault(place, "attachment-unknown", "There is no such attachment of this child.")
        for place, name in named
        if name not in sizes
    ]
    if sum(sizes.get(name, 0) for _, name in named) > limits().together:
        words = f"The attachments of a report have {limits().together} bytes at most."
        missing.append(IntakeFault("/documents", "attachments-too-large", words))
    version_service.refuse(missing)
