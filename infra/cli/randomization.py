"""``induct randomization``: lists from the first secret to the last proof."""

import json
import secrets
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli import (
    randomization_envelopes,
    randomization_reconcile,
    randomization_simulate,
    randomization_views,
)
from infra.cli import randomization_files as files
from infra.cli.client import Client
from infra.cli.console import Refused, say
from infra.cli.definitions import definition_of
from infra.local.home import PROJECT, Home

app = typer.Typer(
    help="Randomization lists: generate, seal, approve, simulate, verify, reveal.",
    no_args_is_help=True,
)
Study = Annotated[str, typer.Option(help="A study in force, such as NCT05748171.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]
ListId = Annotated[str, typer.Option("--list", help="Name of the list, such as L1.")]
VERIFIER = PROJECT / "docs" / "verify_randomization.py"


@app.command()
def generate(
    study: Annotated[str, typer.Option(help="A shipped study, or the file of a definition.")],
    list_id: ListId,
    out: Annotated[Path, typer.Option(help="Folder for the secret and the list (mode 0600).")],
    secret: Annotated[
        Path | None, typer.Option(help="File of an earlier secret, to make its list again.")
    ] = None,
    downtime_site: Annotated[
        str | None, typer.Option(help="Make it as the envelopes of this site.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a list on this machine, from fresh randomness of the operating system.

    Nothing is sent anywhere. Who holds the two files knows every arm: keep them as the study's
    statistician keeps them, then seal.
    """
    definition = definition_of(study)
    drawn = secrets.token_bytes(32)
    if secret is not None:
        earlier = files.read_secret(secret)
        if (earlier.study, earlier.list_id) != (definition.id, list_id):
            raise Refused("This secret belongs to another study or list.")
        drawn = earlier.secret
    _tell(files.write_list(definition, list_id, drawn, out, downtime_site), as_json)


@app.command()
def seal(
    study: Study,
    secret: Annotated[Path | None, typer.Option(help="Secret that `generate` wrote.")] = None,
    csv: Annotated[
        Path | None, typer.Option(help="List of an independent statistician instead.")
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(help="SHA-256 of that file, as its maker stated it.")
    ] = None,
    rows: Annotated[int | None, typer.Option(help="Its rows, as its maker stated them.")] = None,
    list_id: Annotated[str | None, typer.Option("--list", help="Name of an uploaded list.")] = None,
    extends: Annotated[str | None, typer.Option(help="Active list that this continues.")] = None,
    as_json: AsJson = False,
) -> None:
    """Seal a list into the running service, as the statistician. It is not yet in force."""
    if (secret is None) == (csv is None):
        raise Refused("Give either --secret, or --csv with --sha256, --rows and --list.")
    told = None if secret is None else files.read_secret(secret)
    if told is not None:
        body = told.as_sealing() | {"extends": extends}
    elif csv is None or sha256 is None or rows is None or list_id is None:
        raise Refused("With --csv give --sha256, --rows and --list, as its maker stated them.")
    else:
        body = files.upload(csv, list_id, sha256, rows) | {"extends": extends}
    with Client(Home.from_environment(), study) as client:
        answer = client.post(
            "randomization", "/lists", body, role="statistician", key=files.key("seal", body)
        )
    if told is not None and (answer["root"], answer["slots"]) != (told.root, told.slots):
        raise Refused(
            f"What was sealed as {answer['list_id']} is not the list that `generate` made: the"
            " definition in force is another. Close it, and generate again from that definition."
        )
    _tell(answer, as_json, "root", "slots", "state")
    if not as_json:
        say(
            f"A second person now compares and approves: induct randomization approve --study"
            f" {study} --list {answer['list_id']} --root {answer['root']} --slots {answer['slots']}"
        )


@app.command()
def approve(
    study: Study,
    list_id: ListId,
    root: Annotated[str, typer.Option(help="Merkle root, as the list's maker told you.")],
    slots: Annotated[int, typer.Option(help="Number of slots, as the list's maker told you.")],
    as_json: AsJson = False,
) -> None:
    """Put a sealed list in force, as a second person, with a signature."""
    body = {"root": root, "slots": slots}
    path = f"/lists/{list_id}/activation"
    with Client(Home.from_environment(), study) as client:
        answer = client.post(
            "randomization", path, body, role="admin", key=files.key(path, body),
            signed_for="randomization.activate_list",
        )  # fmt: skip
    _tell(answer, as_json, "state", "manifest_sha256")


@app.command()
def manifest(
    study: Study,
    list_id: ListId,
    out: Annotated[Path, typer.Option(help="Where to write it.")],
) -> None:
    """Fetch the signed manifest of a list in force."""
    with Client(Home.from_environment(), study) as client:
        found = client.get("randomization", f"/lists/{list_id}/manifest", role="auditor")
    files.write_json(out, found)
    say(f"wrote {out}")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A manifest, an allocation, or a revealed list.")],
    against: Annotated[
        Path | None, typer.Option("--manifest", help="The manifest, for an allocation.")
    ] = None,
    public_key: Annotated[
        str | None, typer.Option(help="The signer's key, as you know it from elsewhere.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a proof. It runs docs/verify_randomization.py, which needs nothing of this project."""
    kind = files.kind_of(file)
    arguments = [kind, str(file)]
    if kind == "allocation":
        if against is None:
            raise Refused("An allocation is checked against its manifest: --manifest FILE")
        arguments += ["--manifest", str(against)]
    arguments += ["--public-key", public_key] if public_key else []
    raise typer.Exit(files.run_verifier(VERIFIER, [*arguments, *(["--json"] if as_json else [])]))


@app.command()
def reveal(
    study: Study,
    list_id: ListId,
    out: Annotated[Path, typer.Option(help="Where to write the opened list.")],
    secret: Annotated[
        Path | None, typer.Option(help="The generated list's secret, to be revealed with it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open a closed list of a closed study, and check it."""
    path = f"/lists/{list_id}/reveal"
    with Client(Home.from_environment(), study) as client:
        opened = client.post(
            "randomization", path, {}, role="statistician", key=files.key(path, {}),
            signed_for="randomization.reveal_list",
        )  # fmt: skip
    files.write_reveal(out, opened, None if secret is None else files.read_secret(secret))
    if not as_json:
        say(f"wrote {out}")
    arguments = ["reveal", str(out), *(["--json"] if as_json else [])]
    raise typer.Exit(files.run_verifier(VERIFIER, arguments))


app.command()(randomization_simulate.simulate)
app.command()(randomization_reconcile.reconcile)
app.command()(randomization_views.enrolment)
app.command()(randomization_views.breaks)
app.command("envelopes")(randomization_envelopes.envelopes)
app.command("open-envelope")(randomization_envelopes.open_one)


def _tell(answer: dict[str, Any], as_json: bool, *names: str) -> None:
    if as_json:
        say(json.dumps(answer, indent=1))
        return
    for name in names or tuple(answer):
        say(f"{name:>18}  {answer[name]}")
