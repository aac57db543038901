"""Which test proves what: the markers, read from the text of the tests without running any."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
MARKER = "proves"


class MarkerError(ValueError):
    """A marker is not written so that it can be read; the message says where."""


@dataclass(frozen=True)
class Proof:
    """A test, by the id that pytest gives it (without parameters), and what it proves."""

    requirement: str
    kind: str
    test: str


def proofs_in(folder: Path, root: Path = PROJECT) -> list[Proof]:
    """The proofs of all tests below ``folder``, in order. Raises ``MarkerError``."""
    found: list[Proof] = []
    for file in sorted(folder.rglob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        if f"mark.{MARKER}(" in text:
            found.extend(proofs_of(text, file.relative_to(root).as_posix()))
    return found


def proofs_of(text: str, name: str) -> list[Proof]:
    """The proofs of one file, which pytest calls ``name``."""
    return [
        Proof(*_arguments(marker, name), test)
        for test, function in _functions(ast.parse(text).body, name)
        for marker in function.decorator_list
        if _is_marker(marker)
    ]


def _functions(body: Sequence[ast.stmt], name: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for each in body:
        if isinstance(each, ast.Assign) and any(map(_is_marker, _marks(each.value))):
            raise MarkerError(f"{name}, line {each.lineno}: a proof is told at its test")
        if isinstance(each, ast.ClassDef):
            yield from _functions(each.body, f"{name}::{each.name}")
        elif isinstance(each, ast.FunctionDef):
            if not each.name.startswith("test_") and any(map(_is_marker, each.decorator_list)):
                raise MarkerError(f"{name}, line {each.lineno}: {each.name} is no test")
            yield f"{name}::{each.name}", each


def _marks(value: ast.expr) -> Sequence[ast.expr]:
    return value.elts if isinstance(value, ast.List | ast.Tuple) else [value]


def _is_marker(node: ast.expr) -> bool:
    call = node.func if isinstance(node, ast.Call) else node
    return isinstance(call, ast.Attribute) and call.attr == MARKER


def _arguments(node: ast.expr, name: str) -> tuple[str, str]:
    match node:
        case ast.Call(
            args=[ast.Constant(value=str(requirement))],
            keywords=[ast.keyword(arg="kind", value=ast.Constant(value=str(kind)))],
        ):
            return requirement, kind
    raise MarkerError(f'{name}, line {node.lineno}: a proof is told as proves("ID", kind="KIND")')
