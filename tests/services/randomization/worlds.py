"""The same history on two lists: everything that leaves the service, so that it can be compared."""

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from services.randomization.endpoints import router
from shared.identity.matrix import matrix
from tests.services.randomization import designs
from tests.services.randomization.designs import Design
from tests.services.randomization.expected import LATE, STUDY
from tests.services.randomization.world import BLOCKS, open_sites, put_in_force, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Arms = Mapping[tuple[str, str], str]
STRATA = [(age, remission) for age in ("lt10", "ge10") for remission in ("lt24m", "ge24m")]
ARM = {"I": "INO", "A": "ALLR3"}
# Every role of which the study has somebody, at one of two sites or at all of them.
ROLES = tuple(matrix().roles)
UNBLINDED_SCOPE = "randomization/unblinded"
PLACES = {"subject": "S01-001", "list_id": "L1"}
# What is random in every run of the same history, and so cannot be the same in two.
CHANCE = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # ids
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"  # when the database noted it
    r'|(?<="ms": )[0-9.]+'
    r'|(?<="trace_id": ")[0-9a-f]{32}|00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}'  # of those ids
    r"|(?<=[0-9] )[0-9a-f]{64} [0-9a-f]{64}"  # a receipt's, of the trail's random salts
)
# Random or made from random salts; every other hash has to be the same in both worlds.
_SALTED = """
    SELECT encode(root, 'hex') FROM randomization.list
    UNION SELECT sealed_sha256 FROM randomization.list
    UNION SELECT parameters_commitment FROM randomization.list
    UNION SELECT encode(signature, 'hex') FROM randomization.list
    UNION SELECT encode(sha256(convert_to(manifest, 'UTF8')), 'hex') FROM randomization.list
    UNION SELECT encode(commitment, 'hex') FROM randomization.slot
    UNION SELECT opening->>'salt' FROM randomization.allocation
    UNION SELECT jsonb_array_elements_text(opening->'path') FROM randomization.allocation
"""


@dataclass
class World:
    """A study on a list, and what everybody saw of it."""

    api: ApiClient
    database: TestDatabase
    log: io.StringIO
    at: datetime
    told: list[tuple[str, str]] = field(default_factory=list)

    def live(self, arms: Arms | None) -> None:
        """Put a list of those arms in force (None: a generated one). Children come in, some are
        refused, one is in error, one corrected, one forced; enrolment is paused; the sides are
        reconciled."""
        open_sites(self.api, "S01", "S02")
        put_in_force(self.api, BLOCKS if arms is None else _uploaded(arms), at=self.at)
        for site in ("S01", "S02"):
            screen(self.database, *(f"{site}-00{n}" for n in range(1, 5)), site=site, study=STUDY)
        ask = self._allocate
        ask("S01-001"), ask("S02-001", **LATE), ask("S01-002"), ask("S02-002")
        ask("S01-001", marrow_blasts="50"), ask("S01-003", cd22_positive=False), ask("S01-404")
        mark = {"category": "ineligible", "reason": "a test"}
        self._post("/allocations/S01-002/in-error", "admin", **mark)
        levels = {"age_group": "lt10", "first_remission": "ge24m"}
        self._post("/allocations/S01-001/stratum", "data_manager", levels=levels, reason="a test")
        forced = {"subject": "S02-003", "site": "S02", "levels": levels, "arm": "ALLR3"}
        answer = self._post("/forced-allocations", "statistician", **forced, reason="a test")
        path = f"/forced-allocations/{answer.json()['proposal']}/decision"
        self._post(path, "statistician", "approver", decision="approve", reason="a test")
        self._post("/enrolment/state", "sponsor", state="paused", reason="a test")
        ask("S01-004")
        self._post("/reconciliations", "data_manager")

    def read_everything(self, roles: Sequence[str], *, unblinded: bool) -> None:
        """Every GET route as every role; those of the unblinded only where asked for."""
        for route in router.routes:
            rule = matrix().operations[route.operation]
            if "GET" not in route.methods or (rule.scope == UNBLINDED_SCOPE and not unblinded):
                continue
            path = route.path.removeprefix("/studies/{study}").format(**PLACES)
            for role in roles:
                for accept in ("application/json", "text/html"):
                    self._note(
                        f"{role} {path} {accept}",
                        self.api.get(path, role=role, at=self.at, headers={"Accept": accept}),
                    )

    def sent(self) -> Iterator[tuple[str, str]]:
        """Events and log lines; then answers. Without what is random."""
        salted = {str(row[0]) for row in self.database.rows(_SALTED)}
        rows = self.database.rows(
            "SELECT type, envelope::text FROM platform.outbox ORDER BY xmin::text::bigint, type"
        )
        for what, text in [*((str(a), str(b)) for a, b in rows), ("log", self.log.getvalue())]:
            yield what, _settled(text, salted)
        for what, text in self.told:
            yield what, _settled(text, salted)

    def _allocate(self, child: str, **changes: Any) -> None:
        """Asked for at the site, which may see the arm: its answer is noted where it is refused."""
        site = child[:3]
        body = request(child, site, **changes)
        answer = self.api.post("/allocations", json=body, sites=[site], at=self.at)
        if not answer.is_success:
            self._note(f"coordinator asks for {child}", answer)

    def _post(
        self, path: str, role: str, client: str | None = None, /, **body: Any
    ) -> httpx.Response:
        answer = self.api.post(path, role=role, client=client, json=body or None, at=self.at)
        assert answer.is_success, answer.text
        self._note(f"{role} posts {path}", answer)
        return answer

    def _note(self, what: str, answer: httpx.Response) -> None:
        headers = {n: v for n, v in answer.headers.items() if n not in {"x-request-id"}}
        self.told.append((CHANCE.sub("?", what), f"{answer.status_code} {headers} {answer.text}"))


def _uploaded(arms: Arms) -> dict[str, Any]:
    rows = [
        f"{n},{age},{remission},{ARM[arm]}"
        for n, (age, remission, arm) in enumerate(
            ((*stratum, arm) for stratum in STRATA for arm in arms[stratum]), start=1
        )
    ]
    content = "\n".join(["sequence,age_group,first_remission,arm", *rows]) + "\n"
    digest = hashlib.sha256(content.encode()).hexdigest()
    body = {"method": "uploaded_list", "list_id": "L1", "csv": content, "rows": len(rows)}
    return body | {"sha256": digest}


def _settled(text: str, salted: set[str]) -> str:
    """The text with what is random replaced: alike wherever two runs differ by chance alone."""
    hashes = re.compile(r"\b(?:[0-9a-f]{128}|[0-9a-f]{64})\b")
    text = hashes.sub(lambda found: "#" if found[0] in salted else found[0], text)
    return CHANCE.sub("?", text)


def make_world(
    client: Callable[[TestDatabase], ApiClient],
    database: TestDatabase,
    log: io.StringIO,
    at: datetime,
    scheme: Mapping[str, Any],
) -> World:
    """A world in which nothing has happened yet: only the definition is in force."""
    definition = designs.define(Design(changes={"scheme": dict(scheme)}), STUDY)
    designs.put_in_training(database, definition)
    return World(client(database), database, log, at)
