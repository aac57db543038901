"""The template in the emulator, once for all tests here: ``make emulate`` runs them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.emulation.deployment import deployed
from infra.local.home import Home
from infra.ports import free_port
from infra.postgres import Cluster
from tests.emulation.emulated import Emulated
from tests.support.places import memory

ASKED = "INDUCT_EMULATE"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    if os.environ.get(ASKED):
        return
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="minutes, and an emulator: `make emulate`"))


@pytest.fixture(scope="session")
def emulated() -> Iterator[Emulated]:
    folder = Path(tempfile.mkdtemp(prefix="induct-emulated-", dir=memory()))
    folder.chmod(0o755)
    home = Home(folder, free_port())
    try:
        with deployed(home) as made:
            yield Emulated(made)
    finally:
        Cluster(home.postgres).destroy()
        shutil.rmtree(folder, ignore_errors=True)
