"""``induct recovery``: backups of this machine, the drill, and what a restore has not got."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.console import Refused, say, table
from infra.local.home import Home

app = typer.Typer(help="Backup, restore drill, and what the world saw.", no_args_is_help=True)
Actor = Annotated[str, typer.Option(help="Who does it, for the recovery log.")]


@app.command()
def backup(
    out: Annotated[Path, typer.Option(help="A file that is not there yet.")],
) -> None:
    """Dump the database of this machine, with what it held beside it, of one moment."""
    from infra.local.database import opened
    from infra.local.recovery import RecoveryError, back_up
    from infra.postgres import Cluster

    home = Home.from_environment()
    if out.exists():
        raise Refused(f"{out} is there already.")
    with opened(home) as logins:
        programs = Cluster(home.postgres).binaries().directory
        try:
            held = back_up(logins.admin_url_of_database, programs, out)
        except RecoveryError as error:
            raise Refused(str(error)) from None
    rows = sum(count for count, _ in held.tables.values())
    say(f"{rows} rows of {len(held.tables)} tables: {out}")
    say("The sealing key, the issuer's key and artefacts are not in it: keep the data folder too.")


@app.command()
def drill(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    actor: Actor = "",
) -> None:
    """Restore a backup into a new cluster, hold it against what was backed up and against the heads
    of the trail, throw it away, and add the figures to the recovery log."""
    from infra.database.heads_store import HeadsFolder
    from infra.local import recovery
    from infra.local.database import opened

    home = Home.from_environment()
    with opened(home) as logins:
        try:
            done = recovery.drill(
                file, HeadsFolder(home.witness), home.secrets(), logins.admin_url_of_database
            )
        except recovery.RecoveryError as error:
            raise Refused(str(error)) from None
    recovery.note(home.folder / "recovery-log.jsonl", done, actor or getpass.getuser())
    for fault in done.faults:
        say(fault)
    say(f"Back in {done.rto_seconds} s (goal {recovery.RTO_SECONDS} s).")
    say(f"The backup is {done.rpo_seconds} s old (goal {recovery.RPO_SECONDS} s).")
    if done.lost is not None:
        say(f"{done.lost} rows of the trail came since.")
    if not done.good:
        raise Refused("What was restored is not what was backed up.")
    say(f"All is there: {done.rows} rows of the trail.")


@app.command()
def divergence(
    file: Annotated[Path, typer.Argument(help="Events that a partner holds, one a line (JSON).")],
) -> None:
    """After a restore: which events the world saw that this database never sent, and what is to be
    done about each before anything else. Ends with 1 where there are any."""
    from infra.bus.divergence import NoEvent, read_events, unknown_events
    from infra.local.database import opened
    from shared.database.engine import blocking_engine

    if not file.is_file():
        raise Refused(f"There is no file {file}.")
    with opened(Home.from_environment()) as logins:
        engine = blocking_engine(logins.url("induct_platform"), pool_size=1)
        try:
            with file.open(encoding="utf-8") as lines:
                found = unknown_events(engine, read_events(lines))
        except NoEvent as error:
            raise Refused(f"{file}: {error}") from None
        finally:
            engine.dispose()
    if not found:
        say("Every one of them is known here.")
        return
    rows = [(each.time, each.type, each.study, each.subject, each.to_do) for each in found]
    table(("when", "what", "study", "about", "to do"), rows)
    raise typer.Exit(1)


@app.command()
def restored(
    reason: Annotated[str, typer.Option(help="From when to when, and why.")],
    actor: Actor = "",
    file: Annotated[
        Path | None, typer.Argument(help="Events that others hold, one a line (JSON).")
    ] = None,
) -> None:
    """Say that the database was restored: allocation is held in every study, what others saw is
    noted, and no number or version that they saw is given again. More files may follow."""
    from infra.bus.divergence import read_events, tell_restored
    from infra.local.database import opened
    from shared.database.engine import blocking_engine

    if file is not None and not file.is_file():
        raise Refused(f"There is no file {file}.")
    lines = [] if file is None else file.read_text(encoding="utf-8").splitlines()
    with opened(Home.from_environment()) as logins:
        engine = blocking_engine(logins.url("induct_platform"), pool_size=1)
        try:
            done = tell_restored(
                engine, read_events(lines), actor=actor or getpass.getuser(), reason=reason
            )
        except ValueError as error:  # a line that is no event, or a blank word
            raise Refused(str(error)) from None
        finally:
            engine.dispose()
    say(f"{done.noted} events noted that this database never sent.")
    say(f"Held now: {', '.join(done.held) or 'nothing that was not held before'}.")
