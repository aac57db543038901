"""Performs a run: claim, read one snapshot, compute, keep the files, publish.

The claim, the rows to be counted and the publication are written each in a transaction of its own;
between them nothing is open but the study's lock. A run that dies anywhere leaves the last
publication as it was, and a repeat begins it anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial

from sqlalchemy import Engine

from services.analytics import count_repository, events, snapshot_repository
from services.analytics import run_repository as repository
from services.analytics.analysis import Computed, compute
from services.analytics.domain.artefacts import OPEN_MANIFEST, Artefact
from services.analytics.domain.cutoff import CutData, cut, masked_inputs_hash
from services.analytics.domain.results import OutputClass
from services.analytics.domain.tally import Cell, CountKey, EndpointRecord
from services.analytics.errors import RunUnknown
from services.analytics.published_rows import artefact_entry, entries
from services.analytics.run_failures import record_failure
from shared import __version__
from shared.artefacts import ArtefactStore
from shared.clock import DatabaseClock
from shared.database.outbox import publish
from shared.database.unit_of_work import Origin, UnitOfWork, begin
from shared.http.logs import log
from shared.identity.principal import system
from shared.study import StudyDefinition
from shared.trace import Trace

PATIENCE_SECONDS = 60
SUPERSEDED = "superseded"


class Outcome(StrEnum):
    """What became of a run. A superseded one publishes nothing and is not tried again."""

    PUBLISHED = "published"
    KNOWN = "published before"
    SUPERSEDED = SUPERSEDED


@dataclass(frozen=True)
class Asked:
    """What is to be computed: data dated by ``cutoff``, as recorded by ``as_of`` (None: now)."""

    cutoff: date
    as_of: datetime | None


@dataclass(frozen=True)
class _Run:
    engine: Engine
    origin: Origin
    run_id: str
    event_id: str | None

    def reach(self, stage: str, words: str) -> None:
        """Tell everybody how far the run is; a transaction of its own, seen at once."""
        with self.engine.connect() as connection, begin(connection, self.origin) as work:
            repository.reach(work, self.run_id, stage, words)


def perform(
    engine: Engine,
    study: str,
    run_id: str,
    store: ArtefactStore,
    event_id: str | None = None,
    trace: Trace | None = None,
) -> Outcome:
    """Perform a run that was asked for; ``event_id`` is the event that asked, ``trace`` its own.

    A published run stays as it is, so a repeat is harmless. Raises ``RunUnknown``, ``RunBusy``
    where another run of the study does not end in time, and whatever made the run fail: then the
    run's row says so, and the publication is the one before.
    """
    principal = system("analytics", study)
    origin = Origin(principal, study, event_id or run_id, DatabaseClock(), trace=trace)
    run = _Run(engine, origin, run_id, event_id)
    with repository.study_lock(engine, study, PATIENCE_SECONDS):
        asked = claim(run)
        if isinstance(asked, Outcome):
            return asked
        try:
            definition, data = read(run, asked)
            computed = compute(definition, data, partial(store_and_count, run))
            run.reach("keeping", computed.words)
            keys = keep(store, computed.artefacts)
            return publish_run(run, asked, definition, data, computed, keys)
        except Exception as error:
            record_failure(run.engine, run.origin, run.run_id, error)
            raise


def claim(run: _Run) -> Asked | Outcome:
    """Mark the run as running and answer what is asked; or what became of it before.

    One found running died at work: its lock is free.
    """
    with run.engine.connect() as connection, begin(connection, run.origin) as work:
        found = repository.hold_run(work, run.run_id)
        if found is None:
            raise RunUnknown("there is no such run")
        if found["state"] == "published":
            return Outcome.KNOWN
        asked = Asked(found["cutoff"], found["as_of"])
        if _give_up(work, run, found["number"], asked):
            return Outcome.SUPERSEDED
        work.because("results are computed")
        repository.start_run(work, run.run_id)
        repository.reach(work, run.run_id, "reading", f"Data dated by {asked.cutoff} are read.")
        return asked


def read(run: _Run, asked: Asked) -> tuple[StudyDefinition, CutData]:
    """The definition in force and the data at the cutoff, both as of one instant; and tell
    everybody which snapshot that was."""
    with snapshot_repository.snapshot(run.engine, run.origin) as work:
        taken = snapshot_repository.taken(work)
        definition = work.definition_at(asked.as_of) if asked.as_of else work.definition()
        data = snapshot_repository.read_study(work, asked.as_of)
    visible = cut(definition, data, asked.cutoff)
    with run.engine.connect() as connection, begin(connection, run.origin) as work:
        work.because("the data are read")
        repository.note_snapshot(work, run.run_id, taken.read_at, taken.snapshot)
        repository.reach(work, run.run_id, "computing", read_words(definition, visible))
    return definition, visible


def store_and_count(
    run: _Run, records: Sequence[EndpointRecord], asked: Sequence[CountKey]
) -> list[list[Cell]]:
    """Keep the times of this attempt, and let the database count them: a transaction of its own,
    behind the snapshot, which can write nothing. A run that dies later leaves rows that nobody
    counts: a repeat stores its own."""
    with run.engine.connect() as connection, begin(connection, run.origin) as work:
        attempt = count_repository.next_attempt(work, run.run_id)
        count_repository.store(work, run.run_id, attempt, records)
        return count_repository.count(work, run.run_id, attempt, asked)


def read_words(definition: StudyDefinition, data: CutData) -> str:
    """What was read, for the progress of the run: nothing by arm."""
    return (
        f"{data.registered} registered and {len(data.allocated)} randomized subjects,"
        f" definition {definition.version}, inputs {masked_inputs_hash(definition, data)[:16]}."
    )


def keep(store: ArtefactStore, artefacts: tuple[Artefact, ...]) -> list[str]:
    """Put every file in the store, in their order, and answer their keys."""
    return [store.put(each.content, each.output_class.value) for each in artefacts]


def publish_run(
    run: _Run,
    asked: Asked,
    definition: StudyDefinition,
    data: CutData,
    computed: Computed,
    keys: list[str],
) -> Outcome:
    """Store rows, files and the pointer that readers follow, all at once.

    A run as of the past is there for whoever names it, and readers stay where they are.
    """
    inputs_hash = masked_inputs_hash(definition, data)
    files = list(zip(computed.artefacts, keys, strict=True))
    manifest = next(key for file, key in files if file.name == OPEN_MANIFEST)
    with run.engine.connect() as connection, begin(connection, run.origin) as work:
        found = repository.hold_run(work, run.run_id)
        if found is None or found["state"] == "published":
            return Outcome.KNOWN
        if _give_up(work, run, found["number"], asked):
            return Outcome.SUPERSEDED
        work.because("results are published")
        repository.add_rows(
            work,
            run.run_id,
            open_rows=entries(definition, computed.rows, OutputClass.OPEN),
            closed=entries(definition, computed.rows, OutputClass.CLOSED),
        )
        repository.add_artefacts(work, run.run_id, [artefact_entry(*file) for file in files])
        repository.finish_run(
            work,
            run.run_id,
            definition=definition.version,
            inputs_hash=inputs_hash,
            code=__version__,
            manifest=manifest,
        )
        _note_handled(work, run)
        kept = sum(file.output_class is OutputClass.OPEN for file in computed.artefacts)
        repository.reach(work, run.run_id, "published", f"{kept} open files, manifest {manifest}.")
        if asked.as_of is None:
            repository.point_to(work, run.run_id)
            publish(work, events.run_published(run.run_id, data.cutoff, inputs_hash))
    if asked.as_of is None:
        log("run published", run_id=run.run_id, study=run.origin.study)  # its absence is an alarm
    else:
        log("run as of the past kept", run_id=run.run_id, study=run.origin.study)
    return Outcome.PUBLISHED


def _give_up(work: UnitOfWork, run: _Run, number: int, asked: Asked) -> bool:
    """True where a run asked for later, with no earlier cutoff, is published already.

    A run that comes late, after a day among dead letters, must not turn readers back to old data.
    """
    current = None if asked.as_of else repository.published_run(work)
    if current is None or current["number"] < number or current["cutoff"] < asked.cutoff:
        return False
    work.because("a later run is published")
    repository.fail_run(work, run.run_id, SUPERSEDED, "a run asked for later is published")
    _note_handled(work, run)
    return True


def _note_handled(work: UnitOfWork, run: _Run) -> None:
    if run.event_id is not None:
        repository.note_handled(work, run.event_id)
