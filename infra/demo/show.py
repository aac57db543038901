"""Runs a demo through the public interface, with progress, and writes what the night published."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.cli.analytics import run_night
from infra.cli.client import Client
from infra.cli.console import console
from infra.demo import cohort, freireich, plan, records
from infra.demo.course import course
from infra.demo.plan import Step
from infra.demo.receiver import Receiver
from infra.local.home import Home

PARALLEL = 6
WEBHOOK_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """What a demo left: result rows, files, and what the safety desk's receiver believed."""

    study: str
    cutoff: str
    rows: Sequence[dict[str, Any]]
    files: Sequence[Path]
    webhooks_verified: int
    webhooks_refused: int


def replay_freireich(home: Home, out: Path) -> Outcome:
    """The published trial: 42 children in 21 pairs."""
    table = freireich.children()
    with Client(home, freireich.STUDY) as client, _progress() as bar:
        task = bar.add_task("6-MP v placebo (1963)", total=3 + 3 * len(table))
        done = _advancing(bar, task, client)
        done(freireich.opening())
        sealed = done(freireich.pairs(table))
        done(plan.approval(sealed, freireich.OPENED))
        for child in table:
            for step in (*freireich.enrolment(child), *freireich.follow_up(child)):
                done(step)
    with Client(home, freireich.STUDY) as client:
        return _publish(client, freireich.STUDY, freireich.CUTOFF.isoformat(), out, None)


def simulate_cohort(home: Home, out: Path, *, seed: int, count: int) -> Outcome:
    """A seeded cohort of the trial, over five years, with a safety desk that listens."""
    with Receiver() as desk, Client(home, cohort.STUDY) as client:
        register_desk(client, desk)
        _enter(client, seed, count)
        return _publish(client, cohort.STUDY, cohort.CUTOFF.isoformat(), out, desk)


def enter_cohort(home: Home, *, seed: int, count: int) -> None:
    """Enter a seeded cohort, without a night and a desk."""
    with Client(home, cohort.STUDY) as client:
        _enter(client, seed, count)


def _enter(client: Client, seed: int, count: int) -> None:
    children = cohort.simulate(seed, count)
    with _progress() as bar:
        enrolling = bar.add_task(f"{count} children of {cohort.STUDY}", total=count)
        arms = _enrol(client, children, lambda: bar.advance(enrolling))
        following = bar.add_task("five years of follow-up", total=count)
        _follow(client, children, arms, lambda: bar.advance(following))


def _enrol(
    client: Client, children: Sequence[cohort.Child], advance: Callable[[], None]
) -> dict[str, str]:
    """One after the other, in the order of their dates: the list is taken in order."""
    for code, name, country, zone in cohort.SITES:
        _send(client, plan.site(code, name, country, zone, cohort.OPENED))
    arms = {}
    for child in children:
        on = child.randomized_on
        _send(
            client,
            plan.registration(
                child.subject,
                child.site,
                child.born.strftime("%Y-%m"),
                child.sex,
                child.consented_on,
                child.consented_on,
            ),
        )
        for step in records.screening(child):
            _send(client, step)
        values = cohort.gate_values(child)
        allocated = _send(client, plan.allocation(child.subject, child.site, values, {}, on))
        arms[child.subject] = allocated["arm"]
        advance()
    return arms


def _follow(
    client: Client,
    children: Iterable[cohort.Child],
    arms: dict[str, str],
    advance: Callable[[], None],
) -> None:
    def follow(child: cohort.Child) -> None:
        arm = arms[child.subject]
        for step in records.after_allocation(child, arm, course(child, arm)):
            _send(client, step)
        advance()

    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(follow, children))


def _publish(client: Client, study: str, cutoff: str, out: Path, desk: Receiver | None) -> Outcome:
    with console.status("The night: snapshot, estimates, figures ..."):
        run_night(client, cutoff, key=f"demo-night-{cutoff}-{time.time_ns()}")
        rows = [*_rows(client, "/results"), *_rows(client, "/closed/results")]
        files = _write(client, out, rows)
        if desk is not None:
            _await_webhooks(desk)
    verified, refused = (0, 0) if desk is None else (len(desk.verified), desk.refused)
    return Outcome(study, cutoff, rows, files, verified, refused)


def _rows(client: Client, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after = ""
    while True:
        page = client.get("analytics", path, role="statistician", after=after, limit=200)
        rows += page["items"]
        if page["next"] is None:
            return rows
        after = page["next"]


def _write(client: Client, out: Path, rows: Sequence[dict[str, Any]]) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    results = out / "results.json"
    results.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    written = [results]
    publication = client.get("analytics", "/publication", role="statistician")
    for artefact in publication["artefacts"]:
        if artefact["name"].endswith(".svg"):
            closed = "closed/" if artefact["output_class"] == "closed" else ""
            name = artefact["name"].rsplit("/", 1)[-1]
            content = client.download("analytics", f"/{closed}figures/{name}", role="statistician")
            target = out / (closed or "open/") / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(content)
            written.append(target)
    return written


def register_desk(client: Client, desk: Receiver) -> None:
    """The desk asks to be told, an administrator approves, and the receiver answers a challenge."""
    key = f"demo-desk-{desk.url}"
    answer = client.post("safety", "/webhooks", {"url": desk.url}, role="safety_desk", key=key)
    desk.secrets.append(answer["secret"])
    approval = {"decision": "approve", "reason": "The receiver of the demonstration."}
    path = f"/webhooks/{answer['endpoint_id']}"
    client.post("safety", f"{path}/decision", approval, role="admin", key=f"{key}-approved")
    ends = time.monotonic() + WEBHOOK_PATIENCE_SECONDS
    while client.get("safety", path, role="safety_desk")["state"] != "active":
        if time.monotonic() > ends:
            raise TimeoutError("the demonstration's receiver was not challenged")
        time.sleep(0.2)


def _await_webhooks(desk: Receiver) -> None:
    """Wait until the desk has heard nothing new for a while."""
    ends = time.monotonic() + WEBHOOK_PATIENCE_SECONDS
    seen = -1
    while time.monotonic() < ends and seen != len(desk.verified):
        seen = len(desk.verified)
        time.sleep(1.5)


def _send(client: Client, step: Step) -> dict[str, Any]:
    return client.post(
        step.service,
        step.path,
        step.body,
        role=step.role,
        key=step.key,
        sites=step.sites,
        at=step.at,
        signed_for=step.signed_for,
    )


def _advancing(bar: Progress, task: Any, client: Client) -> Callable[[Step], dict[str, Any]]:
    def done(step: Step) -> dict[str, Any]:
        answer = _send(client, step)
        bar.advance(task)
        return answer

    return done


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
