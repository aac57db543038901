"""Figures and reports as readers get them."""

import hashlib
from typing import Any

import pytest

from tests.services.analytics.trial import Trial

pytestmark = pytest.mark.drawn


@pytest.mark.parametrize("closed", [False, True])
def test_a_figure_comes_with_its_type_and_its_hash_as_strong_etag(
    freireich: Trial, closed: bool
) -> None:
    freireich.publish()
    path = "/closed/figures/REMDUR.svg" if closed else "/figures/REMDUR.svg"
    answer = freireich.api.get(path, role="dmc")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<?xml")
    assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    wanted = "no-store" if closed else "private, no-cache"
    assert answer.headers["Cache-Control"] == wanted


def test_a_figure_that_the_reader_has_is_not_sent_again(freireich: Trial) -> None:
    freireich.publish()

    def get(tag: str) -> Any:
        return freireich.api.get(
            "/figures/REMDUR.svg", role="sponsor", headers={"If-None-Match": tag}
        )

    tag = get('"x"').headers["ETag"]
    for known in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        assert (get(known).status_code, get(known).content) == (304, b"")
    assert get('"x"').status_code == 200


@pytest.mark.parametrize(
    ("name", "media_type", "magic"),
    [("html", "text/html; charset=utf-8", b"<!doctype html>"), ("pdf", "application/pdf", b"%PDF")],
)
@pytest.mark.parametrize("output_class", ["open", "closed"])
def test_a_report_comes_with_its_type_and_its_hash_and_a_closed_one_is_not_kept(
    freireich: Trial, name: str, media_type: str, magic: bytes, output_class: str
) -> None:
    freireich.publish()
    place = "reports" if output_class == "open" else "closed/reports"
    answer = freireich.api.get(f"/{place}/{output_class}.{name}", role="dmc")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
    assert answer.content.startswith(magic)
    assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    kept = {"open": "private, no-cache", "closed": "no-store"}[output_class]
    assert answer.headers["Cache-Control"] == kept
