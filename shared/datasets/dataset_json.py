"""CDISC Dataset-JSON 1.1, as one JSON document and as NDJSON (a row a line).

Source: CDISC Dataset-JSON 1.1 specification. Attributes come in its order. A decimal is a string
with ``dataType`` and ``targetDataType`` decimal, so that no digit is lost; a missing value is null.
"""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from shared.datasets.dataset import (
    About,
    Cell,
    Column,
    Dataset,
    Kind,
    Row,
    Survey,
    number_text,
)

VERSION = "1.1.0"
ORIGINATOR = "Induct"
_TYPES: dict[Kind, dict[str, str]] = {
    "text": {"dataType": "string"},
    "integer": {"dataType": "integer"},
    "decimal": {"dataType": "decimal", "targetDataType": "decimal"},
    "date": {"dataType": "date", "targetDataType": "integer"},
}


def metadata(dataset: Dataset, about: About, survey: Survey) -> dict[str, Any]:
    """Everything but the rows, in the order of the specification."""
    group = f"IG.{dataset.name}"
    return {
        "datasetJSONCreationDateTime": about.instant,
        "datasetJSONVersion": VERSION,
        "fileOID": f"{about.study}.{about.variant}.{about.instant}.{dataset.name}",
        "dbLastModifiedDateTime": about.instant,
        "originator": ORIGINATOR,
        "sourceSystem": {"name": ORIGINATOR, "version": about.system_version},
        "studyOID": about.study,
        "metaDataVersionOID": f"MDV.{about.definition_version}",
        "itemGroupOID": group,
        "records": survey.records,
        "name": dataset.name,
        "label": dataset.label,
        "columns": [_column(dataset, column) for column in dataset.columns],
    }


class NdjsonWriter:
    """The metadata on the first line, then one array a line."""

    def __init__(self, dataset: Dataset, about: About, survey: Survey) -> None:
        self._metadata = metadata(dataset, about, survey)

    def start(self) -> bytes:
        return _dump(self._metadata) + b"\n"

    def row(self, cells: Row) -> bytes:
        return _dump([_value(cell) for cell in cells]) + b"\n"

    def end(self) -> bytes:
        return b""


class JsonWriter:
    """One JSON document, whose last attribute is ``rows``."""

    def __init__(self, dataset: Dataset, about: About, survey: Survey) -> None:
        self._metadata = metadata(dataset, about, survey)
        self._between = b"\n"

    def start(self) -> bytes:
        return _dump(self._metadata)[:-1] + b',"rows":['

    def row(self, cells: Row) -> bytes:
        between, self._between = self._between, b",\n"
        return between + _dump([_value(cell) for cell in cells])

    def end(self) -> bytes:
        return b"\n]}\n"


def _column(dataset: Dataset, column: Column) -> dict[str, Any]:
    described = {
        "itemOID": f"IT.{dataset.name}.{column.name}",
        "name": column.name,
        "label": column.label,
        **_TYPES[column.kind],
    }
    if column.name in dataset.keys:
        described["keySequence"] = dataset.keys.index(column.name) + 1  # type: ignore[assignment]
    return described


def _value(cell: Cell) -> str | int | None:
    if isinstance(cell, date):
        return cell.isoformat()
    return number_text(cell) if isinstance(cell, Decimal) else cell


def _dump(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
