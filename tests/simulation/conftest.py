"""The workshop that the seeds of a worker share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.workshop import Workshop


@pytest.fixture(scope="package")
def workshop() -> Iterator[Workshop]:
    """A cluster to be mistreated, and a deployment to begin with."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("processes are looked at through /proc")
    with Workshop() as shop:
        yield shop
