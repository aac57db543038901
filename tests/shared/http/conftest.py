"""A client of the sample service."""

from collections.abc import Iterator

import pytest

from shared.identity.issuer import Issuer
from tests.shared.http.sample_app import SampleClient


@pytest.fixture
def sample(issuer: Issuer) -> Iterator[SampleClient]:
    client = SampleClient(issuer)
    yield client
    client.close()
