"""A file judged whole: schema, references, business rules; and the seal without which none leaves.

Imports lxml.
"""

import hashlib
from dataclasses import dataclass

from lxml import etree

from services.safety.e2b.generate import BATCH_ROOT, generate
from services.safety.e2b.model import Batch
from services.safety.e2b.parse import batch_of, loose_ends
from services.safety.e2b.rules.check import blocking, check
from services.safety.e2b.rules.eu import GateCheck, gate
from services.safety.e2b.rules.issues import Context, Issue, Profile, Severity
from services.safety.e2b.schema import SchemaSet
from services.safety.e2b.tables import load
from services.safety.e2b.wire import NotReadableError, WireFault, read, root_name

SCHEMA = "XSD"
REFERENCE = "ICH.G.k.9.i.REFERENCE"


@dataclass(frozen=True, slots=True)
class Validation:
    """What was found, and by what it was judged. ``sha256`` is of the file."""

    sha256: str
    profile: Profile
    rule_set: str
    schema_set: str | None
    terminology: str | None
    issues: tuple[Issue, ...]

    @property
    def may_be_sent(self) -> bool:
        return not blocking(self.issues)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file that may be sent, with the validation that says so."""

    raw: bytes
    batch: Batch
    validation: Validation


class NotSendableError(Exception):
    """The batch breaks a schema or a reject-class rule; ``validation`` names each."""

    def __init__(self, validation: Validation) -> None:
        super().__init__(f"{len(blocking(validation.issues))} issues block the hand-off")
        self.validation = validation


class GateClosedError(Exception):
    """The EU wants more than the rules before a SUSAR is handed off; ``missed`` names each item."""

    def __init__(self, missed: tuple[GateCheck, ...]) -> None:
        super().__init__("the gate misses " + ", ".join(check.id for check in missed))
        self.missed = missed


def validate(raw: bytes, profile: Profile, context: Context, schemas: SchemaSet) -> Validation:
    """Judge a file. Raises ``NotReadableError`` and ``SchemasMissingError``."""
    return judge(raw, profile, context, schemas)


def judge(raw: bytes, profile: Profile, context: Context, schemas: SchemaSet | None) -> Validation:
    """As ``validate``, or without schemas by references and rules alone: then ``schema_set`` is
    None, and nothing may be sent on the strength of it."""
    root = read(raw)
    if root_name(root) != BATCH_ROOT:
        raise NotReadableError(WireFault.WRONG_ROOT)
    return _judged(raw, root, batch_of(root), profile, context, schemas)


def _judged(
    raw: bytes,
    root: etree._Element,
    batch: Batch,
    profile: Profile,
    context: Context,
    schemas: SchemaSet | None,
) -> Validation:
    said = () if schemas is None else schemas.issues(root)
    found = [
        Issue(SCHEMA, Severity.REJECT, "", f"line {line}", "", words.strip())
        for line, _, words in (one.partition(":") for one in said)
    ]
    for number, ends in enumerate(loose_ends(root, batch), start=1):
        at, text = f"N.2.r[{number}]", "a role or an opinion points at nothing in the report"
        found += [Issue(REFERENCE, Severity.REJECT, "G.k.9.i.1", at, "G.k.9.i", text) for _ in ends]
    found += check(batch, profile, context)
    versions = load("versions")
    return Validation(
        sha256=hashlib.sha256(raw).hexdigest(),
        profile=profile,
        rule_set=versions["rule_set"],
        schema_set=None if schemas is None else schemas.version,
        terminology=None if context.terminology is None else context.terminology.version,
        issues=tuple(found),
    )


def judge_draft(
    raw: bytes, batch: Batch, profile: Profile, context: Context, schemas: SchemaSet | None
) -> Validation:
    """Judge a draft of our own: as ``validate``, or by references and rules alone without schemas.

    The batch is the one it was made of, and is not read back from the file: that takes longer than
    to judge it. What is sealed is read back.
    """
    return _judged(raw, read(raw), batch, profile, context, schemas)


def seal(batch: Batch, profile: Profile, context: Context, schemas: SchemaSet) -> Sealed:
    """The file of a batch, once nothing stands against it; for the EU the gate must be open too.

    Raises ``GateClosedError``, ``NotSendableError``, ``SchemasMissingError``,
    ``NotWritableError``, and ``NotReadableError`` for a file larger than receivers take.
    """
    if profile is Profile.EU_CTR:
        reported = context.initial is False
        checks = [
            one
            for each in batch.messages
            for one in gate(each, susar=context.susar, reported=reported)
        ]
        missed = tuple(check for check in checks if not check.held)
        if missed:
            raise GateClosedError(missed)
    raw = generate(batch)
    validation = validate(raw, profile, context, schemas)
    if not validation.may_be_sent:
        raise NotSendableError(validation)
    return Sealed(raw, batch, validation)
