"""A server killed in the middle of a burst, and the callers who come again with their keys."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

import httpx
import pytest

from shared.identity.issuer import Issuer
from tests.services.randomization.bursts import AGAIN
from tests.services.randomization.expected import FROM_24, LATE, STUDY, UNDER_24, contents
from tests.services.randomization.ledger import check_ledger
from tests.services.randomization.serving import Serving
from tests.services.randomization.sessions import used
from tests.services.randomization.world import open_sites, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

CHILDREN = 48
# After how many answers of a burst the server is killed, burst by burst.
KILLED_AFTER = (5, 14)
TRIES = 50
pytestmark = pytest.mark.long
Told = dict[str, list[httpx.Response]]


@pytest.fixture
def start(database: TestDatabase, issuer: Issuer) -> Iterator[Callable[[], Serving]]:
    """Starts a server; none of them outlives the test."""
    started: list[Serving] = []

    def one() -> Serving:
        started.append(Serving(database, issuer))
        return started[-1]

    yield one
    for server in started:
        server.kill()


async def burst(
    server: Serving, sent: Mapping[str, httpx.Request], told: Told, killed_after: int | None
) -> set[str]:
    """Send everything at once, kill the server at its time; answers who was told nothing final."""
    unknown = set(sent)

    async def call(client: httpx.AsyncClient, child: str) -> None:
        request = sent[child]
        try:
            answer = await client.post(
                server.url + request.url.path, content=request.content, headers=request.headers
            )
        except httpx.TransportError:
            return
        if not answer.is_success and answer.json()["type"] in AGAIN:
            return
        told[child].append(answer)
        unknown.discard(child)
        if killed_after is not None and len(sent) - len(unknown) == killed_after:
            server.kill()

    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as client:
        await asyncio.gather(*(call(client, child) for child in sent))
    return unknown


def requests(api: ApiClient) -> dict[str, httpx.Request]:
    """One signed request a child, with the key that it keeps; two sites and two strata in turn."""
    made = {}
    for n in range(CHILDREN):
        site, late = f"S0{1 + n % 2}", LATE if n % 4 < 2 else {}
        child = f"{site}-{100 + n}"
        signature = api.signature(role="investigator", meaning="eligible-and-randomize",
                                  sites=[site])  # fmt: skip
        made[child] = httpx.Request(
            "POST",
            f"http://any/randomization/v1/studies/{STUDY}/allocations",
            json=request(child, site, **late),
            headers={
                "Authorization": f"Bearer {api.token('coordinator', [site], STUDY)}",
                "Idempotency-Key": f"key of {child}",
                "Induct-Signature": signature,
            },
        )
    return made


@pytest.mark.proves("RND-1", kind="fault")
@pytest.mark.proves("PLT-1", kind="fault")
def test_kills_in_mid_burst_and_retries_leave_neither_gap_nor_second_answer(
    api: ApiClient, database: TestDatabase, start: Callable[[], Serving]
) -> None:
    open_sites(api, "S02")
    sent, told = requests(api), defaultdict(list)
    for site in ("S01", "S02"):
        screen(database, *(c for c in sent if c.startswith(site)), site=site, study=STUDY)
    for killed_after in KILLED_AFTER:
        server = start()
        assert asyncio.run(burst(server, sent, told, killed_after)), "it was killed too late"
    server, left = start(), set(sent)
    for _ in range(TRIES):
        left = asyncio.run(burst(server, {child: sent[child] for child in left}, told, None))
        if not left:
            break
    assert not left
    for child, answers in told.items():
        assert {answer.status_code for answer in answers} <= {200, 201}, child
        assert len({answer.content for answer in answers}) == 1, child
    assert len(told) == CHILDREN
    strata = (UNDER_24, FROM_24)
    assert check_ledger(database, {label: contents("L1", label) for label in strata}) == CHILDREN
    assert len(used(database)) == CHILDREN
    ((attempts,),) = database.rows("SELECT count(*) FROM randomization.attempt WHERE outcome < 400")
    ((kept,),) = database.rows(
        "SELECT count(*) FROM platform.idempotency WHERE key LIKE 'key of%%'"
    )
    assert kept == CHILDREN
    assert int(str(attempts)) >= sum(len(answers) for answers in told.values())
