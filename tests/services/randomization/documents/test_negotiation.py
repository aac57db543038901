"""Which media type an Accept header gets (RFC 9110, 12.5.1)."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.randomization.documents.negotiation import choose
from shared.http.problems import NotAcceptable

JSON, HTML, PDF = "application/json", "text/html", "application/pdf"
OFFERED = (JSON, HTML, PDF)


@pytest.mark.parametrize("accept", [None, "", "  ", "*/*", "*/*;q=0.1", "text/html;q=0.5, */*"])
def test_the_first_on_offer_goes_to_who_does_not_mind(accept: str | None) -> None:
    assert choose(accept, OFFERED) == JSON


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("text/html", HTML),
        ("TEXT/Html", HTML),
        ("application/pdf, application/json;q=0.9", PDF),
        ("application/json;q=0.2, application/pdf;q=0.3", PDF),
        ("application/pdf;q=0.001, image/png", PDF),
        ("application/*", JSON),
        ("application/*;q=0.5, text/*;q=0.6", HTML),
        ("*/*, application/json;q=0", HTML),
        ("*/*;q=0.5, application/json;q=0.4", HTML),
        ("application/*;q=0, text/html;q=0.1", HTML),
        # The closest range decides, not the highest weight.
        ("application/*;q=1, application/json;q=0.1, application/pdf;q=0.2", PDF),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", HTML),
        ("text/html; charset=utf-8", HTML),
        ('text/html;charset="UTF-8" ;q=0.7, application/json;q=0.5', HTML),
        ("text/html ; q=1.000", HTML),
        ("text/html;q=1.", HTML),
        (",, text/html ,", HTML),
        ('image/png;title="a, text/html", application/pdf', PDF),
        ("nonsense, application/pdf", PDF),
        ("*/pdf, text/html", HTML),
        ("application/json;q=2, text/html;q=0.1", HTML),
        ("application/json;q=0.1234, text/html;q=0.1", HTML),
    ],
)
def test_the_caller_gets_what_it_likes_best(accept: str, chosen: str) -> None:
    assert choose(accept, OFFERED) == chosen


@pytest.mark.parametrize(
    "accept",
    [
        "image/png",
        "text/html;q=0",
        "*/*;q=0",
        "application/json;q=0.000",
        "text/plain, image/*",
        "text/html;level=1",
        "text/html;charset=utf-16",
        "nonsense",
        "*/html",
        '"',
    ],
)
def test_nothing_on_offer_is_not_acceptable(accept: str) -> None:
    with pytest.raises(NotAcceptable) as refused:
        choose(accept, OFFERED)
    assert refused.value.status == 406
    assert PDF in refused.value.detail


@given(accept=st.text(alphabet=st.sampled_from('abt/*;,q=01.5" \\'), max_size=60))
def test_any_header_is_answered_or_refused(accept: str) -> None:
    with contextlib.suppress(NotAcceptable):
        assert choose(accept, ("a/b", "t/a")) in {"a/b", "t/a"}


@given(
    weights=st.tuples(*[st.integers(0, 1000)] * 3).filter(any),
)
def test_the_highest_weight_wins_and_the_order_on_offer_breaks_ties(
    weights: tuple[int, int, int],
) -> None:
    accept = ", ".join(
        f"{name};q={weight / 1000:.3f}" for name, weight in zip(OFFERED, weights, strict=True)
    )
    assert choose(accept, OFFERED) == OFFERED[weights.index(max(weights))]


def test_a_long_hostile_header_is_read_in_no_time() -> None:
    """Quadratic work on 64 kB would take minutes, and the runner would stop it."""
    for part in (";", "a/b;", '"\\', "a/b; q=0.5,", "  ", "a/b;a=", ","):
        with contextlib.suppress(NotAcceptable):
            choose(part * (64_000 // len(part)), OFFERED)
