"""Kinds of documents that are included in a message, and how each is known."""

from dataclasses import dataclass
from functools import cache

from services.safety.e2b.tables import load


@dataclass(frozen=True, slots=True)
class MediaType:
    """A kind of file that receivers take, with how its content is known."""

    name: str
    extensions: tuple[str, ...]
    begins: bytes
    at: int
    text: bool

    def is_of(self, content: bytes) -> bool:
        """Whether the content is what its media type says."""
        if not self.text:
            return content[self.at : self.at + len(self.begins)] == self.begins
        try:
            return "\0" not in content.decode("utf-8")
        except UnicodeDecodeError:
            return False


@cache
def media_types() -> dict[str, MediaType]:
    """The kinds of file that are known, by name in lower case."""
    return {
        row["name"]: MediaType(
            name=row["name"],
            extensions=tuple(row["extensions"]),
            begins=bytes.fromhex(row.get("begins", "")),
            at=row.get("at", 0),
            text=row.get("text", False),
        )
        for row in load("media")["type"]
    }


def fits_name(media_type: str | None, file_name: str | None) -> bool:
    """Whether a file's name ends as its media type asks; True where one of them is not known."""
    known = media_types().get((media_type or "").lower())
    if known is None or file_name is None:
        return True
    stem, dot, extension = file_name.rpartition(".")
    return bool(stem and dot) and extension.lower() in known.extensions
