"""What a request of the safety service does not need is not imported for it."""

import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[3]
_HEAVY = ("lxml", "reportlab")


@pytest.mark.parametrize(
    "module",
    [
        "services.safety.entrypoint",
        "services.safety.e2b.model",
        "services.safety.e2b.rules.check",
        "services.safety.e2b.gateway",
        "services.safety.e2b.acknowledgement.standing",
        "services.safety.e2b.terminology.meddra",
        "services.safety.documents.cioms",
        "services.safety.documents.from_report",
    ],
)
def test_a_module_off_the_way_of_xml_and_paper_loads_neither_library(module: str) -> None:
    code = f"import sys, {module}\nprint([m for m in {_HEAVY!r} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=_ROOT, check=True, capture_output=True, text=True
    )
    assert found.stdout.strip() == "[]"
