"""An ODM document of clinical data, as plain data. Every node knows where it stood."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Transaction(Enum):
    """What is to be done with a node (ODM 1.3.2, TransactionType)."""

    INSERT = "Insert"
    UPDATE = "Update"
    UPSERT = "Upsert"
    CONTEXT = "Context"
    REMOVE = "Remove"


@dataclass(frozen=True)
class Source:
    """An AuditRecord, Signature or ProtocolDeviation as sent: kept as source data.

    Actor and time of our own trail stay ours; what the sender says of its own is evidence, not
    the record.
    """

    at: str
    kind: str
    content: Mapping[str, str]


@dataclass(frozen=True)
class Query:
    """An mdsol:Query. ``repeat_key`` is the sender's, or ours as told in reads."""

    at: str
    value: str | None
    status: str | None
    response: str | None
    recipient: str | None
    repeat_key: str | None
    preceding: str | None
    requires_response: bool | None


@dataclass(frozen=True)
class Item:
    """An ItemData. ``value`` None and not ``is_null``: only addressed, nothing is changed."""

    at: str
    oid: str
    transaction: Transaction | None
    value: str | None
    is_null: bool
    specify: str | None = None
    unit: str | None = None
    lock: bool | None = None
    freeze: bool | None = None
    verify: bool | None = None
    reason: str | None = None
    queries: tuple[Query, ...] = ()


@dataclass(frozen=True)
class Group:
    """An ItemGroupData. ``whole``: items it does not mention lose their values."""

    at: str
    oid: str
    transaction: Transaction | None
    repeat_key: str | None
    whole: bool
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Form:
    at: str
    oid: str
    transaction: Transaction | None
    repeat_key: str | None
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Event:
    at: str
    oid: str
    transaction: Transaction | None
    repeat_key: str | None
    forms: tuple[Form, ...]


@dataclass(frozen=True)
class Subject:
    """A SubjectData. ``by_uuid``: ``key`` is a UUID and not the subject's number."""

    at: str
    study_oid: str
    key: str
    by_uuid: bool
    site: str | None
    transaction: Transaction
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Document:
    """``content_hash`` is over everything but CreationDateTime: an honest retry is built anew.

    ``notes`` say what was read otherwise than written, or left out.
    """

    file_oid: str | None
    prior_file_oid: str | None
    originator: str
    content_hash: str
    subjects: tuple[Subject, ...]
    sources: tuple[Source, ...]
    notes: tuple[str, ...]
