"""The database is restored to a moment before what partners, sites and the desk have seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation import check_allocations, check_events, check_trail
from tests.simulation.client import Log
from tests.simulation.evidence import Evidence
from tests.simulation.outside import World
from tests.simulation.point_in_time import Archived, archived
from tests.simulation.standing import Standing, children, standing
from tests.simulation.workshop import Workshop

pytestmark = pytest.mark.long
BEFORE, AFTER = children(6, first=1), children(6, first=7)
# Registered after the moment as well, so that nothing at all is left of it.
LATEST, UNKNOWN, NEXT = AFTER[5], AFTER[3], "S01-021"
ALLOCATIONS = "SELECT count(*) FROM randomization.allocation"


@pytest.fixture
def world(workshop: Workshop, tmp_path: Path) -> Iterator[World]:
    """A deployment whose Postgres archives its log, restored to before half of what it answered."""
    with archived(workshop) as machine, standing(workshop, tmp_path, "point_in_time") as here:
        made = World(here)
        machine.back_up()
        _live_and_be_restored(made, machine)
        yield made


def _live_and_be_restored(world: World, machine: Archived) -> None:
    world.register(*BEFORE, *AFTER[:5])
    world.allocate_all(BEFORE)
    world.report(BEFORE[0])
    world.let_partner_see()
    instant = machine.now()
    world.register(LATEST)
    world.allocate_all(AFTER)
    world.report(BEFORE[1])
    world.let_partner_see()
    world.here.stop()
    machine.shop.cluster = machine.restore(instant)
    world.here.start()


@pytest.mark.proves("RND-8", kind="oracle")
def test_what_others_saw_is_entered_or_voided_and_the_list_goes_on_behind_it(
    world: World, tmp_path: Path
) -> None:
    _nobody_is_allocated(world)
    place = _place(world.forget(UNKNOWN)["opening"])
    _others_are_heard(world)
    _all_comes_back(world, place)
    highest = world.highest()
    world.step("release", {"kind": "release", "seen": highest})
    _everybody_is_answered_as_before(world)
    _the_list_goes_on(world, highest)
    world.report(BEFORE[1])
    assert len(set(world.cases)) == len(world.cases) == 3
    world.let_partner_see()
    world.here.stop()
    _nothing_is_another(world)
    assert _faults(world.here, tmp_path) == []


def _nobody_is_allocated(world: World) -> None:
    """Nobody said anything yet: the database knows by itself that it is another one."""
    assert world.here.count(ALLOCATIONS) == len(BEFORE)
    world.register(NEXT)
    for child in (NEXT, AFTER[0]):
        held = world.allocate(child)
        assert held.status_code == 503
        assert held.json()["type"] == "urn:induct:problem:allocation-held"
    assert world.allocate(BEFORE[0]).json() == world.answers[BEFORE[0]]
    assert world.here.count(ALLOCATIONS) == len(BEFORE)


def _others_are_heard(world: World) -> None:
    missing = world.divergent()
    told = {each.subject for each in missing if each.type == "subject.randomized"}
    assert {each.rpartition("/")[2] for each in told} == {*AFTER} - {UNKNOWN}
    assert world.tell().noted == len(missing)
    assert (world.tell().noted, world.tell().held) == (0, [])


def _all_comes_back(world: World, place: dict[str, object]) -> None:
    """In the order of the list; what nobody knows is voided in its turn."""
    world.register(LATEST)
    for child in AFTER[: AFTER.index(UNKNOWN)]:
        assert world.enter(child).status_code == 201
    behind = [child for child in AFTER[AFTER.index(UNKNOWN) :] if child in world.answers]
    same = [child for child in behind
            if world.answers[child]["opening"]["label"] == place["stratum"]]  # fmt: skip
    assert world.enter(same[0], "too early").status_code == 409
    world.step("void", {"kind": "void", "place": place})
    for child in behind:
        entered = world.enter(child)
        assert entered.status_code == 201, entered.text
        assert world.enter(child).json() == entered.json()


def _everybody_is_answered_as_before(world: World) -> None:
    """Whoever never learnt of the restore, and asks again, gets the answer of the first time."""
    for child, answer in world.answers.items():
        again = world.allocate(child)
        assert again.status_code == 200
        assert again.json() == answer | {"source": again.json()["source"]}


def _the_list_goes_on(world: World, highest: list[dict[str, object]]) -> None:
    last = {(each["list_id"], each["stratum"]): each["position"] for each in highest}
    for child in (UNKNOWN, NEXT):
        assert world.allocate(child).status_code == 201
        opening = world.answers[child]["opening"]
        stratum = opening["list_id"], opening["label"]
        assert opening["position"] == int(str(last[stratum])) + 1
        last[stratum] = opening["position"]


def _nothing_is_another(world: World) -> None:
    """No id and no place in a stream is of another event than the partner knows."""
    places = {(each["source"], each["subject"], each["version"]): each["id"]
              for each in world.partner.values()}  # fmt: skip
    for envelope in world.outbox():
        assert world.partner.get(envelope["id"], envelope) == envelope
        place = envelope["source"], envelope["subject"], envelope["version"]
        assert places.get(place, envelope["id"]) == envelope["id"]


def _place(opening: dict[str, object]) -> dict[str, object]:
    return {"list_id": opening["list_id"], "stratum": opening["label"],
            "position": opening["position"]}  # fmt: skip


def _faults(here: Standing, folder: Path) -> list[str]:
    """What is wrong about I1, I3, I4 and I5."""
    with here.shop.admin(here.database) as admin:
        url = here.shop.cluster.superuser_url(here.database)
        found = Evidence(admin, url, folder, Log(folder / "operations.jsonl"), {}, [])
        checks = (check_allocations.check, check_trail.check, check_events.check)
        return [fault for check in checks for fault in check(found)]
