"""The trial into which a child's name was written."""

from collections.abc import Callable

import pytest

from shared.study import StudyDefinition
from tests.infra.database.redaction_world import STUDY, Written, write_name
from tests.support.api import ApiClient
from tests.support.database import TestDatabase


@pytest.fixture
def written(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> Written:
    """The name is in the first version of a record and of a case, and not corrected yet."""
    activate(STUDY)
    return write_name(client_for, database)


@pytest.fixture
def corrected(written: Written) -> Written:
    """What is in force holds the name no more."""
    written.correct()
    return written
