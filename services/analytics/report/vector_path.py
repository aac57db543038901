"""The path data of an SVG on a path of reportlab."""

import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(r"([A-Za-z])|([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)")
_NUMBERS_OF = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0}

Point = tuple[float, float]


def numbers(text: str) -> list[float]:
    """Every number in a text, in order."""
    return [float(number) for _, number in _TOKEN.findall(text) if number]


def draw_path(path: Any, data: str, origin: Point) -> None:
    """Draw absolute path data; ``origin`` is where its 0, 0 lies, with y upwards from there.

    Raises ValueError for a command that matplotlib does not write.
    """
    here: Point = (0.0, 0.0)
    for command, told in _commands(data):
        points = [
            (origin[0] + x, origin[1] - y) for x, y in zip(told[::2], told[1::2], strict=True)
        ]
        if command == "M":
            path.moveTo(*points[0])
        elif command == "L":
            path.lineTo(*points[0])
        elif command == "C":
            path.curveTo(*points[0], *points[1], *points[2])
        elif command == "Q":
            bend, end = points
            path.curveTo(*_third(bend, here), *_third(bend, end), *end)
        else:
            path.close()
        here = points[-1] if points else here


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    tokens = iter(_TOKEN.findall(data))
    for letter, _ in tokens:
        command = letter.upper() if letter == "z" else letter
        if command not in _NUMBERS_OF:
            raise ValueError(f"a path with {letter or 'a number without a command'!r}")
        yield command, [float(next(tokens)[1]) for _ in range(_NUMBERS_OF[command])]


def _third(bend: Point, end: Point) -> Point:
    """A control point of the cubic curve that is the quadratic one: two thirds towards the bend."""
    return (end[0] + 2 * (bend[0] - end[0]) / 3, end[1] + 2 * (bend[1] - end[1]) / 3)
