"""Audit records as ODM, in the shape that the client's audit reader takes whole.

Measured against ``rwslib.extras.audit_event.ODMAdapter``: integers where it reads integers, an
instant without fraction or offset (UTC), reasons as CDATA.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from services.assessments.domain.rave.listing import StudyFacts, clinical_data
from services.assessments.domain.rave.markup import cdata, tag
from services.assessments.domain.rave.oids import number_of, subject_uuid

# What happened, in our words, and Rave's name for it where its streams have one. Names of our own
# say it in the same manner; a reader hands names that it does not know to its default.
SUBCATEGORIES = {
    "subject-created": "SubjectCreated",
    "subject-status": "SubjectStatusChanged",
    "entered": "Entered",
    "entered-empty": "EnteredEmpty",
    "corrected": "EnteredWithChangeCode",
    "removed": "EnteredEmpty",
    "query-open": "QueryOpen",
    "query-answer": "QueryAnswer",
    "query-close": "QueryClose",
    "query-auto-close": "QueryClose",
    "query-cancel": "QueryCancel",
    "query-reopen": "QueryOpen",
    "deviation": "CreatePD",
    "deviation-inactive": "Inactivated",
    "flag-verify": "Verify",
    "flag-unverify": "UnVerify",
    "flag-freeze": "Freeze",
    "flag-unfreeze": "UnFreeze",
    "flag-lock": "Lock",
    "flag-request-unlock": "UnlockRequested",
    "flag-reject-unlock": "UnlockRejected",
    "flag-approve-unlock": "UnLock",
    "flag-sign": "ValidESigCredential",
    "flag-void": "SignatureBroken",
}
_VALUES = frozenset({"entered", "corrected", "entered-empty", "removed"})
_QUERY_STATUS = {
    "open": "Open",
    "answered": "Answered",
    "closed": "Closed",
    "cancelled": "Cancelled",
}


@dataclass(frozen=True)
class Happening:
    """One audit record. ``number`` counts what the reader may see, without gaps.

    ``text`` is the new value, the query's or the deviation's words; None where a value was taken
    away. The fields from ``record`` on are None where nothing of a record is meant.
    """

    number: int
    kind: str
    subject: str
    site: str
    actor: str
    recorded_at: datetime
    reason: str
    definition_version: str | None = None
    record: str | None = None
    form: str | None = None
    visit: str | None = None
    repeat: int | None = None
    item: str | None = None
    text: str | None = None
    unit: str | None = None
    state: str | None = None
    thing: str | None = None
    null_flavour: str | None = None


def stamp(instant: datetime) -> str:
    """UTC without fraction and offset: the client's reader takes nothing else."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def audits(facts: StudyFacts, happenings: Iterable[Happening]) -> Iterator[str]:
    """One ClinicalData a happening."""
    for one in happenings:
        version = one.definition_version or facts.versions[-1]
        subject = _subject(facts, one)
        yield clinical_data(facts, version, subject, subcategory=SUBCATEGORIES[one.kind])


def _subject(facts: StudyFacts, one: Happening) -> str:
    values = {
        "SubjectKey": subject_uuid(facts.study, one.subject),
        "mdsol:SubjectKeyType": "SubjectUUID",
        "mdsol:SubjectName": one.subject,
        "mdsol:Status": one.state if one.kind.startswith("subject") else None,
        "TransactionType": "Insert" if one.kind == "subject-created" else "Upsert",
    }
    inner = _told(one) if one.record is None else _event(one, one.record)
    return tag("SubjectData", values, tag("SiteRef", {"LocationOID": one.site}), inner)


def _event(one: Happening, record: str) -> str:
    event = {
        "StudyEventOID": one.visit,
        "StudyEventRepeatKey": "1",
        "TransactionType": "Upsert",
        "mdsol:InstanceId": str(number_of(f"{one.subject}/{one.visit}")),
        "mdsol:InstanceName": one.visit,
    }
    form = {
        "FormOID": one.form,
        "FormRepeatKey": str(one.repeat),
        "TransactionType": "Upsert",
        "mdsol:DataPageName": one.form,
        "mdsol:DataPageId": str(number_of(record)),
    }
    inner = _told(one) if one.item is None else _group(one, record, one.item)
    return tag("StudyEventData", event, tag("FormData", form, inner))


def _group(one: Happening, record: str, item: str) -> str:
    group = {
        "ItemGroupOID": one.form,
        "ItemGroupRepeatKey": "1",
        "TransactionType": "Upsert",
        "mdsol:RecordId": str(number_of(f"{record}/line")),
    }
    values: dict[str, str | None] = {
        "ItemOID": f"{one.form}.{item}",
        "TransactionType": "Upsert",
    }
    if one.kind in _VALUES:
        values |= {"IsNull": "Yes"} if one.text is None else {"Value": one.text}
        values["induct:NullFlavour"] = one.null_flavour
    return tag("ItemGroupData", group, tag("ItemData", values, _told(one)))


def _told(one: Happening) -> str:
    """The audit record, and beside it what it is about, where that is no value."""
    if one.kind.startswith("query"):
        return _audit_record(one) + _query(one)
    if one.kind.startswith("deviation"):
        return _audit_record(one) + _deviation(one)
    if one.kind in _VALUES and one.unit:
        return _audit_record(one) + tag("MeasurementUnitRef", {"MeasurementUnitOID": one.unit})
    return _audit_record(one)


def _query(one: Happening) -> str:
    """The words of a question are its Value, those of an answer or a closing its Response."""
    asks = one.kind in {"query-open", "query-reopen"}
    values = {
        "QueryRepeatKey": str(number_of(one.thing or "")),
        "Value": one.text if asks else None,
        "Response": None if asks else one.text,
        "Status": _QUERY_STATUS.get(one.state or ""),
        "Recipient": "Site",
    }
    return tag("mdsol:Query", values)


def _deviation(one: Happening) -> str:
    values = {
        "ProtocolDeviationRepeatKey": str(number_of(one.thing or "")),
        "Value": one.text,
        "Status": "Active" if one.state == "standing" else "Inactive",
        "TransactionType": "Insert",
    }
    return tag("mdsol:ProtocolDeviation", values)


def _audit_record(one: Happening) -> str:
    return tag(
        "AuditRecord",
        {},
        tag("UserRef", {"UserOID": one.actor}),
        tag("LocationRef", {"LocationOID": one.site}),
        tag("DateTimeStamp", {}, stamp(one.recorded_at)),
        tag("ReasonForChange", {}, cdata(one.reason)) if one.reason else "",
        tag("SourceID", {}, str(one.number)),
    )
