"""Use cases of exports. What an export holds is decided by its position, so it never changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from services.assessments import errors, export_repository, repository
from services.assessments.domain.exports.files import FileWriter, file_names, media_type
from services.assessments.domain.exports.participant import DerivedValue, Participant, Variant
from services.assessments.domain.exports.sdtm import Sdtm
from services.assessments.domain.exports.sdtm_pack import PACKS, SdtmPack
from services.assessments.domain.history import History, seen
from services.assessments.domain.sight import Sight
from services.assessments.export_schemas import Export, ExportFile, ExportRequest, StreamHead
from services.assessments.subject_service import found, local_date
from shared import __version__
from shared.database.definitions import definition_of
from shared.database.unit_of_work import UnitOfWork
from shared.datasets.dataset import About
from shared.http.problems import FieldError, InvalidContent
from shared.rules.loading import load_pack
from shared.study import StudyDefinition
from shared.study.serialization import open_definition_hash

PAGE = 25
"""Children that are in memory at once."""


@dataclass(frozen=True)
class Plan:
    """An export ready to be written: how, and as of when."""

    sdtm: Sdtm
    about: About
    as_of: datetime
    position: int


def create(work: UnitOfWork, body: ExportRequest, variant: Variant) -> Export:
    """Keep what is asked for. Raises ``InvalidContent`` for an instant that has not come."""
    as_of = body.as_of or export_repository.clock(work)
    position = repository.position_at(work, as_of)
    if position is None:
        fault = FieldError("/as_of", "in-the-future", "This instant has not come yet.")
        raise InvalidContent(errors=[fault])
    definition_hash = export_repository.definition_hash_at(work, as_of)
    definition = work.definition()
    if definition_hash is None:
        # Of before the study was activated there is nothing: the columns are today's.
        definition_hash = work.definition_hash
    elif definition_hash != work.definition_hash:
        definition = definition_of(work.connection, work.study, definition_hash)
    pack = _pack()
    work.because(f"{variant} export")
    export = export_repository.add(
        work,
        variant=variant,
        formats=sorted(set(body.formats)),
        audit=body.audit,
        as_of=as_of,
        position=position,
        definition_version=definition.version,
        definition_hash=definition_hash,
        mapping_version=pack.version,
        mapping_hash=pack.sha256,
        system_version=__version__,
    )
    return read(work, export, variant)


def read(work: UnitOfWork, export: str, variant: Variant) -> Export:
    """An export with its files."""
    row = _current(work, export, variant)
    sdtm = _sdtm(work, row)
    names = file_names(sdtm, row["formats"], audit=row["audit"])
    heads = None
    if variant == "unblinded":
        heads = [StreamHead(**head) for head in export_repository.heads(work, row["as_of"])]
    return Export(
        export_id=row["export_id"],
        study=row["study_id"],
        variant=row["variant"],
        formats=row["formats"],
        audit=row["audit"],
        as_of=row["as_of"],
        requested_at=row["requested_at"],
        requested_by=row["actor"],
        requested_as=row["actor_role"],
        system_version=row["system_version"],
        definition_version=row["definition_version"],
        definition_hash=open_definition_hash(sdtm.definition),
        mapping_version=row["mapping_version"],
        mapping_hash=row["mapping_hash"],
        trail=heads,
        files=[
            ExportFile(name=name, media_type=media_type(name), label=label, href=f"files/{name}")
            for name, label in names
        ],
    )


def open_file(work: UnitOfWork, export: str, name: str, variant: Variant) -> Plan:
    """What a file of an export is written from; a fetch of an unblinded one is written down."""
    row = _current(work, export, variant)
    sdtm = _sdtm(work, row)
    names = dict(file_names(sdtm, row["formats"], audit=row["audit"]))
    found(names.get(name))
    if variant == "unblinded":
        export_repository.note_fetch(work, export, name)
    about = About(
        study=row["study_id"],
        title=sdtm.definition.identity.title,
        variant=variant,
        as_of=row["as_of"],
        definition_version=row["definition_version"],
        system_version=__version__,
    )
    return Plan(sdtm, about, row["as_of"], row["position"])


def children(work: UnitOfWork, plan: Plan, after: str, writer: FileWriter) -> list[Participant]:
    """The next children with what a writer looks at, as of the plan's position."""
    rows = export_repository.children(work, plan.as_of, after, PAGE)
    subjects = [row["subject_id"] for row in rows]
    told = plan.about.variant == "unblinded"
    arms = export_repository.arms(work, plan.as_of, subjects) if told else {}
    # As of then, but by the rights of today: what was made masked since is masked here too.
    sights = (plan.sdtm.sight, Sight(work.definition(), sees_arm=told))
    histories: dict[str, list[History]] = {subject: [] for subject in subjects}
    for history in repository.histories_as_of(work, subjects, plan.position, writer.forms):
        shown = _shown(history, sights)
        if shown is not None:
            histories[history.subject].append(shown)
    # Only an unblinded export has derived values: what they rest on may reveal the arm.
    wanted = subjects if told and writer.derived else []
    derived = export_repository.derived(work, plan.as_of, wanted) if wanted else {}
    return [
        _participant(
            row,
            arms.get(row["subject_id"]),
            histories[row["subject_id"]],
            derived.get(row["subject_id"], []),
        )
        for row in rows
    ]


def _current(work: UnitOfWork, export: str, variant: Variant) -> Mapping[str, Any]:
    """The export. Raises ``ExportOutdated`` where it would have other bytes than it had."""
    row = found(export_repository.find(work, export, variant))
    if (row["mapping_hash"], row["system_version"]) != (_pack().sha256, __version__):
        raise errors.ExportOutdated
    return row


def _shown(history: History, sights: tuple[Sight, ...]) -> History | None:
    shown: History | None = history
    for sight in sights:
        shown = None if shown is None else seen(shown, sight)
    return shown


def _participant(
    row: Mapping[str, Any],
    arm: str | None,
    histories: list[History],
    derived: list[Mapping[str, Any]],
) -> Participant:
    at = row["randomized_at"]
    return Participant(
        subject=row["subject_id"],
        site=row["site_id"],
        country=row["country"],
        birth_year_month=row["birth_year_month"],
        sex=row["sex"],
        consented_on=row["consented_on"],
        allocated_on=None if at is None else local_date(at, row["time_zone"]),
        arm=arm,
        histories=tuple(histories),
        derived=tuple(
            DerivedValue(
                each["name"], each["value"], each["status"], each["reason"], each["details"] or {}
            )
            for each in derived
        ),
    )


def _sdtm(work: UnitOfWork, row: Mapping[str, Any]) -> Sdtm:
    definition: StudyDefinition = definition_of(work.connection, work.study, row["definition_hash"])
    return Sdtm(_pack(), definition, row["variant"])


@cache
def _pack() -> SdtmPack:
    return SdtmPack(*(load_pack(name) for name in PACKS))
