"""Use cases of the reads: each answers a whole document."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from services.assessments.domain.kept import Kept
from services.assessments.domain.rave import (
    audit,
    listing,
    markup,
    metadata,
)
from services.assessments.domain.rave import (
    dataset as datasets,
)
from services.assessments.domain.rave.audit import Happening
from services.assessments.domain.rave.listing import StudyFacts
from services.assessments.domain.rave.oids import StudyOid, match, serves, subject_uuid
from services.assessments.domain.rave.refusals import Code, refuse
from services.assessments.domain.sight import Sight
from services.assessments.domain.visibility import names_seen
from services.assessments.rave import audit_repository, repository
from shared.database.definitions import definition_of
from shared.database.unit_of_work import UnitOfWork
from shared.identity.matrix import matrix


@dataclass(frozen=True)
class SubjectsAsked:
    """``links`` is the address under which links lead somewhere, None where none were asked."""

    by_uuid: bool
    status: bool
    links: str | None


@dataclass(frozen=True)
class DatasetAsked:
    oid: StudyOid
    form: str | None
    subject: str | None
    version: str | None
    since: datetime | None


def studies(work: UnitOfWork) -> str:
    return _odm(work, listing.studies(_facts(work)))


def projects(work: UnitOfWork) -> str:
    return _odm(work, listing.project(_facts(work)))


def versions(work: UnitOfWork, oid: StudyOid) -> str:
    return _odm(work, listing.versions(_facts(work, oid)), granularity="Metadata")


def metadata_version(work: UnitOfWork, oid: StudyOid, number: str) -> str:
    facts = _facts(work, oid)
    version = _version(facts, number)
    digest = repository.find_definition_hash(work, version)
    if digest is None:
        raise refuse(Code.VERSION_UNKNOWN)
    sight = Sight(definition_of(work.connection, work.study, digest), _sees_arm(work))
    return _odm(work, metadata.metadata(facts, version, sight), granularity="Metadata")


def subjects(work: UnitOfWork, oid: StudyOid, asked: SubjectsAsked) -> str:
    facts, sight = _facts(work, oid), _sight(work)
    rows = repository.list_subjects(work, sight.form_ids(), names_seen(sight))
    told = [
        listing.SubjectFacts(
            subject=row["subject_id"],
            site=row["site_id"],
            state=row["state"],
            flags={
                "Touched": row["touched"],
                "Empty": not row["touched"],
                "RequiresAnswerQuery": row["unanswered"],
                "RequiresCloseQuery": row["unclosed"],
            },
            link=None
            if asked.links is None
            else f"{asked.links}/studies/{facts.oid}/subjects/{row['subject_id']}/datasets/regular",
        )
        for row in rows
    ]
    pieces = listing.subjects(facts, told, by_uuid=asked.by_uuid, status=asked.status)
    return _odm(work, pieces)


def dataset(work: UnitOfWork, asked: DatasetAsked) -> str:
    facts = _facts(work, asked.oid)
    return _odm(work, datasets.dataset(facts, _entered(work, facts, asked)))


def dataset_table(work: UnitOfWork, asked: DatasetAsked) -> str:
    facts, sight = _facts(work, asked.oid), _sight(work)
    form = _form(sight, asked.form) or ""
    return datasets.table(form, sight, list(_entered(work, facts, asked)))


def sites(work: UnitOfWork, oid: StudyOid | None) -> str:
    facts = _facts(work, oid)
    rows = repository.list_sites(work)
    told = [listing.SiteFacts(row["site_id"], row["country"], row["state"]) for row in rows]
    return _odm(work, listing.sites(facts, told), granularity="AdminData")


def users(work: UnitOfWork, oid: StudyOid | None, site: str | None) -> str:
    facts = _facts(work, oid)
    rows = repository.list_users(work, _sight(work).form_ids(), site)
    told = [listing.UserFacts(row["actor"], tuple(row["sites"])) for row in rows]
    return _odm(work, listing.users(facts, told), granularity="AdminData")


def audits(work: UnitOfWork, oid: StudyOid, start: int, per_page: int) -> tuple[str, int | None]:
    """A page of the audit stream from number ``start`` on, and where the next one starts."""
    facts = _facts(work, oid)
    rows = audit_repository.list_happenings(
        work, names_seen(_sight(work)), start=start, limit=per_page + 1
    )
    page = [Happening(**row) for row in rows[:per_page]]
    following = rows[per_page]["number"] if len(rows) > per_page else None
    text = _odm(work, audit.audits(facts, page), file_type="Transactional")
    return text, following


def _facts(work: UnitOfWork, oid: StudyOid | None = None) -> StudyFacts:
    """The study that is asked for. Raises where it is not the credential's."""
    row = repository.find_study(work)
    if row is None or (
        oid is not None and not (oid.study == work.study and serves(row["mode"], oid))
    ):
        raise refuse(Code.STUDY_UNKNOWN)
    title = work.definition().identity.title
    return StudyFacts(work.study, row["mode"], title, tuple(row["versions"]))


def _version(facts: StudyFacts, number: str) -> str:
    for version in facts.versions:
        if number in {facts.version_oid(version), version}:
            return version
    raise refuse(Code.VERSION_UNKNOWN)


def _entered(
    work: UnitOfWork, facts: StudyFacts, asked: DatasetAsked
) -> Iterator[datasets.Entered]:
    sight = _sight(work)
    rows = repository.list_values(
        work,
        names_seen(sight),
        form=_form(sight, asked.form),
        subject=_subject(work, asked.subject),
        version=None if asked.version is None else _version(facts, asked.version),
        since=asked.since,
    )
    return datasets.entered(_values(rows))


def _values(
    rows: Iterable[repository.Row],
) -> Iterator[tuple[tuple[str, ...], str, Kept]]:
    for row in rows:
        key = (row["subject_id"], row["site_id"], row["form"], row["visit"], str(row["repeat"]),
               row["definition_version"])  # fmt: skip
        kept = Kept(row["value"], row["unit"], row["canonical"], row["canonical_unit"],
                    row["null_flavour"], row["null_reason"])  # fmt: skip
        yield key, row["item"], kept


def _form(sight: Sight, named: str | None) -> str | None:
    if named is None:
        return None
    found = match(named, [f.id for f in sight.definition.forms if sight.form(f.id) is not None])
    if found is None:
        raise refuse(Code.FORM_UNKNOWN)
    return found


def _subject(work: UnitOfWork, key: str | None) -> str | None:
    if key is None or repository.known_subjects(work, [key]):
        return key
    for subject in repository.all_subjects(work):
        if subject_uuid(work.study, subject) == key.upper():
            return subject
    raise refuse(Code.SUBJECT_UNKNOWN)


def _sight(work: UnitOfWork) -> Sight:
    return Sight(work.definition(), _sees_arm(work))


def _sees_arm(work: UnitOfWork) -> bool:
    return matrix().roles[work.principal.role].sees_arm


def _odm(
    work: UnitOfWork,
    pieces: Iterator[str],
    *,
    granularity: str | None = None,
    file_type: str = "Snapshot",
) -> str:
    return markup.odm(
        str(uuid.uuid4()),
        work.now.isoformat(timespec="seconds"),
        pieces,
        granularity=granularity,
        file_type=file_type,
    )
