"""Commands of ``induct`` in this process: a process of their own imports for a second and more."""

import contextlib
import os
import sys
from collections.abc import Mapping
from typing import TextIO
from unittest.mock import patch

import pytest

from infra.cli.main import main
from tests.support.places import ROOT


def call(*words: str, environment: Mapping[str, str], out: TextIO, err: TextIO) -> int:
    """Run a command as a shell would, from the top of the project; its exit code."""
    with (
        contextlib.chdir(ROOT),
        patch.dict(os.environ, environment),
        patch.object(sys, "argv", ["induct", *words]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code
