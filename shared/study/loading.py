"""Definition files: reading, and explaining every fault by line and path.

The only part of this package that needs PyYAML; request functions read stored JSON instead
(`shared.study.serialization`).
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path as FilePath
from types import MappingProxyType

from shared.study.checks import cross_reference_findings
from shared.study.definition import StudyDefinition
from shared.study.draft import Draft
from shared.study.faults import DefinitionError, Fault, Finding, path_text
from shared.study.structure import structural_findings
from shared.study.yaml_tree import Tree, read_tree


def validate_text(text: str) -> list[Fault]:
    """Every fault of a definition in YAML, by line; empty = valid."""
    return _examine(text)[1]


def validate_file(path: FilePath) -> list[Fault]:
    """Every fault of a definition file, by line; empty = valid. OSError if it cannot be opened."""
    return _examine_file(path)[1]


def load_text(text: str, name: str = "definition") -> StudyDefinition:
    """The definition in YAML text. Raises DefinitionError naming every fault."""
    tree, faults = _examine(text)
    return _definition(tree, faults, name)


def load_definition(path: FilePath) -> StudyDefinition:
    """The definition in a file. Raises DefinitionError naming every fault, OSError."""
    tree, faults = _examine_file(path)
    return _definition(tree, faults, path.name)


@cache
def shipped_definitions() -> Mapping[str, FilePath]:
    """Study id to file of the definitions that come with the product; looked for once a process."""
    folder = FilePath(str(resources.files("shared.study"))) / "definitions"
    return MappingProxyType(
        {
            read_tree(path.read_text("utf-8")).data["identity"]["id"]: path
            for path in sorted(folder.glob("*.yaml"))
        }
    )


def _examine_file(path: FilePath) -> tuple[Tree, list[Fault]]:
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return Tree(), [Fault(1, 1, "", "the file is not UTF-8 text")]
    return _examine(text)


def _definition(tree: Tree, faults: list[Fault], name: str) -> StudyDefinition:
    if faults:
        raise DefinitionError(name, faults)
    return StudyDefinition.model_validate_json(json.dumps(tree.data))


def _examine(text: str) -> tuple[Tree, list[Fault]]:
    tree = read_tree(text)
    if not isinstance(tree.data, dict):
        if not tree.faults:
            tree.fault((1, 1), (), "a definition is a mapping of sections")
        return tree, sorted(tree.faults)
    findings = [*structural_findings(tree.data), *cross_reference_findings(Draft(tree.data))]
    return tree, sorted({*tree.faults, *_placed(tree, findings)})


def _placed(tree: Tree, findings: Iterable[Finding]) -> list[Fault]:
    """Findings with their place; one at a place the reader already faulted adds nothing."""
    taken = {fault.path for fault in tree.faults}
    return [
        Fault(
            *tree.place(finding.path, at_key=finding.at_key),
            path_text(finding.path),
            finding.message,
        )
        for finding in findings
        if path_text(finding.path) not in taken
    ]
