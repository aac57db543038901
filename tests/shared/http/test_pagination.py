"""Pages: each row once, in order, whatever the size of a page and whatever is added meanwhile."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.pagination import DIGITS, MAX_LIMIT, Page
from shared.http.problems import InvalidContent
from shared.study import StudyDefinition
from tests.services.randomization.world import SITE
from tests.support.api import ApiClient


@given(keys=st.sets(st.text("ABC-09", min_size=1, max_size=4)), limit=st.integers(1, MAX_LIMIT))
def test_pages_put_together_are_the_whole(keys: set[str], limit: int) -> None:
    stored = [{"key": key} for key in sorted(keys)]
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = Page(after, limit)
        rows = [row for row in stored if row["key"] > page.after][: page.limit + 1]
        assert len(page.cut(rows)) <= limit
        seen += [row["key"] for row in page.cut(rows)]
        after = page.next(rows, "key")
    assert seen == sorted(keys)


@pytest.mark.parametrize("after", ["", "7", "0", "9" * DIGITS])
def test_a_page_of_numbered_rows_starts_after_a_number(after: str) -> None:
    assert Page(after, 1).number() == int(after or 0)


@pytest.mark.parametrize(
    "after", ["x", "-1", "+1", "1.0", "1_0", " 1", "1-", "\u0661", "\u00b2", "9" * (DIGITS + 1)]
)
def test_what_is_no_number_that_the_database_takes_is_no_cursor(after: str) -> None:
    with pytest.raises(InvalidContent) as refusal:
        Page(after, 1).number()
    (error,) = refusal.value.errors
    assert (error.pointer, error.code) == ("/#query/after", "no-cursor")


@pytest.fixture
def api(
    client_for: Callable[[str], ApiClient], activate: Callable[[str], StudyDefinition]
) -> ApiClient:
    activate("NCT05748171")
    return client_for("randomization")


def open_sites(api: ApiClient, sites: Sequence[str]) -> None:
    for site in sites:
        assert api.post("/sites", role="admin", json=SITE | {"site": site}).status_code == 201


def page_of(api: ApiClient, **query: Any) -> tuple[list[str], str | None]:
    answer = api.get("/sites", role="admin", params=query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return [item["site"] for item in body["items"]], body["next"]


def test_every_row_is_on_one_page_for_any_size_of_a_page(api: ApiClient) -> None:
    sites = ["S01", "S02", "S03", "S10", "S1-1", "A"]
    open_sites(api, sites)
    orders = set()
    for limit in (1, 2, 3, 5, 6, 7, 200):
        seen, after = page_of(api, limit=limit)
        while after is not None:
            more, after = page_of(api, limit=limit, after=after)
            assert more, "a next page that was announced is not empty"
            seen += more
        assert sorted(seen) == sorted(sites)
        orders.add(tuple(seen))
    assert len(orders) == 1


def test_what_is_added_while_reading_moves_no_page(api: ApiClient) -> None:
    open_sites(api, ["S02", "S03", "S04"])
    first, after = page_of(api, limit=2)
    open_sites(api, ["S01", "S05"])
    second, end = page_of(api, limit=2, after=after)
    assert (first, second, end) == (["S02", "S03"], ["S04", "S05"], None)


def test_a_page_after_the_last_row_is_empty(api: ApiClient) -> None:
    open_sites(api, ["S01"])
    assert page_of(api, after="S01") == ([], None)
    assert page_of(api, after="ZZZ") == ([], None)
