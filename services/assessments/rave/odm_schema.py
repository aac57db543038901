"""The ODM that is taken, as OpenAPI describes XML: what the parser looks at, and no more.

It is tolerant of the rest, which it notes (``domain/rave/parser.py``); a document of a real client
has more in it than this.
"""

from typing import Any

from services.assessments.domain.rave.document import Transaction
from services.assessments.domain.rave.parser import MAX_FILE_OID, MAX_KEY
from services.assessments.domain.rave.xml_names import MDSOL_NAMESPACE, ODM_NAMESPACE

Schema = dict[str, Any]
# The signs that XML 1.0 can hold in an attribute, as far as they are of one unit.
_SIGNS = "^[\\u0020-\\uD7FF\\uE000-\\uFFFD]*$"
# A key is printable and does not begin or end with a blank.
_KEY: Schema = {"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": MAX_KEY}
_FILE: Schema = {"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": MAX_FILE_OID}
_TEXT: Schema = {"type": "string", "pattern": _SIGNS}
_YES_NO: Schema = {"type": "string", "enum": ["Yes", "No"]}
_DOING: Schema = {"type": "string", "enum": [each.value for each in Transaction]}


def schemas() -> dict[str, Schema]:
    """The elements by name, ``ODM`` the root."""
    return {
        "ODM": _element(
            {"FileOID": _FILE, "PriorFileOID": _FILE, "Originator": _TEXT},
            {"ClinicalData": "ClinicalData"},
            needed=["ClinicalData"],
            xml={"name": "ODM", "namespace": ODM_NAMESPACE},
        ),
        "ClinicalData": _element(
            {"StudyOID": _KEY}, {"SubjectData": "SubjectData"}, needed=["StudyOID", "SubjectData"]
        ),
        "SubjectData": _element(
            {"SubjectKey": _KEY, "TransactionType": _DOING},
            {"SiteRef": "SiteRef", "StudyEventData": "StudyEventData"},
            needed=["SubjectKey"],
        ),
        "SiteRef": _element({"LocationOID": _KEY}, needed=["LocationOID"]),
        "StudyEventData": _element(
            {"StudyEventOID": _KEY, "StudyEventRepeatKey": _TEXT, "TransactionType": _DOING},
            {"FormData": "FormData"},
            needed=["StudyEventOID"],
        ),
        "FormData": _element(
            {"FormOID": _KEY, "FormRepeatKey": _TEXT, "TransactionType": _DOING},
            {"ItemGroupData": "ItemGroupData"},
            needed=["FormOID"],
        ),
        "ItemGroupData": _element(
            {
                "ItemGroupOID": _TEXT,
                "ItemGroupRepeatKey": _TEXT,
                "TransactionType": _DOING,
                "mdsol:Submission": {
                    "type": "string",
                    "enum": ["SpecifiedItemsOnly", "WholeItemGroup"],
                },
            },
            {"ItemData": "ItemData"},
        ),
        "ItemData": _element(
            {
                "ItemOID": _KEY,
                "Value": _TEXT,
                "TransactionType": _DOING,
                "mdsol:SpecifyValue": _TEXT,
                "mdsol:Lock": _YES_NO,
                "mdsol:Freeze": _YES_NO,
                "mdsol:Verify": _YES_NO,
            },
            {"MeasurementUnitRef": "MeasurementUnitRef", "AuditRecord": "AuditRecord",
             "mdsol:Query": "Query"},
            needed=["ItemOID"],
        ),
        "MeasurementUnitRef": _element(
            {"MeasurementUnitOID": _KEY}, needed=["MeasurementUnitOID"]
        ),
        "AuditRecord": {
            "type": "object",
            "properties": {"ReasonForChange": _TEXT},
            "additionalProperties": False,
        },
        "Query": _element(
            {"Value": _TEXT, "Status": _TEXT, "Response": _TEXT, "Recipient": _TEXT,
             "QueryRepeatKey": _TEXT, "PrecedingQueryRepeatKey": _TEXT,
             "RequiresResponse": _YES_NO},
            xml={"name": "Query", "namespace": MDSOL_NAMESPACE, "prefix": "mdsol"},
        ),
        "Response": RESPONSE,
    }  # fmt: skip


def _element(
    attributes: dict[str, Schema],
    children: dict[str, str] | None = None,
    *,
    needed: list[str] | None = None,
    xml: Schema | None = None,
) -> Schema:
    shown = {name: schema | {"xml": _attribute(name)} for name, schema in attributes.items()}
    for name, element in (children or {}).items():
        item = {"$ref": f"#/components/schemas/{element}"}
        one: Schema = {"type": "array", "items": item, "minItems": 1, "maxItems": 3}
        shown[name] = item if element in _ONCE else one
    found: Schema = {"type": "object", "properties": shown, "additionalProperties": False}
    return found | ({"required": needed} if needed else {}) | ({"xml": xml} if xml else {})


_ONCE = frozenset({"SiteRef", "MeasurementUnitRef", "AuditRecord"})


def _attribute(name: str) -> Schema:
    prefix, colon, bare = name.partition(":")
    if not colon:
        return {"attribute": True}
    return {"attribute": True, "name": bare, "prefix": prefix, "namespace": MDSOL_NAMESPACE}


def _answered(name: str, words: str) -> tuple[str, Schema]:
    return name, {"type": "string", "description": words, "xml": {"attribute": True}}


# The answer to a file, and every refusal; no value of the file is in it.
RESPONSE: Schema = {
    "type": "object",
    "xml": {"name": "Response"},
    "required": ["ReferenceNumber", "IsTransactionSuccessful"],
    "properties": dict(
        [
            _answered("ReferenceNumber", "All faults, or notes, are told at reports/{reference}"),
            _answered("InboundODMFileOID", "FileOID of the file, or Not Supplied"),
            _answered("IsTransactionSuccessful", "1 or 0"),
            _answered("ReasonCode", "Code of the first fault"),
            _answered("ErrorOriginLocation", "Where it is, like an XPath"),
            _answered("SuccessStatistics", "What was touched, by five counters"),
            _answered("NewRecords", "Always empty"),
            _answered("SubjectNumberInStudy", "Subjects in the study"),
            _answered("SubjectNumberInStudySite", "Subjects at the site"),
            _answered("ErrorClientResponseMessage", "The first fault in words"),
        ]
    ),
}
