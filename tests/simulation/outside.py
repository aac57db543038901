"""What others keep of a deployment, and what they do with it after a restore."""

import asyncio
import json
from typing import Any

import httpx

from infra.bus.divergence import Divergent, Restored, read_events, tell_restored, unknown_events
from infra.local.home import LoginUrls
from shared.database.engine import blocking_engine
from tests.services.randomization.lost import lost
from tests.services.randomization.world import eligible
from tests.simulation.standing import Standing
from tests.simulation.stories import LATE_FIRST_REMISSION
from tests.simulation.workshop import until

EVENTS = "SELECT envelope::text FROM platform.outbox"
# The desk does not listen here, so that its notices are not waited for.
WAITING = """
    SELECT (SELECT count(*) FROM platform.outbox WHERE state = 'pending')
         + (SELECT count(*) FROM platform.delivery WHERE state IN ('pending', 'leased'))
"""
REASON = "restored to before the disk was lost"


def values(subject: str) -> dict[str, Any]:
    """Children of two strata."""
    return eligible(**(LATE_FIRST_REMISSION if subject[-1] in "02468" else {}))


class World:
    """A deployment, and what others keep of it: the answers that callers got, the events that a
    partner took. What is entered twice is sent with the key of the first time."""

    def __init__(self, here: Standing) -> None:
        self.here = here
        self.answers: dict[str, dict[str, Any]] = {}
        self.partner: dict[str, dict[str, Any]] = {}
        self.cases: list[str] = []

    def register(self, *subjects: str) -> None:
        for subject in subjects:
            assert said(self.here.register(subject)).status_code == 201

    def allocate(self, subject: str) -> httpx.Response:
        body = {"subject": subject, "site": "S01", "values": values(subject), "strata": {}}
        answer = said(
            self.here.ask("investigator", "POST", "randomization/allocations", key=subject,
                          json=body, signed_for="randomization.request_allocation")
        )  # fmt: skip
        if answer.is_success:
            self.answers.setdefault(subject, answer.json())
        return answer

    def allocate_all(self, subjects: list[str]) -> None:
        for subject in subjects:
            assert self.allocate(subject).status_code == 201

    def report(self, subject: str) -> None:
        answer = said(self.here.report(subject))
        assert answer.status_code == 201, answer.text
        self.cases.append(answer.json()["case_number"])

    def let_partner_see(self) -> None:
        """Nothing waits any more, and the partner keeps what came."""
        asyncio.run(until(lambda: not self.here.count(WAITING)))
        for envelope in self.outbox():
            self.partner.setdefault(envelope["id"], envelope)

    def outbox(self) -> list[dict[str, Any]]:
        with self.here.shop.admin(self.here.database) as admin:
            return [json.loads(text) for (text,) in admin.execute(EVENTS)]

    def enter(self, subject: str, key: str = "again") -> httpx.Response:
        """What the site of a child enters from the answer that it keeps."""
        body = lost(self.answers[subject]) | {"values": values(subject)}
        return self.ask("investigator", "POST", "allocations", f"{subject} {key}", body,
                        site="S01", signed_for="randomization.enter_lost")  # fmt: skip

    def step(self, name: str, body: dict[str, Any]) -> None:
        """Proposed by one person, approved by another."""
        proposed = self.ask("statistician", "POST", "steps", name, body | {"reason": REASON})
        assert proposed.status_code == 201, proposed.text
        path = f"steps/{proposed.json()['step_id']}/decision"
        word = {"decision": "approve", "reason": "compared with the sites' files"}
        signed = {"signed_for": "randomization.decide_step"}
        decided = self.ask("admin", "POST", path, f"{name} decided", word, **signed)
        assert decided.status_code == 200, decided.text

    def ask(
        self, role: str, method: str, path: str, key: str, body: Any, *, site: str | None = None,
        **more: Any,
    ) -> httpx.Response:  # fmt: skip
        where = f"randomization/hold/{path}"
        return said(self.here.ask(role, method, where, site=site, key=key, json=body, **more))

    def forget(self, subject: str) -> dict[str, Any]:
        """Neither the site's file nor the event of this child's allocation is found any more; the
        answer is returned."""
        self.partner = {
            name: each
            for name, each in self.partner.items()
            if each["data"].get("subject_id") != subject or each["type"] != "subject.randomized"
        }
        return self.answers.pop(subject)

    def highest(self) -> list[dict[str, Any]]:
        """The last position of each stratum that a site has seen."""
        last: dict[tuple[str, str], int] = {}
        for answer in self.answers.values():
            opening = answer["opening"]
            stratum = opening["list_id"], opening["label"]
            last[stratum] = max(last.get(stratum, 0), opening["position"])
        return [{"list_id": of, "stratum": label, "position": n} for (of, label), n in last.items()]

    def divergent(self) -> list[Divergent]:
        """What the partner has and the database never sent."""
        engine = self._platform()
        try:
            return unknown_events(engine, read_events(self._lines()))
        finally:
            engine.dispose()

    def tell(self) -> Restored:
        """What the operator says."""
        engine = self._platform()
        try:
            seen = read_events(self._lines())
            return tell_restored(engine, seen, actor="operator-test", reason=REASON)
        finally:
            engine.dispose()

    def _lines(self) -> list[str]:
        return [json.dumps(envelope) for envelope in self.partner.values()]

    def _platform(self) -> Any:
        shop = self.here.shop
        logins = LoginUrls(shop.cluster.superuser_url(), self.here.database, shop.home.secrets())
        return blocking_engine(logins.url("induct_platform"), pool_size=1)


def said(answer: httpx.Response | None) -> httpx.Response:
    assert answer is not None
    return answer
