"""Use cases of the analytics service. Each runs inside the caller's transaction."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.analytics import errors, events, repository
from services.analytics.domain.artefacts import CLOSED_MANIFEST, OPEN_MANIFEST
from services.analytics.repository import OutputClass
from services.analytics.schemas import (
    DATASET_PATTERN,
    FIGURE_PATTERN,
    REPORT_PATTERN,
    RUN_PATTERN,
    ArtefactItem,
    Files,
    Progress,
    ProgressItem,
    Publication,
    ResultItem,
    Results,
    Run,
    RunRequest,
    Runs,
)
from services.analytics.unblinded_repository import note_read
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page, no_cursor
from shared.http.problems import FieldError, InvalidContent, NotFound

# Where the calendar is furthest ahead of UTC (Kiribati, UTC+14) it may be tomorrow already.
FURTHEST_AHEAD = timedelta(hours=14)
_PLACE = re.compile(RUN_PATTERN.strip("^$") + r":[0-9]{1,9}")
_SERVED = {
    "figures": re.compile(FIGURE_PATTERN),
    "reports": re.compile(REPORT_PATTERN),
    "datasets": re.compile(DATASET_PATTERN),
}
MANIFESTS: Mapping[OutputClass, str] = {"open": OPEN_MANIFEST, "closed": CLOSED_MANIFEST}
LAST_NUMBER = 2**63 - 1


@dataclass(frozen=True)
class Filter:
    """Which rows are wanted; None for all. Without a run they are of what is published now."""

    endpoint: str | None
    statistic: str | None
    population: str | None = None
    run: str | None = None


@dataclass(frozen=True)
class StoredFile:
    """A published file: where its content lies, and what it is."""

    object_key: str
    media_type: str
    sha256: str


def request_run(work: UnitOfWork, body: RunRequest) -> Run:
    """Ask for a run; a consumer performs it. A live study's cutoff cannot lie in the future, and
    nothing is known yet as of an instant to come."""
    if body.as_of is not None and body.as_of > work.now:
        fault = FieldError("/as_of", "in-the-future", "This instant has not come yet.")
        raise InvalidContent(errors=[fault])
    cutoff = body.cutoff or repository.latest_day(work, body.as_of or work.now)
    if cutoff > (work.now + FURTHEST_AHEAD).date() and repository.is_live(work):
        fault = FieldError("/cutoff", "in-the-future", "This day has not come anywhere yet.")
        raise InvalidContent(errors=[fault])
    run = _ask(work, cutoff, nightly=False, as_of=body.as_of)
    if run is None:
        raise AssertionError("only nights are asked for once")
    return read_run(work, run)


def request_night(work: UnitOfWork, cutoff: date) -> bool:
    """Ask for the night's run of a study. False where it was asked for before."""
    return _ask(work, cutoff, nightly=True) is not None


def read_run(work: UnitOfWork, run: str) -> Run:
    row = repository.find_run(work, run)
    if row is None:
        raise NotFound
    return _run(row)


def read_progress(work: UnitOfWork, run: str) -> Progress:
    """What a run did when."""
    read_run(work, run)
    rows = repository.progress_of(work, run)
    return Progress(
        items=[
            ProgressItem(stage=row["stage"], reached_at=row["reached_at"], words=row["words"])
            for row in rows
        ]
    )


def read_publication(work: UnitOfWork) -> tuple[Publication, str]:
    """What readers see, and the key of its manifest, which is still to be read in."""
    run = _published(work, repository.current_run(work))
    newer = repository.newest_unpublished(work, run)
    publication = Publication(
        **of_run(work, run),
        study=run["study_id"],
        definition_version=run["definition_version"],
        inputs_hash=run["inputs_hash"],
        code_version=run["code_version"],
        newer_run=None if newer is None else _run(newer),
        manifest={},
        artefacts=[_artefact(row) for row in repository.list_artefacts(work, run["run_id"])],
    )
    return publication, str(run["manifest_key"])


def read_results(
    work: UnitOfWork, output_class: OutputClass, wanted: Filter, page: Page
) -> Results:
    """Rows in a fixed order; a page that follows another is of the same run."""
    run, after = place_of(work, wanted.run, page)
    note_closed(work, output_class, "read_closed_results", run["run_id"])
    rows = repository.list_results(
        work,
        run["run_id"],
        output_class,
        wanted={
            "endpoint": wanted.endpoint,
            "statistic": wanted.statistic,
            "population": wanted.population,
        },
        after=after,
        limit=page.limit + 1,
    )
    places = [{"place": f"{run['run_id']}:{row['sort_key']}"} for row in rows]
    return Results(
        **of_run(work, run),
        items=[result_item(row) for row in page.cut(rows)],
        next=page.next(places, "place"),
    )


