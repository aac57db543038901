"""``induct demo``: a published trial replayed and a simulated one, over the public interface."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.console import Refused, say, table
from infra.demo import cohort, freireich
from infra.local.home import Home

if TYPE_CHECKING:
    from infra.demo.show import Outcome

START_SECONDS = 90
SHOWN = ("events", "median", "percent", "logrank_chi_square", "logrank_p_two_sided")


def demo(
    study: Annotated[
        str | None, typer.Option(help=f"Only {freireich.STUDY}, or only {cohort.STUDY}.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where results and figures go.")] = Path("demo-out"),
    seed: Annotated[int, typer.Option(help="Seed of the simulated cohort.")] = 2023,
    children: Annotated[int, typer.Option(min=2, max=1000, help="Size of the cohort.")] = 100,
) -> None:
    """Replay a real trial and simulate another, through the public HTTP interface only."""
    if study not in {None, freireich.STUDY, cohort.STUDY}:
        raise Refused(f"The demo knows {freireich.STUDY} and {cohort.STUDY}.")
    from infra.demo.show import replay_freireich, simulate_cohort

    home = Home.from_environment()
    with _stack(home):
        if study in {None, freireich.STUDY}:
            where = out if study else out / freireich.STUDY
            _tell(replay_freireich(home, where))
        if study in {None, cohort.STUDY}:
            where = out if study else out / cohort.STUDY
            _tell(simulate_cohort(home, where, seed=seed, count=children))


@contextmanager
def _stack(home: Home) -> Iterator[None]:
    """The stack that runs already, or one that runs as long as the demo does."""
    if _answers(home):
        yield
        return
    say(f"Nothing runs at {home.url}: starting a stack for the demo.")
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.cli", "run"],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        ends = time.monotonic() + START_SECONDS
        while not _answers(home):
            if process.poll() is not None or time.monotonic() > ends:
                raise Refused("The stack did not start; see what `induct run` says.")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(home: Home) -> bool:
    import httpx

    try:
        found: dict[str, Any] = httpx.get(f"{home.url}/health", timeout=2).json()
    except (httpx.HTTPError, ValueError):
        return False
    return found.get("status") == "alive"


def _tell(outcome: "Outcome") -> None:
    say()
    rows = [
        (r["endpoint"], r["population"], _whom(r), r["statistic"], _value(r), r["unit"] or "")
        for r in outcome.rows
        if r["statistic"] in SHOWN and r["timepoint"] is None
    ]
    table(("endpoint", "set", "group", "statistic", "value", "unit"), rows)
    say(f"{len(outcome.rows)} result rows at cutoff {outcome.cutoff} in {outcome.files[0]}")
    for file in outcome.files[1:]:
        if file.suffix == ".svg":
            say(f"figure: {file}")
    if outcome.webhooks_verified or outcome.webhooks_refused:
        say(
            f"safety desk: {outcome.webhooks_verified} messages with a true signature,"
            f" {outcome.webhooks_refused} refused"
        )
    say()


def _whom(row: dict[str, Any]) -> str:
    return row["group"] or row["contrast"] or ""


def _value(row: dict[str, Any]) -> str:
    if row["value"] is None:
        return f"{row['status']} ({row['reason']})"
    shown = f"{row['value']:.6g}"
    if row["lower"] is None and row["upper"] is None:
        return shown
    return f"{shown} ({_limit(row['lower'])} to {_limit(row['upper'])})"


def _limit(value: float | None) -> str:
    return "NE" if value is None else f"{value:.4g}"
