"""``induct export archive``: a study to be kept, and opened without this system."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.console import Refused, say
from infra.local.home import Home

if TYPE_CHECKING:
    from infra.local.home import LoginUrls

# What it takes to be given a copy with arms.
CLOSED_OPERATION = "assessments.create_unblinded_export"


def archive(
    study: Annotated[str, typer.Option(help="Study of the running stack.")],
    out: Annotated[Path, typer.Option(help="A folder that is not there yet, or is empty.")],
    actor: Annotated[str, typer.Option(help="Who makes it.")],
    role: Annotated[str, typer.Option(help="In which role.")] = "data_manager",
    closed: Annotated[
        bool,
        typer.Option(
            help="With every row of every table: arms, lists, the audit trail. For roles that may "
            "have an unblinded copy; it is written down before a row is read."
        ),
    ] = False,
    reason: Annotated[str, typer.Option(help="Why, where --closed is given.")] = "",
) -> None:
    """Write an archive of a study: rows as they are stored, what they mean, and its own reader.

    `python FOLDER/read_archive.py verify` checks it, and `load` makes a SQLite file of it.
    """
    from infra.copies.archive import NothingToArchive, check_study, write_tables
    from infra.copies.archive_files import finish
    from infra.local.database import opened
    from shared import __version__

    _check(actor, role, reason, closed=closed)
    _make_empty(out)
    home = Home.from_environment()
    parts: dict[str, Any] = {"open": True, "closed": None}
    as_of = None
    if closed:
        with opened(home) as logins:
            try:
                check_study(logins.admin_url_of_database, study)
            except NothingToArchive as error:
                raise Refused(str(error)) from None
            _note(logins, study, actor, role, reason)
            _prove(logins, home)
            parts["closed"] = write_tables(logins.admin_url_of_database, study, out)
        _artefacts(home, out)
        as_of = parts["closed"]["as_of"]
    made = _open_part(home, study, out / "open", as_of)
    content = {
        "study": study,
        "as_of": as_of or made["as_of"],
        "made_at": made["requested_at"],
        "made_by": {"actor": actor, "role": role, "reason": reason},
        "system_version": __version__,
        **parts,
    }
    digest = finish(out, content)
    rows = sum(each["rows"] for each in parts["closed"]["tables"]) if closed else 0
    say(f"{f'{rows} rows and the open part' if closed else 'The open part'}: {out}")
    say(f"Digest, to be noted elsewhere: {digest}")


def _check(actor: str, role: str, reason: str, *, closed: bool) -> None:
    from shared.identity.matrix import matrix

    if not actor.strip():
        raise Refused("A name is asked for.")
    operation = CLOSED_OPERATION if closed else "assessments.create_export"
    may = matrix().operations[operation].roles
    if role not in may:
        raise Refused(f"This is for {', '.join(sorted(may))}.")
    if closed and not reason.strip():
        raise Refused("The closed part needs a reason.")


def _make_empty(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise Refused(f"{out} is not empty.")
    except OSError as error:
        raise Refused(f"{out} cannot be a folder for the archive: {error.strerror}.") from None


def _note(logins: "LoginUrls", study: str, actor: str, role: str, reason: str) -> None:
    from infra.copies.note import note_closed_archive

    note_closed_archive(logins.url("induct_randomization"), study, actor, role, reason)


def _prove(logins: "LoginUrls", home: Home) -> None:
    """What is archived is what the trail tells: else nothing is."""
    from infra.database.heads_store import HeadsFolder
    from infra.database.proof import prove

    proof = prove(logins.url("induct_platform"), HeadsFolder(home.witness))
    if proof.faults:
        raise Refused(f"The trail is not whole (induct audit verify): {proof.faults[0]}")


def _artefacts(home: Home, out: Path) -> None:
    from infra.copies.archive_artefacts import write_artefacts
    from shared.artefacts import ArtefactError, DirectoryStore

    try:
        write_artefacts(DirectoryStore(home.artefacts), out)
    except ArtefactError as error:
        raise Refused(f"A file of a night is not there: {error}") from None


def _open_part(home: Home, study: str, out: Path, as_of: str | None) -> dict[str, Any]:
    """The blinded export with its audit: nothing in it depends on an arm."""
    from infra.cli.export_files import FORMATS, copied

    wanted: dict[str, Any] = {"audit": True, "formats": list(FORMATS)}
    if as_of is not None:
        wanted["as_of"] = datetime.fromisoformat(as_of).astimezone(UTC).isoformat()
    out.mkdir()
    return copied(home, study, wanted, "blinded", out, {}).made