def place_of(work: UnitOfWork, wanted: str | None, page: Page) -> tuple[Mapping[str, Any], int]:
    """The published run that a page is of, and after which of its rows it begins.

    A page that follows another is of the same run; the first of the wanted one, or the current.
    """
    run_id, after = _after(page) or (wanted or repository.current_run(work), 0)
    return _published(work, run_id), after


def result_item(row: Mapping[str, Any]) -> ResultItem:
    """A stored row as it is answered."""
    return ResultItem(id=row["id"], **row["result"])


def list_runs(work: UnitOfWork, state: str | None, page: Page) -> Runs:
    """The runs of the study, the last asked for first."""
    before = page.number() if page.after else LAST_NUMBER
    rows = repository.list_runs(work, state, before, page.limit + 1)
    return Runs(items=[_run(row) for row in page.cut(rows)], next=page.next(rows, "number"))


def list_files(
    work: UnitOfWork, kind: str, output_class: OutputClass, run_id: str | None = None
) -> Files:
    """The files of a kind that a run, by default the publication, has."""
    run = _published(work, run_id or repository.current_run(work))
    note_closed(work, output_class, f"list_closed_{kind}", run["run_id"])
    items = [_artefact(row) for row in repository.list_artefacts(work, run["run_id"])]
    place = f"closed/{kind}/" if output_class == "closed" else f"{kind}/"
    found = [each for each in items if each.href is not None and each.href.startswith(place)]
    return Files(**of_run(work, run), items=found)


def find_file(
    work: UnitOfWork, name: str, output_class: OutputClass, run_id: str | None = None
) -> StoredFile:
    """A file of a run, by default of the publication."""
    run = _published(work, run_id or repository.current_run(work))
    row = repository.find_artefact(work, run["run_id"], name, output_class)
    if row is None:
        raise NotFound
    note_closed(work, output_class, "read_closed_file", f"{run['run_id']}/{name}")
    return StoredFile(row["object_key"], row["media_type"], row["sha256"])


def note_closed(work: UnitOfWork, output_class: OutputClass, operation: str, about: str) -> None:
    """Write down that something closed is read; what is open anybody may read."""
    if output_class == "closed":
        note_read(work, f"analytics.{operation}", about)


def _ask(
    work: UnitOfWork, cutoff: date, *, nightly: bool, as_of: datetime | None = None
) -> str | None:
    run = repository.add_run(work, cutoff, nightly=nightly, as_of=as_of)
    if run is not None:
        publish(work, events.run_requested(run, cutoff))
    return run


def _after(page: Page) -> tuple[str, int] | None:
    if not page.after:
        return None
    if not _PLACE.fullmatch(page.after):
        raise no_cursor()
    run, _, place = page.after.partition(":")
    return run, int(place)


def _published(work: UnitOfWork, run: str | None) -> Mapping[str, Any]:
    found = None if run is None else repository.find_run(work, run)
    if found is None or found["state"] != "published":
        raise errors.NotPublished
    return found


def of_run(work: UnitOfWork, run: Mapping[str, Any]) -> dict[str, Any]:
    """What every answer says of the run that it is of."""
    return {
        "run_id": run["run_id"],
        "cutoff": run["cutoff"],
        "published_at": run["finished_at"],
        "stale": repository.is_stale(work, run),
    }


def _run(row: Mapping[str, Any]) -> Run:
    return Run(
        study=row["study_id"], **{name: row[name] for name in Run.model_fields if name != "study"}
    )


def _artefact(row: Mapping[str, Any]) -> ArtefactItem:
    closed = "closed/" if row["output_class"] == "closed" else ""
    served = (kind for kind, names in _SERVED.items() if names.fullmatch(row["name"]))
    kind = next(served, None)
    href = None if kind is None else f"{closed}{kind}/{row['name']}"
    return ArtefactItem(
        name=row["name"],
        output_class=row["output_class"],
        media_type=row["media_type"],
        size=row["size"],
        sha256=row["sha256"],
        href=href,
    )
