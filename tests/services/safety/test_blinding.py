"""Two worlds that differ in the arm alone look the same to a role that must not know it."""

import re
from typing import Any

import pytest

from tests.services.safety.letting_in import register
from tests.services.safety.life import RSI, Life, on
from tests.services.safety.trial import Trial
from tests.support.api import ApiClient

Body = dict[str, Any]
ARMS = {"S01": ["INO"], "S02": ["DEX", "MITOX", "VCR", "PEGASP", "MTX-IT"]}
REFERENCES = {"INO": RSI}
OTHER = "Product information, version not public"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def beside(products: list[str]) -> Body:
    """What is told beside events and suspect drugs, as different as the arms are."""
    return {
        "concomitants": [{"name": f"Given for {each}", "dose": each} for each in products],
        "administrations": [
            {"product": each, "route": f"As {each} is", "batches": [each], "indication": each}
            for each in products[: len(set(products))]
        ],
        "recurrences": [
            {"product": each, "outcome": "RECURRED"} for each in products[: len(set(products))]
        ],
        "documents": [f"Letter on {each}" for each in products],
        "other_identifiers": [{"source": products[0], "identifier": "X"}],
        "history": [{"term": f"Had {each} before"} for each in products],
        "other_history": products[0],
        "weight_kg": str(len(products)),
        "height_cm": str(100 + len(products)),
        "tests": [{"name": f"Level of {each}"} for each in products],
        "last_period_on": "2026-01" if len(products) > 1 else "2026-02",
        "offspring": {"gestation": {"number": str(len(products)), "unit": "wk"}},
        "parent": {"other_history": f"Took {products[0]}"},
        "comments": {"reporter": f"{products[0]} it was", "sender": f"{products[0]} it may be"},
    }


def live_through(api: ApiClient, report: Body, site: str) -> Life:
    """A case in one arm: reported, judged drug by drug, followed up, sent, answered."""
    products = ARMS[site]
    life = Life(
        api,
        report,
        subject=f"{site}-001",
        site=site,
        suspect_product=products[0],
        further_products=products[1:],
        narrative=f"After {', '.join(products)}.",
        actions=dict.fromkeys(products, "WITHDRAWN"),
        **beside(products),
    )
    for product in products:
        judgement = {"kind": "causality", "product": product, "related": True}
        life.judge(on(1), **judgement)
    life.follow_up(on(2), suspect_product=products[-1], further_products=products[:-1],
                   actions=dict.fromkeys(products, "NOT_CHANGED"),
                   **beside(products[::-1] * 2), seriousness=["death"], grade=5)  # fmt: skip
    life.report_to(on(3), "EU", "eu_susar_fatal", "eu_susar_other")
    for product in products:
        reference = REFERENCES.get(product, OTHER)
        life.judge(on(4), kind="expectedness", product=product, expected=True, reference=reference)
    return life


def seen(api: ApiClient, life: Life, where: str) -> str:
    """An answer to the medical monitor, ids told by the order in which they first stand there."""
    answer = api.get(life.path + where, role="medical_monitor", at=on(9))
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = {}
    text = _ID.sub(lambda match: found.setdefault(match.group(), f"id{len(found)}"), answer.text)
    for name in (life.case["case_number"], life.case["subject"], f'"{life.case["site"]}"'):
        text = text.replace(name, "-")
    return text


@pytest.mark.parametrize(
    "where", ["", "/versions", "/obligations", "/history", "?as_of=2026-02-21T12:00:00Z"]
)
def test_a_case_tells_a_masked_role_nothing_of_its_arm(
    trial: Trial, api: ApiClient, report: Body, where: str
) -> None:
    lives = [live_through(api, report, site) for site in ARMS]
    one, other = (seen(api, life, where) for life in lives)
    assert one == other
    for product in (*ARMS["S01"], *ARMS["S02"]):
        assert f'"{product}"' not in one


def test_messages_about_a_case_tell_nothing_of_its_arm_either(
    trial: Trial, api: ApiClient, report: Body
) -> None:
    hook = register(api, "http://127.0.0.1:9/desk")
    for site in ARMS:
        live_through(api, report, site)
    where = f"/webhooks/{hook['endpoint_id']}/messages?limit=200"
    text = api.get(where, role="admin").text
    for product in (*ARMS["S01"], *ARMS["S02"]):
        assert product not in text
