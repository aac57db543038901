"""Two trials that differ in nothing but who got which arm, and in what shows the arm, look the same
to whoever must not know it: every answer, event and log line, every file, its name and its size.

Separation: ICH E6(R3) 4.1.2 and 4.1.4; FDA guidance on data monitoring committees (2006), 4.2.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.http.logs import log_to
from shared.identity.issuer import Issuer
from shared.identity.matrix import matrix
from tests.blinding.children import children
from tests.blinding.reading import Answer, Reader
from tests.blinding.world import World
from tests.services.randomization.worlds import _SALTED
from tests.support.database import TestDatabase, TestServer

pytestmark = pytest.mark.long

# By child, in the order of their randomization, at the sites D01, D02, D01, D02.
BASE = ("INO", "INO", "ALLR3", "INO")
PERMUTED = ("ALLR3", "INO", "INO", "INO")
# Who reads less than this proves little.
ANSWERS = 500
# The committee reads by arm; everybody else whom the matrix does not show an arm is blinded.
BLINDED = [name for name, role in matrix().roles.items() if not role.sees_arm and name != "dmc"]
OF_A_SITE = [name for name, role in matrix().roles.items() if not role.all_sites]
# When the database or this process noted something, and how long it took; and numbers drawn
# while a dose is written, which the two worlds do not write alike: of submissions and events.
UNLIKE = re.compile(
    r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:\d\d)?)?|"
    r'(?<="ms": )[0-9.]+|[0-9.]+ s\b|(?<="submission_id": ")[-0-9a-f]+|(?<=^{"id": ")[-0-9a-f]+'
)
# Those of a child's trail are over salted values too, and tell nothing without the salts.
_HASHES = """
    UNION SELECT encode(h, 'hex') FROM platform.audit CROSS JOIN unnest(ARRAY[values_hash, hash]) h
"""
Told = Sequence[tuple[str, ...]]
Make = Callable[[Sequence[str]], World]


@pytest.fixture(scope="module")
def lived(
    server: TestServer, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Make]:
    """Lives the trial of those arms, in a database of its own."""
    at = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    databases: list[TestDatabase] = []

    def make(arms: Sequence[str]) -> World:
        databases.append(server.create())
        given = dict(zip((child.subject for child in children()), arms, strict=True))
        folder: Path = tmp_path_factory.mktemp("artefacts")
        world = World(databases[-1], issuer, folder, given, at)
        world.live()
        return world

    yield make
    log_to(None)
    for database in databases:
        server.drop(database)


def told(world: World, roles: Sequence[str], site: str | None) -> Told:
    """All that these roles can read, then what leaves without being asked for."""
    sealed = {str(row[0]) for row in world.database.rows(_SALTED + _HASHES)}
    answers = [
        (role, answer) for role in roles for answer in Reader(world, role, site).everything()
    ]
    found = [(role, *_parts(answer, sealed)) for role, answer in answers]
    events = world.database.rows(
        "SELECT stream, version::text, type, envelope::text FROM platform.outbox"
        " ORDER BY stream, version"
    )
    left = [*events, *(("log", line) for line in world.log.getvalue().splitlines())]
    return found + [tuple(_settled(str(part), sealed) for part in row) for row in left]


def _parts(answer: Answer, sealed: set[str]) -> tuple[str, ...]:
    content = answer.content.decode("utf-8", errors="backslashreplace")
    settled = _settled(content, sealed)
    headers = dict(answer.headers)
    if settled != content:
        # How long it is follows from how the clock's digits are written.
        headers["content-length"] = str(len(settled))
    rest = (str(answer.status), _settled(str(headers), sealed), settled)
    return (answer.asked, *rest, _settled(answer.log, sealed))


def _settled(text: str, sealed: set[str]) -> str:
    """Without what is unlike, and what was made from the sealed list's arms and secret salts:
    commitments tell nothing without the salt."""
    hashes = re.compile(r"\b(?:[0-9a-f]{128}|[0-9a-f]{64})\b")
    text = hashes.sub(lambda found: "#" if found[0] in sealed else found[0], text)
    return UNLIKE.sub("?", text)


def compare(first: Told, second: Told) -> None:
    assert [row[:2] for row in first] == [row[:2] for row in second]
    for one, other in zip(first, second, strict=True):
        assert one == other


@pytest.mark.proves("ANA-3", kind="oracle")
@pytest.mark.proves("C11", kind="oracle")
def test_arms_that_are_permuted_change_no_byte_of_what_others_can_read(lived: Make) -> None:
    """The blinded of all sites and the people of a site of which no child changed arms: nothing.
    The people of the other site do see it, so that the comparison can fail."""
    by_blinded, by_site, by_other = [], [], []
    for arms in (BASE, PERMUTED):
        world = lived(arms)
        by_site.append(told(world, OF_A_SITE, "D02"))
        by_other.append(told(world, ["coordinator"], "D01"))
        world.night()
        by_blinded.append(told(world, BLINDED, None))
        world.close()
    compare(*by_blinded)
    compare(*by_site)
    assert by_other[0] != by_other[1]
    assert sum(row[2:3] == ("200",) for row in by_blinded[0]) > ANSWERS
