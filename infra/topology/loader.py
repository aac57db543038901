"""Reads a CloudFormation or SAM template into plain dictionaries.

The short YAML tags become their long form: ``!Ref X`` is ``{"Ref": "X"}``, ``!GetAtt A.B`` is
``{"Fn::GetAtt": ["A", "B"]}``, any other known ``!Name`` is ``{"Fn::Name": ...}``. What
CloudFormation does not know, or what YAML would let pass in silence (a key written twice, merge
keys), is refused with file and line.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from infra.topology.errors import TemplateError

if TYPE_CHECKING:
    from yaml import SafeLoader as _BaseLoader
else:
    try:  # The parser in C is about ten times faster; wheels without it exist.
        from yaml import CSafeLoader as _BaseLoader
    except ImportError:  # pragma: no cover
        from yaml import SafeLoader as _BaseLoader

# Source: AWS CloudFormation template reference, intrinsic and condition functions.
_FUNCTIONS = (
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "GetAZs",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
)
_PLAIN_NAMES = ("Ref", "Condition")

_MERGE_TAG = "tag:yaml.org,2002:merge"
_TIMESTAMP_TAG = "tag:yaml.org,2002:timestamp"


def load_template(path: Path) -> dict[str, Any]:
    """Read the template at ``path``.

    Raises:
        TemplateError: the file cannot be read, is not YAML, repeats a key, holds an unknown tag
            or is not a mapping. The text starts with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateError(f"{path}: cannot be read: {error}") from error
    return parse_template(text, str(path))


def parse_template(text: str, name: str) -> dict[str, Any]:
    """Read a template from its text; ``name`` stands for the file in errors.

    Raises:
        TemplateError: as for ``load_template``.
    """
    try:
        document = yaml.load(text, Loader=_TemplateLoader)  # noqa: S506 - a safe loader's subclass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}" if mark else name
        raise TemplateError(f"{where}: {error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise TemplateError(f"{name}: {error}") from error
    if not isinstance(document, dict):
        raise TemplateError(f"{name}:1: the template must be a mapping")
    return document


class _TemplateLoader(_BaseLoader):
    """The safe loader with CloudFormation's tags and without YAML's surprises."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        first_lines: dict[Any, int] = {}
        for key_node, _ in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == _MERGE_TAG:
                raise _fault(key_node, "CloudFormation does not know the merge key <<")
            if not isinstance(key_node, yaml.ScalarNode):
                raise _fault(key_node, "a key must be a plain value")
            key = self.construct_object(key_node, deep=True)
            if key in first_lines:
                raise _fault(
                    key_node, f"the key {key!r} was already set in line {first_lines[key]}"
                )
            first_lines[key] = line
        return super().construct_mapping(node, deep=deep)


# A date (AWSTemplateFormatVersion: 2010-09-09) is text in CloudFormation.
_TemplateLoader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if tag != _TIMESTAMP_TAG]
    for first, resolvers in _BaseLoader.yaml_implicit_resolvers.items()
}


def _fault(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _construct_function(loader: _TemplateLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if suffix in _PLAIN_NAMES:
        return {suffix: _name(loader, node, suffix)}
    if suffix == "GetAtt":
        return {"Fn::GetAtt": _attribute(loader, node)}
    if suffix in _FUNCTIONS:
        return {f"Fn::{suffix}": _value(loader, node)}
    raise _fault(node, f"the tag !{suffix} is not an intrinsic function of CloudFormation")


def _value(loader: _TemplateLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if not isinstance(node, yaml.ScalarNode):  # pragma: no cover - YAML has three kinds of nodes
        raise _fault(node, "unknown kind of node")
    return loader.construct_scalar(node)


def _name(loader: _TemplateLoader, node: yaml.Node, function: str) -> str:
    value = _value(loader, node)
    if not isinstance(value, str) or not value:
        raise _fault(node, f"!{function} takes one name")
    return value


def _attribute(loader: _TemplateLoader, node: yaml.Node) -> list[Any]:
    value = _value(loader, node)
    # Only the first dot separates: attribute names hold dots (Outputs.BucketName).
    parts = value.split(".", 1) if isinstance(value, str) else value
    if not isinstance(parts, list) or len(parts) != 2 or not all(parts):
        raise _fault(node, "!GetAtt takes a resource and an attribute")
    return parts


_TemplateLoader.add_multi_constructor("!", _construct_function)
