"""The bill in the guide is the one that follows from the prices."""

import tomllib

import pytest

from infra import costs
from infra.local.home import PROJECT


def test_the_guide_shows_what_the_prices_give() -> None:
    guide = (PROJECT / "docs" / "deploy.md").read_text(encoding="utf-8")
    shown = guide.partition("<!-- costs -->")[2].partition("<!-- /costs -->")[0]
    assert shown.strip() == costs.page()


def test_a_line_is_the_product_of_its_factors_and_its_price() -> None:
    told = {
        "price": {"hour": {"usd": 0.5, "unit": "hour"}},
        "idle": [{"what": "two", "price": "hour", "times": [2, "alarms"]}],
    }
    (item,) = costs.items("idle", told, {"alarms": 3})
    assert item.cost == pytest.approx(3.0)


def test_every_price_is_used_and_says_where_it_is_from() -> None:
    told = tomllib.loads(costs.PRICES.read_text(encoding="utf-8"))
    used = {line["price"] for month in ("idle", "busy") for line in told[month]}
    assert used == set(told["price"])
    assert {price["source"] for price in told["price"].values()} == {"page", "recalled"}
