"""What a receiver answers, as data; free of XML."""

from dataclasses import dataclass
from enum import StrEnum

from services.safety.e2b.values import Stamp


class BatchCode(StrEnum):
    """The answer to a batch: all accepted, some not, not even parsed."""

    AA = "AA"
    AE = "AE"
    AR = "AR"


class MessageCode(StrEnum):
    """The answer to one report: accepted, rejected."""

    CA = "CA"
    CR = "CR"


@dataclass(frozen=True, slots=True)
class MessageAnswer:
    """ACK.B.r. ``target`` is verbatim: receivers write C.1.1, or N.2.r.1, a space and C.1.1.

    ``text`` is verbatim too; one receiver joins several errors by ";" and cuts them off.
    """

    target: str
    code: MessageCode
    created: Stamp | None = None
    number: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """ACK.M and ACK.A: the acknowledgement of one batch."""

    batch: str
    code: BatchCode
    number: str | None = None
    local_number: str | None = None
    created: Stamp | None = None
    transmitted: Stamp | None = None
    sender: str | None = None
    receiver: str | None = None
    text: str | None = None
    messages: tuple[MessageAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class TransportReceipt:
    """That a gateway took a file, such as an MDN; says nothing of its content."""

    batch: str
    reference: str = ""
