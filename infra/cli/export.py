"""``induct export``: a study as of an instant, as files; or a simulated one, for anybody."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cli import export_archive, export_trail, export_verify
from infra.cli.console import Refused, say
from infra.cli.export_files import FORMATS, VARIANTS, copied
from infra.local.home import Home

SYNTHETIC = (
    "Simulated children: nobody in this data set exists, and nothing in it is a result of the trial"
)
app = typer.Typer(help="Copies of a study: as files, as a trail, as an archive.")
app.command("trail")(export_trail.trail)
app.command("verify")(export_verify.verify)
app.command("archive")(export_archive.archive)


@app.callback(invoke_without_command=True)
def export(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the files; made where it is missing.")
    ] = None,
    study: Annotated[
        str | None, typer.Option(help="Study of the running stack, such as NCT05748171.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(help="The state recorded by this instant (now), as 2026-03-01T12:00:00Z."),
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(help="blinded, or unblinded: with arms, doses and concentrations. (blinded)"),
    ] = None,
    formats: Annotated[
        str, typer.Option("--format", help=f"Some of {','.join(FORMATS)}.")
    ] = ",".join(FORMATS),
    audit: Annotated[
        bool, typer.Option(help="ODM with every version of every value besides.")
    ] = False,
    cohort: Annotated[
        int | None,
        typer.Option(help="No study: simulate one of this seed on a stack of its own. (unblinded)"),
    ] = None,
    children: Annotated[int, typer.Option(min=2, max=1000, help="Size of the cohort.")] = 100,
) -> None:
    """Export a study as SDTM (Dataset-JSON 1.1, XPT v5, CSV) and ODM 1.3.2, as of an instant.

    The same instant always gives the same bytes. manifest.json names every file with its SHA-256,
    certificate.json and certificate.html say what the copy is of, when and by whom it was made.
    With --cohort the study is an open, synthetic one: made-up children, entered over HTTP.
    """
    if context.invoked_subcommand is not None:
        return
    if out is None:
        raise Refused("Give --out, a folder for the files.")
    if study is None and cohort is None:
        raise Refused("Give --study, or --cohort with a seed.")
    if study is not None and cohort is not None:
        raise Refused("A cohort is a study of its own: leave --study or --cohort out.")
    wanted = {"audit": audit, "formats": _formats(formats)} | ({"as_of": as_of} if as_of else {})
    chosen = variant or ("blinded" if cohort is None else "unblinded")
    if chosen not in VARIANTS:
        raise Refused("--variant is blinded or unblinded.")
    _make(out)
    if study is not None:
        copy = copied(Home.from_environment(), study, wanted, chosen, out, {})
    else:
        from infra.cli.export_cohort import simulated
        from infra.demo.cohort import STUDY

        if as_of is not None:
            raise Refused("A cohort is exported as it is when it is complete: leave --as-of out.")
        about = {"synthetic": SYNTHETIC, "seed": cohort, "children": children}
        with simulated(cohort or 0, children) as home:
            copy = copied(home, STUDY, wanted, chosen, out, about)
    say(f"{copy.files} files and their certificate in {out}; its digest: {copy.digest}")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{folder} cannot be a folder for the files: {error.strerror}.") from None


def _formats(given: str) -> list[str]:
    wanted = [each.strip() for each in given.split(",") if each.strip()]
    unknown = sorted(set(wanted) - set(FORMATS))
    if unknown or not wanted:
        raise Refused(f"--format: {', '.join(unknown) or 'none'}; there are {', '.join(FORMATS)}.")
    return wanted
