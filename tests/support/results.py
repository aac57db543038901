"""Writes how each test ended to the file that ``INDUCT_RESULTS`` names, for the validation pack."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.validation import results

VARIABLE = "INDUCT_RESULTS"


class ResultsFile:
    """Of a run on several workers it is the controller that hears of every test."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ended: list[tuple[str, str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # A test is its call; what failed or was skipped before or after it counts for it too.
        if report.when == "call" or report.outcome != "passed":
            self.ended.append((report.nodeid, report.outcome))

    def pytest_sessionfinish(self) -> None:
        results.write(self.file, self.ended, datetime.now(UTC))


def register(config: pytest.Config) -> None:
    """Begin to listen, where the variable is set and this is no worker."""
    if os.environ.get(VARIABLE) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(ResultsFile(Path(os.environ[VARIABLE])))
