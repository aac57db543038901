"""Minimisation on the server: sealed draws in one order, history held by the database."""

from collections.abc import Callable
from typing import Any

import pytest

from services.randomization.domain import generator, minimisation
from shared.study.schemes import Minimisation
from tests.services.randomization.world import open_sites, put_in_force, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
SECRET = "3c" * 32
SCHEME = {
    "method": "minimisation",
    "probability": "4/5",
    "measure": "range",
    "draws": 200,
    "source": {"kind": "assumed", "note": "test"},
}
LIST = {"method": "minimisation", "list_id": "M1", "secret": SECRET}
DIAGNOSED = {"lt24m": "2022-06-10", "ge24m": "2021-08-10"}


def trial(variant: Callable[..., ApiClient], database: TestDatabase, count: int) -> ApiClient:
    api = variant(scheme=SCHEME)
    open_sites(api, "S02")
    put_in_force(api, LIST)
    for n in range(1, count + 1):
        site = f"S0{1 + n % 2}"
        screen(database, f"{site}-{n:03}", site=site, study=STUDY)
    return api


def allocate(api: ApiClient, n: int, remission: str) -> dict[str, Any]:
    site = f"S0{1 + n % 2}"
    body = request(f"{site}-{n:03}", site, first_diagnosis_date=DIAGNOSED[remission])
    answer = api.post("/allocations", json=body, sites=[site])
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.proves("RND-6", kind="positive")
def test_every_decision_can_be_made_again_from_the_draws_and_the_history(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    """The sites see only their own children; the balance is over all of them."""
    api = trial(variant, database, 24)
    remissions = ["lt24m" if n % 3 else "ge24m" for n in range(1, 25)]
    given = [allocate(api, n, remissions[n - 1]) for n in range(1, 25)]
    draws = generator.draws(bytes.fromhex(SECRET), "M1", 24)
    fakes = minimisation.fake_arms({"INO": 2, "ALLR3": 1})
    scheme = Minimisation.model_validate_json(__import__("json").dumps(SCHEME))
    history: list[tuple[dict[str, str], str]] = []
    for n, (body, draw) in enumerate(zip(given, draws, strict=True)):
        levels = {"age_group": "lt10", "first_remission": remissions[n]}
        decision = minimisation.decide(
            scheme, fakes, minimisation.tally(history), levels, int(draw, 16)
        )
        assert body["arm"] == decision.arm
        assert (body["opening"]["label"], body["opening"]["position"]) == ("*", n + 1)
        assert body["opening"]["content"] == draw
        history.append((levels, decision.fake_arm.name))


def test_many_at_once_take_the_draws_in_order_without_gap(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    api = trial(variant, database, 40)
    answers = api.together(
        api.call("POST", "/allocations", sites=[f"S0{1 + n % 2}"],
                 json=request(f"S0{1 + n % 2}-{n:03}", f"S0{1 + n % 2}"))
        for n in range(1, 41)
    )  # fmt: skip
    assert {answer.status_code for answer in answers} == {201}
    positions = sorted(answer.json()["opening"]["position"] for answer in answers)
    assert positions == list(range(1, 41))
    # Each was decided on exactly the children with the draws before its own.
    rows = database.rows(
        "SELECT position, (SELECT sum(n::int) FROM jsonb_each(explanation->'minimisation'"
        "->'counts_before'->'age_group'->'lt10') AS c(arm, n)) FROM randomization.allocation"
        " ORDER BY position"
    )
    assert [(p, int(before or 0)) for p, before in rows] == [(p, p - 1) for p in range(1, 41)]


def test_the_explanation_holds_draw_counts_imbalance_and_probabilities(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    api = trial(variant, database, 2)
    allocate(api, 1, "lt24m")
    allocate(api, 2, "lt24m")
    ((told,),) = database.rows(
        "SELECT explanation->'minimisation' FROM randomization.allocation WHERE position = 2"
    )
    assert set(told) == {"draw", "counts_before", "imbalance", "probabilities", "fake_arm"}
    assert set(told["probabilities"].values()) <= {"2/5", "1/5", "4/5", "1/10"}
