"""Traces: taken from X-Ray or the caller, begun where there is none, and carried on by events."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.trace import trace_of

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
XRAY = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
W3C = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def test_a_callers_trace_goes_on_under_a_span_of_our_own() -> None:
    found = trace_of("request-1", f"00-{TRACE}-{PARENT}-01")
    assert (found.id, found.flags) == (TRACE, "01")
    assert found.span != PARENT
    assert found.traceparent == f"00-{TRACE}-{found.span}-01"


def test_the_trace_of_the_gateway_goes_before_that_of_the_caller() -> None:
    found = trace_of("request-1", f"00-{TRACE}-{PARENT}-00", XRAY)
    assert found.traceparent == f"00-5759e988bd862e3fe1be46a994272793-{found.span}-01"
    assert trace_of("request-1", None, XRAY.replace("Sampled=1", "Sampled=0")).flags == "00"


@pytest.mark.parametrize(
    "told",
    [
        None,
        "",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"01-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}",
        f" 00-{TRACE}-{PARENT}-01",
    ],
)
def test_work_without_a_trace_that_can_be_read_begins_its_own(told: str | None) -> None:
    found = trace_of("request-1", told, "Root=nothing")
    assert found == trace_of("request-1", None)
    assert found.id != TRACE
    assert found.id != trace_of("request-2", None).id


@given(st.text(), st.text(), st.text())
def test_whatever_is_told_the_trace_can_be_sent_on(work: str, told: str, xray: str) -> None:
    found = trace_of(work, told, xray)
    assert W3C.fullmatch(found.traceparent)
    assert trace_of("consumer", found.traceparent).id == found.id
