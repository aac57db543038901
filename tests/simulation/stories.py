"""What happens to a simulated child: registered, allocated, recorded, corrected, reported."""

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.services.randomization.world import eligible
from tests.simulation.client import CANARY, Caller, Intent, Operation

# Eight years and a half old: eight by any clock of the day.
BORN = (datetime.now(UTC) - timedelta(days=3105)).strftime("%Y-%m")
REPORTER = f"Dr {CANARY} Reporter"
LATE_FIRST_REMISSION = {"first_diagnosis_date": "2021-08-10"}
GIVES_UP = 0.12
# So long ago that it is not in the future by any clock, and so lately that nothing is due yet.
AWARE = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)


def night(seed: int) -> Intent:
    """A night that a statistician asks for, as of today."""
    return Intent(f"seed{seed}-night", "night", "analytics", "POST", "/runs", {}, "statistician",
                  "*")  # fmt: skip


class Storyteller:
    """Tells stories by a seed. ``calm`` says whether faults have stopped: nobody gives up then."""

    def __init__(self, caller: Caller, seed: int, calm: Callable[[], bool]) -> None:
        self._caller = caller
        self._seed = seed
        self._calm = calm

    async def tell(self, number: int) -> None:
        """One child's story, from its registration on; it ends where its caller gave up."""
        chance = random.Random(f"story {self._seed}/{number}")
        site = chance.choice(("S01", "S02"))
        subject = f"{site}-{number:03}"
        at = _At(self._seed, subject, site)
        if (await self._want(at.registration(), chance)).outcome != "ok":
            return
        consent = await self._want(at.consent(), chance)
        rivals = chance.choice((1, 1, 2, 3))
        values = LATE_FIRST_REMISSION if chance.random() < 0.3 else {}
        await asyncio.gather(*(self._want(at.allocation(n, values), chance) for n in range(rivals)))
        if consent.outcome == "ok":
            await self._correct(at, consent, chance)
        if consent.outcome == "ok" and chance.random() < 0.5:
            await self._want(at.event(serious=chance.random() < 0.7), chance)
        if chance.random() < 0.4:
            await self._want(at.report(), chance)
        if chance.random() < 0.08:
            await self._want(at.webhook(number), chance)

    async def _correct(self, at: "_At", consent: Operation, chance: random.Random) -> None:
        record = json.loads(consent.answer)["record_id"]
        for version in range(1, chance.choice((1, 2, 3))):
            done = await self._want(at.correction(record, version), chance)
            if done.outcome != "ok":
                return

    async def _want(self, intent: Intent, chance: random.Random) -> Operation:
        def gives_up() -> bool:
            return not self._calm() and chance.random() < GIVES_UP

        return await self._caller.want(intent, gives_up)


class _At:
    """The intents about one child."""

    def __init__(self, seed: int, subject: str, site: str) -> None:
        self._prefix = f"seed{seed}-{subject}"
        self._subject = subject
        self._site = site

    def registration(self) -> Intent:
        body = {"subject": self._subject, "site": self._site, "birth_year_month": BORN,
                "sex": "female", "consented_on": "2024-01-20"}  # fmt: skip
        return self._make("register", "assessments", "/subjects", body)

    def consent(self) -> Intent:
        items = {"consent_date": "2024-01-20", "assent_due": False}
        body = {"form": "consent", "visit": "SCR", "items": items}
        return self._make("record", "assessments", self._records, body)

    def correction(self, record: str, version: int) -> Intent:
        body = {"items": {"consent_date": f"2024-01-{20 - version}"},
                "reason": f"{self._prefix}-correct-{version}"}  # fmt: skip
        return self._make("correct", "assessments", f"{self._records}/{record}", body,
                          method="PUT", if_match=f'"{version}"', tail=f"-{version}")  # fmt: skip

    def allocation(self, rival: int, values: Mapping[str, Any]) -> Intent:
        body = {"subject": self._subject, "site": self._site, "values": eligible(**values),
                "strata": {}}  # fmt: skip
        return self._make("allocate", "randomization", "/allocations", body, role="investigator",
                          signed_for="randomization.request_allocation",
                          tail=f"-{rival}")  # fmt: skip

    def event(self, *, serious: bool) -> Intent:
        items = {"term": f"{CANARY} fever", "grade": 3, "start_date": "2024-02-01",
                 "serious": serious} | ({"hospitalisation": True} if serious else {})  # fmt: skip
        kind = "serious event" if serious else "event"
        return self._make(kind, "assessments", self._records,
                          {"form": "adverse_event", "items": items})  # fmt: skip

    def report(self) -> Intent:
        body = {
            "subject": self._subject, "site": self._site,
            "event_term": f"{CANARY} {self._prefix}", "grade": 4,
            "seriousness": ["hospitalisation"], "onset_on": "2024-02-01",
            "aware_at": AWARE.isoformat(),
            "reporter": REPORTER, "narrative": f"{CANARY} was seen.",
        }  # fmt: skip
        return self._make("report", "safety", "/cases", body)

    def webhook(self, number: int) -> Intent:
        body = {"url": f"http://127.0.0.1:9/{self._subject}/{number}"}
        return self._make("webhook", "safety", "/webhooks", body, role="safety_desk", site="*")

    @property
    def _records(self) -> str:
        return f"/subjects/{self._subject}/assessments"

    def _make(
        self, kind: str, service: str, path: str, body: Mapping[str, Any], *,
        role: str = "coordinator", site: str = "", method: str = "POST",
        if_match: str | None = None, signed_for: str | None = None, tail: str = "",
    ) -> Intent:  # fmt: skip
        name = f"{self._prefix}-{kind.replace(' ', '-')}{tail}"
        return Intent(name, kind, service, method, path, body, role, site or self._site,
                      self._subject, if_match, signed_for)  # fmt: skip
