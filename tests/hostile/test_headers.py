"""Headers and names that claim to be more than they are (rows B18, B21 of the input table)."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from infra.database.cast import SERVICES
from tests.hostile.sending import Request
from tests.shared.identity.cells.cells import told
from tests.shared.identity.cells.places import Map
from tests.shared.identity.routes import ROUTES
from tests.support.api import ApiClient

# Whoever reads is told when: both times the same.
LATER = datetime(2026, 12, 31, tzinfo=UTC)
CLAIMS = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "for=127.0.0.1;host=evil.example;proto=http",
    "X-Real-IP": "127.0.0.1",
    "X-Original-URL": "/safety/v1/studies/NCT05748171/cases",
    "X-Rewrite-URL": "/safety/v1/studies/NCT05748171/cases",
    "X-Amzn-Oidc-Identity": "admin",
    "X-User": "admin",
    "X-Role": "admin",
    "Cookie": "role=admin; session=1",
    **{f"X-Many-{number}": "a" for number in range(500)},
}


@pytest.mark.parametrize("service", SERVICES)
def test_headers_that_claim_another_place_or_caller_change_nothing(
    service: str, drawn: Map, client_for: Callable[[str], ApiClient]
) -> None:
    api = client_for(service)
    read = [route for route in ROUTES if route.service == service and route.method == "GET"]
    for route in read[:3]:
        request = Request(route, drawn.here)
        plain = told(request.send(api, at=LATER))
        assert told(request.send(api, at=LATER, headers=CLAIMS)) == plain, route.operation


@pytest.mark.parametrize(
    "name",
    [
        "../letter.pdf", "..\\letter.pdf", "/etc/letter.pdf", ".letter.pdf", "a/b.pdf",
        'a"; filename="b.pdf', "a\r\nX-Evil: 1.pdf", "letter.pdf\n", "letter.pdf\x00", "",
        "l\u202efdp.exe.pdf", "\uff0e\uff0e\uff0fletter.pdf", "a" * 200 + ".pdf",
    ],
)  # fmt: skip
def test_a_name_of_a_file_leaves_neither_its_folder_nor_its_header(
    name: str, drawn: Map, client_for: Callable[[str], ApiClient]
) -> None:
    (route,) = (route for route in ROUTES if route.operation == "safety.add_attachment")
    request = Request(route, drawn.here)
    url = request.url().replace("letter.pdf", quote(name, safe=""))
    answer = request.send(client_for("safety"), url)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (
        422,
        "/#query/file_name",
    )
