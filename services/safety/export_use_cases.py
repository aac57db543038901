"""The export of a whole case: everything that is kept of it, with a hash to hold a copy against."""

from services.safety import export_repository, repository, service, version_service
from services.safety.export_schemas import CaseExport
from services.safety.unblinded_repository import note_logged_read
from shared.database.idempotency import content_hash
from shared.database.unit_of_work import UnitOfWork


def export_case(work: UnitOfWork, number: str) -> CaseExport:
    """A case with every row behind it. Raises ``NotFound`` where there is none in reach."""
    case = version_service.found(repository.find_case(work, number))
    note_logged_read(work, "safety.export_case", number)
    rows = export_repository.rows(work, case["case_id"])
    return CaseExport(
        exported_at=work.now,
        exported_by=work.principal.subject,
        case=service.read_case(work, number),
        rows=rows,
        sha256=content_hash(rows),
    )
