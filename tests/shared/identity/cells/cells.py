"""One call of a route as a role, at the ids of a place."""

import json
import re
from typing import Any

import httpx

from tests.shared.identity.cells.examples import EXAMPLES, Example
from tests.shared.identity.cells.places import OWN, STUDY, Ids
from tests.shared.identity.routes import Route
from tests.support.api import ApiClient

# Paths that say `list_id` or `export` and mean one of a kind of their own.
MEANT = {
    "randomization.void_envelope": {"list_id": "envelopes"},
    "randomization.read_envelopes": {"list_id": "envelopes"},
    "assessments.read_unblinded_export": {"export": "closed_export"},
    "assessments.read_unblinded_export_file": {"export": "closed_export"},
}
# What says which of two refusals it is, and when.
UNTOLD = {"x-request-id", "date"}


def ask(api: ApiClient, route: Route, role: str, place: Ids, **options: Any) -> httpx.Response:
    """Call a route with the ids of ``place``, as somebody of the site S01 and no other."""
    path, example = _path(route), _example(route)
    headers = {} if route.method == "GET" else {"If-Match": '"1"'}
    sent: dict[str, Any] = {}
    if example.raw is not None:
        headers["Content-Type"], sent["content"] = example.raw
    elif example.body is not None:
        sent["json"] = json.loads(filled(json.dumps(example.body), place))
    options = {"sites": [OWN], "study": STUDY, "client": f"{role}-{OWN}"} | options
    return api.request(
        route.method, filled(path, place), role=role, headers=headers, **sent, **options
    )


def names(route: Route) -> list[str]:
    """What a call of the route names by an id."""
    body = json.dumps(_example(route).body)
    return list(dict.fromkeys(re.findall(r"{(\w+)}", _path(route) + body)))


def told(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """All that an answer tells."""
    headers = {name: value for name, value in answer.headers.items() if name not in UNTOLD}
    return answer.status_code, answer.content, headers


def filled(text: str, place: Ids) -> str:
    return re.sub(r"{(\w+)}", lambda found: place[found[1]], text)


def _example(route: Route) -> Example:
    return EXAMPLES.get(route.operation, Example())


def _path(route: Route) -> str:
    path = route.template.split("{study}", 1)[1] + _example(route).query
    for said, meant in MEANT.get(route.operation, {}).items():
        path = path.replace("{" + said + "}", "{" + meant + "}")
    return path
