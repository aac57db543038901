"""Files of revealed lists, whole or forged."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.docs.verifier import spelled, world


@pytest.fixture
def put(tmp_path: Path) -> Callable[[bytes], Path]:
    """Writes a file to check."""

    def write(raw: bytes) -> Path:
        file = tmp_path / "reveal.json"
        file.write_bytes(raw)
        return file

    return write


@pytest.fixture
def forge(put: Callable[[bytes], Path]) -> Callable[..., Path]:
    """Writes a revealed list after a change, with a digest that fits."""

    def write(change: Callable[[dict[str, Any]], object], method: str = "permuted_blocks") -> Path:
        content = copy.deepcopy(json.loads(world(method, 3).revealed))
        change(content)
        return put(spelled(content))

    return write
