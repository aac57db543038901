"""A whole trial in one process: four services on a database of its own, the bus between them."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.database.cast import SERVICES
from infra.demo import plan
from infra.demo.cohort import STUDY, Child
from infra.demo.plan import Step
from services.safety.escalation_handlers import sweep_studies
from shared.artefacts import DirectoryStore
from shared.clock import SimulatedClock
from shared.http.logs import log_to
from shared.identity.issuer import Issuer
from tests.blinding.chance import Chance
from tests.blinding.children import SITES, after, before, children, uploaded
from tests.services.randomization import designs
from tests.support import api as api_support
from tests.support.api import ApiClient
from tests.support.bus import Bus
from tests.support.database import TestDatabase

OPENED = date(2023, 6, 1)
# The children are followed up to this day.
TODAY = date(2025, 12, 31)
LIST = "L1"
# What sites write down of these shows the arm: an arm has more of them, so there are more calls.
REVEALING = ("dosing", "pk_sample")


class World:
    """The trial in which each child is given the arm that ``arms`` names; all is read at ``at``."""

    def __init__(
        self,
        database: TestDatabase,
        issuer: Issuer,
        folder: Path,
        arms: Mapping[str, str],
        at: datetime,
    ) -> None:
        self.database = database
        self.log = io.StringIO()
        self.arms = arms
        self.at = at
        self.store = DirectoryStore(folder)
        self.api = {
            service: ApiClient(service, database, issuer, sandbox=True, pool_size=1)
            for service in SERVICES
        }
        for service in ("analytics", "assessments"):
            api = self.api[service]
            settings = replace(api.context.settings, artefacts=str(folder))
            api.context = replace(api.context, settings=settings)
        # Tokens are drawn too: each world draws its own at the same steps.
        api_support._token.cache_clear()
        self._chance = Chance(database)
        self._patch = pytest.MonkeyPatch()
        self._chance.foresee(self._patch)
        self._settled = 0
        self._bus = Bus(database, self.store)

    def live(self) -> None:
        """Open the trial, bring the children in, follow them until today."""
        scheme = {"method": "uploaded_list", "slots_per_stratum": 6, "source": designs.SOURCE}
        designs.put_in_training(
            self.database, designs.define(designs.Design(changes={"scheme": scheme}), STUDY)
        )
        for site in SITES:
            self.do(plan.site(site, f"Hospital {site}", "CZ", "Europe/Prague", OPENED))
        content = uploaded(self.arms)
        sealed = self.do(plan.sealing(sealing_of(content), OPENED))
        self.do(plan.approval(sealed, OPENED))
        for child in children():
            self._follow(child)
        self.settle()
        engine = self.database.engine("induct_safety")
        sweep_studies(engine, SimulatedClock(self.at))
        self.database.done_with(engine)
        self.settle()

    def night(self) -> None:
        """Ask for the night of today, and have it run."""
        self._chance.begin("night")
        log_to(self.log)
        body = {"cutoff": TODAY.isoformat()}
        asked = self.api["analytics"].post("/runs", json=body, role="statistician", key="night")
        assert asked.status_code == 202, asked.text
        self.settle()

    def do(self, step: Step) -> dict[str, Any]:
        """One call of the plan, at its own instant."""
        said = [step.body.get(name) for name in ("form", "visit", "repeat")]
        self._chance.begin(f"{step.service} {step.path} {step.on} {said}")
        log_to(io.StringIO() if said[0] in REVEALING else self.log)
        answer = self.api[step.service].post(
            step.path, json=step.body, role=step.role, sites=step.sites or None, key=step.key,
            at=plan.noon(step.on),
        )  # fmt: skip
        assert answer.is_success, f"{step.path}: {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    def ask(
        self, service: str, method: str, path: str, role: str, site: str | None, **more: Any
    ) -> tuple[httpx.Response, str]:
        """What a role is answered, and what is logged of it."""
        log = io.StringIO()
        log_to(log)
        self._chance.begin(f"{role} {method} {service} {path}")
        sites = None if site is None else [site]
        answer = self.api[service].request(method, path, role=role, sites=sites, at=self.at, **more)
        return answer, log.getvalue()

    def settle(self) -> None:
        """Take events where they belong until there are none."""
        while self._bus.turn():
            log_to(self.log)
            self._settled += 1
            self._chance.begin(f"events, {self._settled}")
        left = "SELECT consumer, last_error FROM platform.delivery WHERE state <> 'done'"
        assert self.database.rows(left) == []

    def close(self) -> None:
        self._patch.undo()
        self._chance.close()
        for api in self.api.values():
            api.close()
        self._bus.close()

    def _follow(self, child: Child) -> None:
        *screening, request = before(child)
        for step in screening:
            self.do(step)
        self.settle()
        assert self.do(request)["arm"] == self.arms[child.subject]
        self.settle()
        for step in after(child, self.arms[child.subject]):
            if step.on <= TODAY:
                self.do(step)
        self.settle()


def sealing_of(content: str) -> dict[str, Any]:
    digest = hashlib.sha256(content.encode()).hexdigest()
    rows = content.count("\n") - 1
    return {
        "method": "uploaded_list",
        "list_id": LIST,
        "csv": content,
        "sha256": digest,
        "rows": rows,
    }
