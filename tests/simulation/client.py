"""Callers who keep a log: what they meant, what they were told, and what they do not know."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import httpx

from infra.local.home import Home
from tests.simulation.workshop import STUDY
from tests.support.deployment import signature

Outcome = Literal["ok", "fail", "unknown"]
TIMEOUT_SECONDS = 1.0
# What a careless caller's tracing says of its call: none of it may go on in a trace of ours.
CANARY = "Zebrafinch"
"""What no log, event, webhook, gauge or refusal may hold."""
BAGGAGE = {"tracestate": f"edc={CANARY}", "baggage": f"arm=INO,name={CANARY}"}
# "Come again": nothing is decided yet.
UNDECIDED: Final = frozenset({
    "urn:induct:problem:unavailable", "urn:induct:problem:request-in-flight",
    "urn:induct:problem:not-randomized", "urn:induct:problem:internal",
})  # fmt: skip


@dataclass(frozen=True)
class Intent:
    """One change that somebody wants. ``id`` is its Idempotency-Key, and begins the request ids."""

    id: str
    kind: str
    service: str
    method: str
    path: str
    body: Mapping[str, Any]
    role: str
    site: str
    subject: str = ""
    if_match: str | None = None
    signed_for: str | None = None


@dataclass
class Operation:
    """An intent with its attempts; ``outcome`` is what its caller knows of it."""

    intent: Intent
    outcome: Outcome = "unknown"
    status: int | None = None
    answer: str = ""
    answers: set[str] = field(default_factory=set)
    attempts: int = 0
    unknowns: int = 0
    abandoned: bool = False


class Log:
    """What the callers did, in memory and in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.operations: dict[str, Operation] = {}
        self.outcomes: Counter[str] = Counter()
        self.refusals: list[str] = []

    def invoked(self, intent: Intent) -> Operation:
        operation = self.operations.setdefault(intent.id, Operation(intent))
        operation.attempts += 1
        self._write({"invoke": intent.id, "attempt": operation.attempts, **asdict(intent)})
        return operation

    def returned(
        self, operation: Operation, outcome: Outcome, status: int | None, text: str
    ) -> None:
        self.outcomes[f"{operation.intent.kind} {outcome}"] += 1
        operation.unknowns += outcome == "unknown"
        if outcome != "unknown":
            operation.outcome, operation.status, operation.answer = outcome, status, text
            operation.answers.add(text)
        if outcome == "fail" or (status is not None and status >= 400):
            self.refusals.append(text)
        self._write({"return": operation.intent.id, "outcome": outcome, "status": status,
                     "answer": text})  # fmt: skip

    def _write(self, line: Mapping[str, Any]) -> None:
        with self._file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"at": time.time()} | line, default=str) + "\n")


class Caller:
    """Sends intents until each is answered for good; gives some up while faults are on."""

    def __init__(self, home: Home, port: int, log: Log, seed: str) -> None:
        self._home = home
        self._url = f"http://127.0.0.1:{port}"
        self._log = log
        self._chance = random.Random(seed)
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            verify=False,  # noqa: S501 (there is no TLS here, and to read certificates takes time)
        )
        self._tokens: dict[tuple[str, str], str] = {}
        self._signatures: dict[str, str] = {}

    async def close(self) -> None:
        await self._client.aclose()

    async def want(self, intent: Intent, gives_up: Callable[[], bool]) -> Operation:
        """Ask until there is an answer. ``gives_up`` is asked after each one that is none."""
        while True:
            operation = await self._attempt(intent)
            if operation.outcome != "unknown":
                return operation
            if gives_up():
                operation.abandoned = True
                return operation
            await asyncio.sleep(self._chance.uniform(0.02, 0.25))

    async def _attempt(self, intent: Intent) -> Operation:
        operation = self._log.invoked(intent)
        url = f"{self._url}/{intent.service}/v1/studies/{STUDY}{intent.path}"
        headers = self._headers(intent) | {"X-Request-Id": f"{intent.id}-{operation.attempts:03}"}
        try:
            answer = await self._client.request(
                intent.method, url, json=intent.body, headers=headers
            )
        except httpx.HTTPError as error:
            self._log.returned(operation, "unknown", None, type(error).__name__)
            return operation
        self._log.returned(operation, outcome_of(answer), answer.status_code, answer.text)
        return operation

    def _headers(self, intent: Intent) -> dict[str, str]:
        who = intent.role, intent.site
        if who not in self._tokens:
            self._tokens[who] = self._home.issuer().token(
                client=f"{intent.role}-{intent.site}", role=intent.role, studies=[STUDY],
                sites=[intent.site],
            )  # fmt: skip
        headers = {"Authorization": f"Bearer {self._tokens[who]}", "Idempotency-Key": intent.id}
        headers |= BAGGAGE
        if intent.if_match is not None:
            headers["If-Match"] = intent.if_match
        if intent.signed_for is not None:
            if intent.id not in self._signatures:
                self._signatures[intent.id] = signature(
                    self._home, intent.signed_for, STUDY, intent.site
                )
            headers["Induct-Signature"] = self._signatures[intent.id]
        return headers


def outcome_of(answer: httpx.Response) -> Outcome:
    """By the class of the answer. A failed commit may have been one: it is unknown."""
    if answer.is_success:
        return "ok"
    try:
        kind = answer.json().get("type", "")
    except ValueError:
        return "unknown"
    return "unknown" if answer.status_code >= 500 or kind in UNDECIDED else "fail"
