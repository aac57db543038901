"""What stands in a report, whether on a page or on paper."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are shown; the first column names the rows. ``notes`` stand below."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


class Drawn(Protocol):
    """What has drawn a figure: this module knows no drawer."""

    @property
    def svg(self) -> bytes: ...

    @property
    def alt_text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with the words for who cannot see it."""

    caption: str
    alt_text: str
    svg: bytes

    @classmethod
    def of(cls, caption: str, drawing: "Drawn") -> "Picture":
        """A drawing with what stands below it."""
        return cls(caption, drawing.alt_text, drawing.svg)


Block: TypeAlias = Table | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what belongs to it."""

    title: str
    lead: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """``marking`` stands on top of every page where there is one, ``footer`` at its bottom;
    ``facts`` are pairs of a name and what it is."""

    title: str
    subtitle: str
    marking: str | None
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    footer: str
