"""The study that files of ``induct safety`` are of."""

from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli.console import Refused

if TYPE_CHECKING:
    from shared.study import StudyDefinition

DEFAULT_STUDY = "NCT05748171"


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
