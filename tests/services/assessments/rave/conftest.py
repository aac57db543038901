"""The face on a port, with a credential that may write."""

from collections.abc import Iterator

import pytest

from tests.services.assessments.rave.world import Rave, Server
from tests.services.assessments.support import Trial
from tests.support.pool import Begin


@pytest.fixture
def rave(trial: Trial, begin: Begin) -> Iterator[Rave]:
    server = Server(trial.api.app)
    server.start()
    opened = Rave(trial, server.url)
    secret = begin("edc may write", lambda: opened.credential("edc", "edc"))
    opened.edc = opened.with_secret("edc", secret)
    yield opened
    server.stop()
