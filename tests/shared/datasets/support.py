"""A small dataset in hand, and how a writer's bytes are gathered."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from shared.datasets.dataset import About, Column, Dataset, Row, Survey, Writer
from shared.datasets.xpt import look_at

ABOUT = About(
    study="NCT05748171",
    title="A trial",
    variant="blinded",
    as_of=datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC),
    definition_version="1.0.0",
    system_version="0.1.0",
)
LB = Dataset(
    "LB",
    "Laboratory Test Results",
    (
        Column("USUBJID", "Unique Subject Identifier", "text"),
        Column("LBSEQ", "Sequence Number", "integer"),
        Column("LBORRES", "Result or Finding in Original Units", "text"),
        Column("LBSTRESN", "Numeric Result/Finding in Standard Units", "decimal"),
    ),
    ("USUBJID", "LBSEQ"),
)
ROWS: tuple[Row, ...] = (
    ("NCT-1", 1, "0.0100", Decimal("0.0100")),
    ("NCT-1", 2, "<5", None),
    ("NCT-2", 1, 'Fièvre, "39 °C"\nthen more', Decimal("-1234567.891")),
    ("NCT-2", 2, None, Decimal("0.00005")),
)


def surveyed(dataset: Dataset, rows: Iterable[Row]) -> Survey:
    survey = Survey()
    for row in rows:
        look_at(survey, dataset, row)
    return survey


def written(writer: Writer, rows: Iterable[Row]) -> bytes:
    return writer.start() + b"".join(writer.row(row) for row in rows) + writer.end()
