"""The workshop that the seeds of a worker share."""

from collections.abc import Iterator

import pytest

from tests.simulation.workshop import Workshop


@pytest.fixture(scope="package")
def workshop() -> Iterator[Workshop]:
    """A cluster to be mistreated, and a deployment to begin with."""
    with Workshop() as shop:
        yield shop
