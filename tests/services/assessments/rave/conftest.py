"""The face on a port, with a credential that may write."""

from collections.abc import Iterator

import pytest

from tests.services.assessments.rave.world import Rave, Server
from tests.services.assessments.support import Trial


@pytest.fixture
def rave(trial: Trial) -> Iterator[Rave]:
    server = Server(trial.api.app)
    server.start()
    yield Rave(trial, server.url)
    server.stop()
