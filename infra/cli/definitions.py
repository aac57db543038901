"""Study definitions that commands are given: a shipped one by its id, or one in a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli.console import Refused

if TYPE_CHECKING:
    from shared.study import StudyDefinition

DEFAULT_STUDY = "NCT05748171"


def definition_of(study: str) -> "StudyDefinition":
    """A shipped definition by its id, or the one in a file. Raises ``Refused``."""
    from shared.study.faults import DefinitionError
    from shared.study.loading import load_definition, shipped_definitions

    path = shipped_definitions().get(study, Path(study))
    if not path.is_file():
        raise Refused(f"There is no study definition {study}.")
    try:
        return load_definition(path)
    except DefinitionError:
        raise Refused(f"{path} has faults: induct study validate {path}") from None


def study_of(named: str | None, definition: Path | None) -> "StudyDefinition":
    """The definition in a file that is given; else the shipped one that other data name: those may
    name no file. Raises ``Refused``."""
    from shared.study.loading import shipped_definitions

    if definition is not None:
        return definition_of(str(definition))
    name = named or DEFAULT_STUDY
    if name not in shipped_definitions():
        known = ", ".join(sorted(shipped_definitions()))
        raise Refused(f"No study {name} is shipped, only {known}: give --definition.")
    return definition_of(name)
