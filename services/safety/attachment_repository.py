"""SQL of attachments: documents of a child, as they were sent."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text

from services.safety.domain.attachments import Attachment
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork

# Kept once for a child: the same bytes again are the same attachment.
_ADD = text("""
    INSERT INTO safety.attachment (study_id, site_id, subject_id, sha256, media_type, file_name,
        size, content, uploaded_at, actor, actor_role)
    VALUES (:study, :site, :subject, :sha256, :media_type, :file_name, :size, :content, :now,
        :actor, :role)
    ON CONFLICT (study_id, subject_id, sha256) DO NOTHING
""")
_FIND = text("""
    SELECT sha256, media_type, file_name, size, uploaded_at FROM safety.attachment
    WHERE study_id = :study AND subject_id = :subject AND sha256 = ANY(:names)
    ORDER BY sha256
""")
_CONTENTS = text("""
    SELECT sha256, media_type, file_name, content FROM safety.attachment
    WHERE study_id = :study AND subject_id = :subject AND sha256 = ANY(:names)
""")


@dataclass(frozen=True)
class Place:
    """The child that attachments are of."""

    subject: str
    site: str


def add(work: UnitOfWork, place: Place, sha256: str, attachment: Attachment) -> Row:
    """Keep an attachment; what is kept of it now, which may be from before."""
    work.execute(
        _ADD,
        study=work.study,
        site=place.site,
        subject=place.subject,
        sha256=sha256,
        media_type=attachment.media_type,
        file_name=attachment.file_name,
        size=len(attachment.content),
        content=attachment.content,
        now=work.now,
        actor=work.principal.subject,
        role=work.principal.role,
    )
    return known(work, place.subject, [sha256])[0]


def known(work: UnitOfWork, subject: str, names: Collection[str]) -> list[Row]:
    """Those of the child's attachments that are named, without their content."""
    return work.all(_FIND, study=work.study, subject=subject, names=list(names))


def contents(work: UnitOfWork, subject: str, names: Collection[str]) -> dict[str, Attachment]:
    """The child's attachments by hash, those that are named."""
    rows = work.all(_CONTENTS, study=work.study, subject=subject, names=list(names))
    return {
        row["sha256"]: Attachment(row["media_type"], row["file_name"], bytes(row["content"]))
        for row in rows
    }
