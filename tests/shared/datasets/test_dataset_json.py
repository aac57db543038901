"""Dataset-JSON 1.1 by the rules of its specification, and by a reader that is not ours."""

import json
from typing import Any

import jsonschema
import pytest

from shared.datasets.dataset_json import JsonWriter, NdjsonWriter
from tests.shared.datasets.support import ABOUT, LB, ROWS, surveyed, written

ORDER = [
    "datasetJSONCreationDateTime",
    "datasetJSONVersion",
    "fileOID",
    "dbLastModifiedDateTime",
    "originator",
    "sourceSystem",
    "studyOID",
    "metaDataVersionOID",
    "metaDataRef",
    "itemGroupOID",
    "isReferenceData",
    "records",
    "name",
    "label",
    "columns",
    "rows",
]
TYPES = ["string", "integer", "decimal", "float", "double", "boolean", "datetime", "date", "time",
         "URI"]  # fmt: skip
RULES = {
    "type": "object",
    "required": ["datasetJSONCreationDateTime", "datasetJSONVersion", "itemGroupOID", "records",
                 "name", "label", "columns"],
    "properties": {name: {} for name in ORDER} | {
        "datasetJSONVersion": {"const": "1.1.0"},
        "datasetJSONCreationDateTime": {
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$"},
        "records": {"type": "integer", "minimum": 0},
        "sourceSystem": {
            "type": "object", "required": ["name", "version"], "additionalProperties": False,
            "properties": {"name": {"type": "string"}, "version": {"type": "string"}}},
        "columns": {
            "type": "array", "minItems": 1,
            "items": {
                "type": "object", "required": ["itemOID", "name", "label", "dataType"],
                "additionalProperties": False,
                "properties": {
                    "itemOID": {"type": "string"}, "name": {"type": "string"},
                    "label": {"type": "string"}, "dataType": {"enum": TYPES},
                    "targetDataType": {"enum": ["integer", "decimal"]},
                    "length": {"type": "integer"}, "displayFormat": {"type": "string"},
                    "keySequence": {"type": "integer", "minimum": 1}}}},
        "rows": {"type": "array", "items": {
            "type": "array", "items": {"type": ["string", "number", "boolean", "null"]}}},
    },
    "additionalProperties": False,
}  # fmt: skip
"""The rules of the specification's schema, in our own words."""

SURVEY = surveyed(LB, ROWS)


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(written(JsonWriter(LB, ABOUT, SURVEY), ROWS))
    return found


def test_the_document_keeps_the_rules_and_the_order_of_attributes() -> None:
    found = document()
    jsonschema.validate(found, RULES)
    assert list(found) == [name for name in ORDER if name in found]
    assert found["records"] == len(found["rows"]) == len(ROWS)


def test_decimals_are_strings_and_what_is_missing_is_null() -> None:
    found = document()
    assert found["rows"][0] == ["NCT-1", 1, "0.0100", "0.0100"]
    assert found["rows"][1][3] is None
    assert found["rows"][3] == ["NCT-2", 2, None, "0.00005"]
    column = found["columns"][3]
    assert (column["dataType"], column["targetDataType"]) == ("decimal", "decimal")


def test_the_creation_time_is_the_as_of_instant() -> None:
    assert document()["datasetJSONCreationDateTime"] == "2026-03-01T12:00:05+00:00"


def test_ndjson_is_the_metadata_then_one_array_a_line() -> None:
    lines = written(NdjsonWriter(LB, ABOUT, SURVEY), ROWS).decode().splitlines()
    found = document()
    assert [json.loads(line) for line in lines[1:]] == found.pop("rows")
    assert json.loads(lines[0]) == found


@pytest.mark.parametrize("rows", [(), ROWS[:1], ROWS])
def test_a_stranger_reads_the_document(rows: Any) -> None:
    from odmlib.dataset_json_1_1 import model

    content = written(JsonWriter(LB, ABOUT, surveyed(LB, rows)), rows)
    found = json.loads(content)
    columns = [model.Column(**column) for column in found.pop("columns")]
    source = model.SourceSystem(**found.pop("sourceSystem"))
    read = model.DatasetJSON(**found, columns=columns, sourceSystem=source)
    assert read.to_dict().get("rows", []) == json.loads(content)["rows"]
