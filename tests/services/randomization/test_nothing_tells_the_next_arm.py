"""Two histories that differ in the list alone look the same to whoever must not know it."""

import io
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.http.logs import log_to
from shared.identity.issuer import Issuer
from shared.identity.matrix import matrix
from tests.services.randomization.designs import SOURCE
from tests.services.randomization.worlds import ROLES, STRATA, Arms, World, make_world
from tests.support.api import ApiClient
from tests.support.database import TestDatabase, TestServer

pytestmark = pytest.mark.long

YOUNG_EARLY, YOUNG_LATE, *OTHERS = STRATA
# Used by the history: three numbers of the first stratum, one of the second.
BASE: Arms = dict.fromkeys(STRATA, "IAIIIA")
OTHER_ARMS: Arms = dict.fromkeys(STRATA, "AIIAII")
OTHER_FUTURE: Arms = {YOUNG_EARLY: "IAIAII", YOUNG_LATE: "IIAIIA"} | dict.fromkeys(OTHERS, "AIIAII")
BLINDED = [name for name, role in matrix().roles.items() if not role.sees_arm]
UPLOADED = {"method": "uploaded_list", "slots_per_stratum": 6, "source": SOURCE}
BLOCKS_OF = {"method": "permuted_blocks", "capacity_per_stratum": 6, "source": SOURCE}
Make = Callable[..., World]


@pytest.fixture
def lived(server: TestServer, issuer: Issuer) -> Iterator[Make]:
    """Lives the same history on a list of those arms, in a database of its own."""
    # Noon, so that no day ends between two worlds.
    at = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    databases: list[TestDatabase] = []
    clients: list[ApiClient] = []

    def client(database: TestDatabase) -> ApiClient:
        for before in clients:
            before.close()
        clients[:] = [ApiClient("randomization", database, issuer, sandbox=True, pool_size=2)]
        return clients[0]

    def make(arms: Arms | None, scheme: Mapping[str, Any] = UPLOADED) -> World:
        databases.append(server.create())
        lines = io.StringIO()
        log_to(lines)
        world = make_world(client, databases[-1], lines, at, scheme)
        world.live(arms)
        return world

    yield make
    for last in clients:
        last.close()
    for database in databases:
        server.drop(database)


def seen(world: World, roles: list[str], *, unblinded: bool) -> list[tuple[str, str]]:
    world.read_everything(roles, unblinded=unblinded)
    return list(world.sent())


@pytest.mark.proves("C15", kind="oracle")
def test_all_other_arms_on_the_list_change_no_byte_of_what_the_blinded_see(lived: Make) -> None:
    first, second = (seen(lived(arms), BLINDED, unblinded=False) for arms in (BASE, OTHER_ARMS))
    assert [what for what, _ in first] == [what for what, _ in second]
    for one, other in zip(first, second, strict=True):
        assert one == other


@pytest.mark.proves("RND-5", kind="oracle")
def test_other_arms_of_numbers_not_used_yet_change_no_byte_of_what_anybody_sees(
    lived: Make,
) -> None:
    """Not the unblinded either: before the study is closed nobody reads an unused number."""
    first, second = (
        seen(lived(arms), list(ROLES), unblinded=True) for arms in (BASE, OTHER_FUTURE)
    )
    assert [what for what, _ in first] == [what for what, _ in second]
    for one, other in zip(first, second, strict=True):
        assert one == other


@pytest.mark.proves("RND-5", kind="oracle")
@pytest.mark.parametrize("sizes", [[9], [3, 6, 9]])
def test_other_block_sizes_change_no_byte_of_what_the_blinded_see(
    lived: Make, sizes: list[int]
) -> None:
    """Nor does a hash that could be tried out with each of the few sizes there may be, nor the
    number of slots, which a last block that is longer than the plan would change."""
    first, second = (
        seen(lived(None, BLOCKS_OF | {"block_sizes": chosen}), BLINDED, unblinded=False)
        for chosen in ([3], sizes)
    )
    assert [what for what, _ in first] == [what for what, _ in second]
    for one, other in zip(first, second, strict=True):
        assert one == other


def test_the_comparison_would_notice_an_arm(lived: Make) -> None:
    """Those who may see the used arms do see another world: the two tests above can fail."""
    first, second = (
        seen(lived(arms), ["coordinator"], unblinded=False) for arms in (BASE, OTHER_ARMS)
    )
    assert first != second
