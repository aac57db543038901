"""The trace that a piece of work is part of, as W3C Trace Context and CloudEvents spell it.

A request takes the trace of its caller, or X-Ray's where Lambda tells one; each event it publishes
carries it on, and so does what a consumer publishes in turn. Ids alone: a trace holds no baggage.
"""

import hashlib
import re
from dataclasses import dataclass

# version, trace, parent, flags (https://www.w3.org/TR/trace-context/, 3.2); all zeros name nothing.
_TRACEPARENT = re.compile(
    r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})", re.ASCII
)
# What Lambda tells: X-Ray's id has the same 32 digits, and hyphens.
_XRAY = re.compile(r"Root=1-([0-9a-f]{8})-([0-9a-f]{24})\b", re.ASCII)
_XRAY_SAMPLED = re.compile(r"\bSampled=1\b", re.ASCII)
_SAMPLED, _NOT_SAMPLED = "01", "00"


@dataclass(frozen=True)
class Trace:
    """``id``: 32 hexadecimal digits; ``span``: 16, this work's own; ``flags``: 2, 01 = sampled."""

    id: str
    span: str
    flags: str

    @property
    def traceparent(self) -> str:
        """What the work tells those it calls or tells of something."""
        return f"00-{self.id}-{self.span}-{self.flags}"


def trace_of(work_id: str, traceparent: str | None, xray_header: str = "") -> Trace:
    """The trace of the work named ``work_id`` (a request, an event at its consumer).

    X-Ray's goes before the caller's ``traceparent``, since it began at the gateway; where neither
    can be read, the work begins a trace of its own. Ids follow from ``work_id``: nothing is drawn,
    and work that is repeated has the same span.
    """
    span = _digits(f"span {work_id}", 16)
    xray = _XRAY.search(xray_header)
    if xray is not None:
        sampled = _SAMPLED if _XRAY_SAMPLED.search(xray_header) else _NOT_SAMPLED
        return Trace(xray[1] + xray[2], span, sampled)
    given = _TRACEPARENT.fullmatch(traceparent or "")
    if given is not None:
        return Trace(given[1], span, given[2])
    return Trace(_digits(f"trace {work_id}", 32), span, _NOT_SAMPLED)


def _digits(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
