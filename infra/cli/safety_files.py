"""Files that the commands of ``induct safety`` read, and how their faults are told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.cli.console import Refused

if TYPE_CHECKING:
    from shared.study import StudyDefinition

DEFAULT_STUDY = "NCT05748171"


def decoded(path: Path) -> Any:
    """The JSON in a file, read as strictly as a request's."""
    from shared.http.strict_json import decode

    return decode(contents(path))


def contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be opened: {error.strerror}.") from None


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


def study_of(study: str | None, definition: Path | None) -> "StudyDefinition":
    """The definition in a file, or the shipped one of a study."""
    from shared.study.loading import load_definition, shipped_definitions, validate_file

    if definition is not None:
        if not definition.is_file():
            raise Refused(f"There is no file {definition}.")
        if validate_file(definition):
            raise Refused(f"{definition} has faults: induct study validate {definition}")
        return load_definition(definition)
    shipped = shipped_definitions()
    name = study or DEFAULT_STUDY
    if name not in shipped:
        known = ", ".join(sorted(shipped))
        raise Refused(f"No study {name} is shipped, only {known}: give --definition.")
    return load_definition(shipped[name])
