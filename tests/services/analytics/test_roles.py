"""What a night published, as every role of the matrix may ask for it."""

from typing import Any

from shared.identity.matrix import matrix
from tests.services.analytics.trial import Trial
from tests.shared.identity.cells.cells import ask
from tests.shared.identity.cells.places import OWN
from tests.shared.identity.routes import ROUTES


def test_every_role_that_may_ask_is_shown_what_was_published(trial: Trial) -> None:
    run = trial.publish()
    ids = {"run": run, "report": "open.html"}
    for route in ROUTES:
        if route.service != "analytics" or route.method != "GET":
            continue
        closed = "/closed/" in route.template
        place = ids | _shown(trial, "/closed" if closed else "")
        place["report"] = "closed.html" if closed else "open.html"
        for role in sorted(matrix().operations[route.operation].roles):
            answer = ask(trial.api, route, role, place, study=trial.study, sites=_sites(role))
            assert answer.status_code == 200, f"{role}, {route}: {answer.text}"


def _shown(trial: Trial, where: str) -> dict[str, str]:
    """A result, a figure and a dataset of a class."""
    role = "statistician"
    found: dict[str, Any] = {
        name: trial.api.get(f"{where}/{name}", role=role).json()["items"]
        for name in ("results", "figures", "datasets")
    }
    return {
        "result": found["results"][0]["id"],
        "figure": found["figures"][0]["name"],
        "dataset": found["datasets"][0]["name"],
    }


def _sites(role: str) -> list[str]:
    return ["*"] if matrix().roles[role].all_sites else [OWN]
