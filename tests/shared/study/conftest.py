"""The shipped definitions, as text to break and as loaded."""

from pathlib import Path

import pytest

from shared.study import StudyDefinition
from shared.study.loading import load_definition, shipped_definitions


@pytest.fixture(scope="session")
def shipped() -> dict[str, Path]:
    return shipped_definitions()


@pytest.fixture(scope="session")
def nct(shipped: dict[str, Path]) -> StudyDefinition:
    return load_definition(shipped["NCT05748171"])


@pytest.fixture(scope="session")
def freireich(shipped: dict[str, Path]) -> StudyDefinition:
    return load_definition(shipped["freireich-1963"])
