"""The sheet that lies with a site's envelopes: what to do, and where to write it down."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from services.randomization.documents.facts import Mode
from services.randomization.documents.markup import Markup, datum, element
from services.randomization.documents.page import (
    Column,
    Frame,
    document,
    fact_list,
    identifier,
    section,
    table,
)

NAME = "Envelopes for a downtime"
_SHOWN_HASH = 16
_COLUMNS = (
    Column("Envelope"),
    Column("Commitment"),
    Column("Child", wide=True),
    Column("Opened at, with time zone", wide=True),
    Column("Arm"),
    Column("Opened by", wide=True),
)
_STEPS = (
    "Use an envelope only while the system cannot be reached, and after the child passed the gate.",
    "Find the child's stratum. Take its first envelope that nobody has opened. Never skip one.",
    "Ask the help desk for the code of this one envelope. Tell them site, child and reason.",
    "Open it with the file and the code: induct randomization open-envelope FILE --envelope NAME.",
    "Write child, moment, arm and your name into the row. The child now is randomized.",
    "When the system is back, enter every opened envelope on the same day, in its order.",
)


@dataclass(frozen=True, slots=True)
class PrintedEnvelope:
    """One row of the sheet. It holds nothing of the arm."""

    name: str
    stratum: str
    commitment: str


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """``envelopes`` stand by stratum, in their order."""

    study: str
    title: str
    mode: Mode
    site: str
    list_id: str
    manifest_sha256: str
    envelopes: Sequence[PrintedEnvelope]


def envelope_sheet(facts: SheetFacts) -> str:
    """The page, to be printed."""
    frame = Frame(
        study=facts.study,
        title=facts.title,
        mode=facts.mode,
        name=NAME,
        subtitle=f"Site {facts.site}. Keep the sheet with the envelopes, the codes elsewhere.",
        tab=f"Envelopes of {facts.site}",
    )
    by_stratum = groupby(facts.envelopes, key=lambda envelope: envelope.stratum)
    body = (
        fact_list(
            [
                ("List", identifier(facts.list_id)),
                ("Manifest, SHA-256", identifier(facts.manifest_sha256)),
            ]
        ),
        section("What to do", element("ol", (element("li", step) for step in _STEPS))),
        (section(stratum, _rows(stratum, list(rows))) for stratum, rows in by_stratum),
    )
    return document(frame, body, "An envelope that was opened is never closed or used again.")


def _rows(stratum: str, envelopes: Sequence[PrintedEnvelope]) -> Markup:
    rows = [
        (
            identifier(envelope.name),
            identifier(envelope.commitment[:_SHOWN_HASH]),
            *(datum("") for _ in _COLUMNS[2:]),
        )
        for envelope in envelopes
    ]
    return table(f"Envelopes of {stratum}", _COLUMNS, rows)
