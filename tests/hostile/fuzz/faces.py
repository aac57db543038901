"""The runs at the faces: by each kind of credential that comes in there, and by a stranger."""

import base64
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from infra.database import rave_users
from infra.database.rave_users import RaveUser
from services.assessments.rave.endpoints import face as rave
from services.safety.desk.app import face as desk
from tests.hostile.fuzz.calling import Run, without_limits
from tests.hostile.fuzz.filling import HomeDatabase
from tests.infra.local.stack import Stack
from tests.shared.identity.cells.places import OWN, STUDY, Ids

Runs = Callable[[Stack, Ids, str], Iterator[Run]]
STRANGER = "stranger"
ROLES = {"edc": ("*",), "data_manager": ("*",), "cra": (OWN,)}
# What addresses of the face name.
ADDRESSES = {"studyoid": STUDY, "kind": "regular", "version": "1", "file": "blood_count.csv"}
# A body is signed as it goes out, which the check could not undo: the stranger's run is that check.
UNSIGNED = "\n[checks.ignored_auth]\nenabled = false\n"


def of_rave(stack: Stack, ids: Ids, _secret: str) -> Iterator[Run]:
    """By users of three roles; by one whose secret is wrong."""
    operations = _operations(rave, guarded=True)
    migrator = HomeDatabase(stack).url("induct_migrator")
    for number, (role, sites) in enumerate(ROLES.items()):
        user = f"fuzz-{role}"
        secret = rave_users.add(migrator, RaveUser(user, STUDY, role, sites, "active"))
        known = operations if number else []
        yield _rave(ids, role, _basic(user, secret), operations, without_limits(known))
    yield _rave(ids, STRANGER, _basic("fuzz-edc", secrets.token_urlsafe(32)), operations)


def of_desk(_stack: Stack, ids: Ids, secret: str) -> Iterator[Run]:
    """By the desk's system; by one that has another secret."""
    other = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    for who, with_secret in (("system", secret), (STRANGER, other)):
        plan = _plan("desk", who, ids) | {"secret": with_secret}
        operations = _operations(desk, guarded=True)
        yield Run("desk", who, "/safety/desk/openapi.json", operations, plan, {}, UNSIGNED)


FACES: dict[str, Runs] = {"rave": of_rave, "desk": of_desk}


def _rave(ids: Ids, who: str, header: str, operations: Sequence[str], configured: str = "") -> Run:
    return Run(
        "rave",
        who,
        "/assessments/rave/openapi.json",
        operations,
        _plan("rave", who, ids | ADDRESSES),
        {"Authorization": header},
        configured,
    )


def _plan(face: str, who: str, ids: Ids) -> dict[str, Any]:
    return {"face": face, "stranger": who == STRANGER, "ids": ids, "signed": {}}


def _basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def _operations(face: Any, *, guarded: bool) -> list[str]:
    """Ids of the operations that need a credential."""
    return [
        operation["operationId"]
        for methods in face.state.describe()["paths"].values()
        for operation in methods.values()
        if ("security" in operation) != guarded
    ]
