"""The shipped definition, and variants of it."""

import pytest

from services.assessments.domain.sight import Sight
from shared.study import StudyDefinition
from tests.support.definitions import shipped


@pytest.fixture(scope="session")
def definition() -> StudyDefinition:
    return shipped("NCT05748171")


@pytest.fixture(scope="session")
def open_sight(definition: StudyDefinition) -> Sight:
    """Sees everything."""
    return Sight(definition, sees_arm=True)


@pytest.fixture(scope="session")
def masked_sight(definition: StudyDefinition) -> Sight:
    """Must not learn the arm."""
    return Sight(definition, sees_arm=False)
