"""Use cases of the records that a published number rests on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.analytics import repository, service
from services.analytics.domain.adam.selection import Selection, selection_from
from services.analytics.domain.results import NOT_RANDOMIZED
from services.analytics.repository import OutputClass
from services.analytics.schemas import ResultItem, SourceItem, SourceRecord, Sources
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import NotFound


@dataclass(frozen=True)
class Found:
    """A result with what chooses its records, and where the dataset lies that holds them."""

    place: Mapping[str, Any]
    result: ResultItem
    selection: Selection
    object_key: str
    study: str
    after: int


def find(
    work: UnitOfWork, result: str, output_class: OutputClass, run: str | None, page: Page
) -> Found:
    """The result of a published run. Raises ``NotFound`` where the caller's class has none."""
    of, after = service.place_of(work, run, page)
    row = repository.find_result(work, of["run_id"], result, output_class)
    if row is None or row["result"].get("rests_on") is None:
        raise NotFound
    selection = selection_from(row["result"]["rests_on"])
    name = f"{selection.dataset.lower()}.json"
    file = repository.find_artefact(work, of["run_id"], name, output_class)
    if file is None:
        raise NotFound
    service.note_closed(work, output_class, "read_closed_sources", f"{of['run_id']}/{result}")
    place = service.of_run(work, of)
    item = service.result_item(row)
    return Found(place, item, selection, file["object_key"], work.study, after)


def sources(found: Found, content: bytes, page: Page) -> Sources:
    """The page of a result's records out of their dataset (Dataset-JSON)."""
    dataset = json.loads(content)
    names = [column["name"] for column in dataset["columns"]]
    withheld = found.selection.unknown(names)
    chosen = [] if withheld else _chosen(found.selection, names, dataset["rows"])
    rest = chosen[found.after : found.after + page.limit]
    end = found.after + len(rest)
    more = f"{found.place['run_id']}:{end}" if end < len(chosen) else None
    return Sources(
        **found.place,
        result=found.result,
        withheld=list(withheld),
        items=[_item(found.study, record) for record in rest],
        next=more,
    )


def _chosen(
    selection: Selection, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> list[dict[str, Any]]:
    records = (dict(zip(names, row, strict=True)) for row in rows)
    return [record for record in records if selection.takes(record)]


def _item(study: str, record: dict[str, Any]) -> SourceItem:
    subject = record["SUBJID"]
    explained = f"/randomization/v1/studies/{study}"
    return SourceItem(
        subject=subject,
        site=record["SITEID"],
        values=record,
        source=_source(study, subject, record),
        allocation=f"{explained}/attempts?subject={subject}"
        if record.get("DSSTEP") == NOT_RANDOMIZED
        else f"{explained}/allocations/{subject}/explanation",
    )


def _source(study: str, subject: str, record: Mapping[str, Any]) -> SourceRecord | None:
    # A row of ADSL rests on several items of a record; its variables name each.
    if record.get("SRCREC") is None or "SRCVAR" not in record:
        return None
    path = f"/assessments/v1/studies/{study}/subjects/{subject}/assessments/{record['SRCREC']}"
    return SourceRecord(
        form=record["SRCDOM"],
        item=record["SRCVAR"],
        visit=record["SRCVIS"],
        repeat=record["SRCSEQ"],
        record=record["SRCREC"],
        version=record["SRCVER"],
        href=f"{path}/versions",
    )
