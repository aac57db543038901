"""One acknowledgement taken in: read, matched, and what of it a person must look at. Imports lxml.

The caller keeps the raw bytes first; nothing here raises, whatever they are.
"""

import hashlib
from dataclasses import dataclass

from services.safety.e2b.acknowledgement.answers import BatchAnswer
from services.safety.e2b.acknowledgement.matching import Parked, SentIn, Submission, match
from services.safety.e2b.acknowledgement.parse import NotAnAnswerError, parse
from services.safety.e2b.wire import NotReadableError


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file. ``sha256`` makes a second delivery of it known.

    ``fault`` says why it is no acknowledgement; ``submission`` is what it answers, and ``parked``
    holds what fits nothing that was sent. One of the three is always there.
    """

    sha256: str
    answer: BatchAnswer | None = None
    submission: Submission | None = None
    parked: tuple[Parked, ...] = ()
    fault: str | None = None

    @property
    def needs_a_person(self) -> bool:
        """Whether it belongs in the visible queue, with an alarm."""
        return self.fault is not None or bool(self.parked)


def take(raw: bytes, sent: SentIn) -> Taken:
    """Read and match a file; ``sent`` finds a submission by its batch number N.1.2."""
    sha256 = hashlib.sha256(raw).hexdigest()
    try:
        answer = parse(raw)
    except NotReadableError as error:
        return Taken(sha256, fault=error.fault.value)
    except NotAnAnswerError:
        return Taken(sha256, fault="e2b.not_an_answer")
    submission, parked = match(answer, sent)
    return Taken(sha256, answer, submission, parked)
