"""What was noted of the trail outside the database, and whether the trail still goes on from there.

Who is master of the database can write a stream anew from its beginning, hash for hash, or put an
older state of everything in its place: the chain inside is whole then. What an earlier night noted
outside is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# So much of each row's hash is noted, to find the row; that all is there is told by the whole hash
# of the stream's end.
LINK = 4


@dataclass(frozen=True)
class End:
    """Where a stream ended when a night noted it. ``night``: as a person would name it."""

    seq: int
    hash: bytes
    night: str


@dataclass(frozen=True)
class Stream:
    """``links``: the first bytes of the hash of each row from the first on; ``ends`` by night."""

    links: bytes
    ends: Sequence[End]

    def rewritten(self, seq: int, found: bytes) -> str | None:
        """The night since which row ``seq`` has another hash than was noted; None where it has not,
        or where no night noted that row."""
        noted = self.links[LINK * (seq - 1) : LINK * seq] if seq >= 1 else b""
        if noted and noted != found[:LINK]:
            return next(end.night for end in self.ends if end.seq >= seq)
        for end in self.ends:
            if end.seq == seq and end.hash != found:
                return end.night
        return None


@dataclass(frozen=True)
class Noted:
    """All streams that were noted, by name."""

    streams: Mapping[str, Stream] = field(default_factory=dict)


NOTHING_NOTED = Noted()
