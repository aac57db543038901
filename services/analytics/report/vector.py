"""A figure on paper: its SVG as lines, shapes and words that can be searched, sharp at any size.

What is understood are the elements that matplotlib writes for the figures of a night. Anything else
is refused: a report that leaves out part of a figure in silence would be worse than none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree as ET

from reportlab.lib import colors
from reportlab.platypus import Flowable

from services.analytics.report.vector_path import draw_path, numbers

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
SILENT = frozenset(f"{SVG}{name}" for name in ("title", "desc", "metadata", "style", "defs"))
CAPS, JOINS = {"butt": 0, "round": 1, "square": 2}, {"miter": 0, "round": 1, "bevel": 2}
NON_ZERO = 1
# What SVG, and the style sheet of matplotlib's files, say where an element says nothing.
USUAL = {"fill": "#000000", "stroke": "none", "stroke-linejoin": "round", "stroke-linecap": "butt"}
TOLD = frozenset({
    *USUAL, "fill-opacity", "stroke-opacity", "stroke-width", "stroke-dasharray",
    "stroke-dashoffset", "font-size", "font-family", "font-weight", "text-anchor",
})  # fmt: skip

Style = Mapping[str, str]


class NotDrawn(ValueError):
    """An SVG that holds what is not drawn here."""


@dataclass(frozen=True, slots=True)
class Fonts:
    """Names of registered fonts."""

    regular: str
    bold: str


@dataclass(frozen=True, slots=True)
class _Place:
    """What an element inherits: what it looks like, and how far a reference moved it."""

    style: Style
    x: float = 0.0
    y: float = 0.0


class VectorFigure(Flowable):  # type: ignore[misc]
    """An SVG as large as fits into a width and a height. Raises ``NotDrawn`` when it is drawn."""

    def __init__(self, svg: bytes, room: tuple[float, float], fonts: Fonts) -> None:
        super().__init__()
        self.hAlign = "CENTER"
        # Drawn by this process a moment ago: no stranger's text.
        self._root = ET.fromstring(svg)  # noqa: S314  # nosec B314
        self._size = numbers(self._root.get("viewBox", ""))[2:]
        self._scale = min(most / own for most, own in zip(room, self._size, strict=True))
        self.width, self.height = (each * self._scale for each in self._size)
        self._fonts = fonts
        self._named = {e.get("id"): e for e in self._root.iter() if e.get("id") is not None}

    def draw(self) -> None:
        """Draw on the canvas that the page has given; y is downwards in SVG and upwards here."""
        self.canv.saveState()
        self.canv.scale(self._scale, self._scale)
        for child in self._root:
            self._element(child, _Place(USUAL))
        self.canv.restoreState()

    def _element(self, element: ET.Element, place: _Place) -> None:
        if element.tag in SILENT:
            return
        draw = {"g": self._group, "path": self._path, "use": self._use, "text": self._text}
        found = draw.get(element.tag.removeprefix(SVG))
        if found is None:
            raise NotDrawn(f"a figure holds {element.tag}")
        clip = element.get("clip-path")
        self.canv.saveState()
        if clip is not None:
            self._clip(clip)
        found(element, replace(place, style={**place.style, **_style(element)}))
        self.canv.restoreState()

    def _group(self, element: ET.Element, place: _Place) -> None:
        for child in element:
            self._element(child, place)

    def _use(self, element: ET.Element, place: _Place) -> None:
        target = self._named[element.get(LINK, "")[1:]]
        x, y = (float(element.get(name, "0")) for name in "xy")
        self._element(target, replace(place, x=place.x + x, y=place.y + y))

    def _clip(self, reference: str) -> None:
        (rect,) = self._named[reference.removeprefix("url(#").removesuffix(")")]
        x, y, width, height = (float(rect.get(n, "0")) for n in ("x", "y", "width", "height"))
        path = self.canv.beginPath()
        path.rect(x, self._size[1] - y - height, width, height)
        self.canv.clipPath(path, stroke=0, fill=0)

    def _path(self, element: ET.Element, place: _Place) -> None:
        style, canvas = place.style, self.canv
        fill, stroke = (style[name] != "none" for name in ("fill", "stroke"))
        if fill:
            canvas.setFillColor(_colour(style, "fill"))
        if stroke:
            canvas.setStrokeColor(_colour(style, "stroke"))
            canvas.setLineWidth(float(style.get("stroke-width", "1")))
            canvas.setLineCap(CAPS[style["stroke-linecap"]])
            canvas.setLineJoin(JOINS[style["stroke-linejoin"]])
            dashes = numbers(style.get("stroke-dasharray", ""))
            canvas.setDash(dashes, float(style.get("stroke-dashoffset", "0")))
        path = canvas.beginPath()
        draw_path(path, element.get("d", ""), (place.x, self._size[1] - place.y))
        canvas.drawPath(path, stroke=int(stroke), fill=int(fill), fillMode=NON_ZERO)

    def _text(self, element: ET.Element, place: _Place) -> None:
        style, canvas = place.style, self.canv
        x, y, angle = _anchor(element)
        bold = style.get("font-weight", "400") == "700"
        canvas.setFillColor(_colour(style, "fill"))
        size = float(style["font-size"].removesuffix("px"))
        canvas.setFont(self._fonts.bold if bold else self._fonts.regular, size)
        canvas.translate(x, self._size[1] - y)
        canvas.rotate(-angle)
        anchor = style.get("text-anchor", "start")
        write = {"start": "drawString", "middle": "drawCentredString", "end": "drawRightString"}
        getattr(canvas, write[anchor])(0, 0, "".join(element.itertext()))


def _style(element: ET.Element) -> Style:
    told = (each.partition(":") for each in element.get("style", "").split(";") if each.strip())
    found = {name.strip(): value.strip() for name, _, value in told}
    if not found.keys() <= TOLD:
        raise NotDrawn(f"a figure is styled by {min(found.keys() - TOLD)}")
    return found


def _colour(style: Style, what: str) -> Any:
    solid = colors.HexColor(style[what])
    alpha = float(style.get(f"{what}-opacity", "1"))
    return colors.Color(solid.red, solid.green, solid.blue, alpha=alpha)


def _anchor(element: ET.Element) -> tuple[float, float, float]:
    """Where a text stands and by how many degrees, clockwise, it is turned."""
    told = numbers(element.get("transform", ""))
    if element.get("x") is None:  # translate(x y) rotate(angle)
        return told[0], told[1], told[2]
    return float(element.get("x", "0")), float(element.get("y", "0")), told[0] if told else 0.0
