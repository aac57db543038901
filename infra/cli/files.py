"""Files that commands read, and how their faults are told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.cli.console import Refused


def contents(path: Path) -> bytes:
    """The bytes of a file. Raises ``Refused``."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be opened: {error.strerror}.") from None


def decoded(path: Path) -> Any:
    """The JSON in a file, read as strictly as a request's. Raises ``Refused``."""
    from shared.http.strict_json import decode

    with refusals_in_words(path):
        return decode(contents(path))


@contextmanager
def refusals_in_words(path: Path) -> Iterator[None]:
    """A problem of what stands in the file, as lines for a person: where, which, and in words."""
    from shared.http.problems import Problem

    try:
        yield
    except Problem as problem:
        lines = [f"  {each.pointer}: {each.code}: {each.detail}" for each in problem.errors]
        detail = problem.detail or problem.title
        raise Refused("\n".join([f"{path} cannot be used: {detail}", *lines])) from None
