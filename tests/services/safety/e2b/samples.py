"""Where the ICH schemas, tables and FDA samples lie, which are never committed."""

import os
from pathlib import Path

import pytest

from services.safety.e2b.schema import SchemaSet

_CHECKOUT = Path(__file__).resolve().parents[4]
FOLDER = Path(os.environ.get("INDUCT_E2B_SAMPLES", _CHECKOUT.parent / "shared" / "e2b"))
SCENARIOS = ("FAERS2022Scenario3", "FAERS2022Scenario4", "FAERS2022Scenario8")

needs_samples = pytest.mark.skipif(
    not (FOLDER / "schema").is_dir(),
    reason="no ICH schemas and FDA samples: set INDUCT_E2B_SAMPLES, or ../shared/e2b",
)


def sample(name: str) -> bytes:
    """An FDA sample message or acknowledgement."""
    suffix = ".ack" if name.startswith("R3ack") else ".xml"
    return (FOLDER / "instances" / f"{name}{suffix}").read_bytes()


def schemas() -> SchemaSet:
    """The real ICH schemas, compiled once for all tests."""
    return _SCHEMAS


_SCHEMAS = SchemaSet(FOLDER / "schema")
