"""YAML text to plain data with the place of every value, strictly.

Built on the parser's events rather than on a loader: no tag is ever resolved, so nothing in a file
can construct an object, and every fault keeps its line. Refused: tags, anchors and aliases,
duplicate keys, and every plain word that YAML 1.1 reads as something else than it looks
(`NO`, `012`, `1e3`, `12:30`, `.nan`), decimals included.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from shared.study.faults import Fault, Path, path_text

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 40

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_AMBIGUOUS_WORD = re.compile(
    r"(?i:yes|no|on|off|true|false|null)|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
)
_NUMBER_LIKE = re.compile(
    r"[-+]?(0[xob])?[0-9][0-9_]*|[-+]?\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?i:inf|nan)"
)
_PLAIN_VALUES = {"": None, "~": None, "null": None, "true": True, "false": False}
_SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Tree:
    """Plain data (dict, list, text, integer, boolean, None), the line and column of every value
    and key (from 1), and the faults found on the way."""

    data: Any = None
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def place(self, path: Path, *, at_key: bool = False) -> tuple[int, int]:
        """Line and column of the value (or key) at `path`, or of its nearest ancestor."""
        if at_key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def fault(self, place: tuple[int, int], path: Path, message: str) -> None:
        """Notes a fault."""
        self.faults.append(Fault(*place, path_text(path), message))


class _UnreadableError(Exception):
    """The rest of the text cannot be read; the fault is already noted."""


def read_tree(text: str) -> Tree:
    """The data of one YAML document; `data` is None if the text cannot be read at all."""
    tree = Tree()
    if len(text) > MAX_CHARACTERS:
        tree.fault((1, 1), (), f"the file is longer than {MAX_CHARACTERS} characters")
        return tree
    try:
        _Builder(tree, iter(_SAFE_LOADER(text).get_event, None)).document()
    except _UnreadableError:
        tree.data = None
    except yaml.MarkedYAMLError as error:
        tree.data = None
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        tree.fault(place, (), f"not valid YAML: {error.problem or error.context}")
    except yaml.YAMLError as error:
        tree.data = None
        reason = getattr(error, "reason", None) or str(error).splitlines()[0]
        tree.fault(_reader_place(error, text), (), f"not valid YAML: {reason}")
    return tree


def _reader_place(error: yaml.YAMLError, text: str) -> tuple[int, int]:
    position = getattr(error, "position", None)
    before = text[: position if isinstance(position, int) else 0]
    return (before.count("\n") + 1, len(before) - before.rfind("\n"))


def _place(event: Any) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1)


class _Builder:
    def __init__(self, tree: Tree, events: Iterator[Any]) -> None:
        self.tree = tree
        self.events = events

    def document(self) -> None:
        empty = True
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if not empty:
                    self.tree.fault(_place(event), (), "a file holds one document")
                    raise _UnreadableError
                empty = False
                self.tree.data = self.node(next(self.events), ())
        if empty:
            self.tree.fault((1, 1), (), "the file is empty")

    def node(self, event: Any, path: Path) -> Any:
        self.tree.values[path] = _place(event)
        if len(path) > MAX_DEPTH:
            self.tree.fault(_place(event), path, f"nested deeper than {MAX_DEPTH} levels")
            raise _UnreadableError
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self.tree.fault(_place(event), path, "YAML anchors and aliases are refused")
        elif event.tag not in (None, "!"):
            self.tree.fault(_place(event), path, "YAML tags are refused")
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path)
        return None if isinstance(event, yaml.AliasEvent) else self.scalar(event, path)

    def mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self.tree.fault(_place(event), path, "a key is plain text")
                raise _UnreadableError
            key, key_path = event.value, (*path, event.value)
            if key in found:
                self.tree.fault(_place(event), key_path, f"the key {key} appears twice")
                self.discard(key_path)
                continue
            self.tree.keys[key_path] = _place(event)
            found[key] = self.node(next(self.events), key_path)
        return found

    def discard(self, path: Path) -> None:
        """Reads past a value without keeping it, or the faults within it."""
        kept = (self.tree.values, self.tree.keys, self.tree.faults)
        self.tree.values, self.tree.keys, self.tree.faults = {}, {}, []
        self.node(next(self.events), path)
        self.tree.values, self.tree.keys, self.tree.faults = kept

    def sequence(self, path: Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self.node(event, (*path, len(found))))
        return found

    def scalar(self, event: Any, path: Path) -> Any:
        text = event.value
        if event.style not in (None, ""):
            return text
        if text in _PLAIN_VALUES:
            return _PLAIN_VALUES[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _NUMBER_LIKE.fullmatch(text):
            message = f'a number that is no plain integer is written in quotes: "{text}"'
            self.tree.fault(_place(event), path, message)
        elif _AMBIGUOUS_WORD.fullmatch(text):
            message = f'YAML does not read this word as text; write it in quotes: "{text}"'
            self.tree.fault(_place(event), path, message)
        return text
