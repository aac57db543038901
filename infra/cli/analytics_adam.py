"""``induct analytics adam``: the analysis datasets of a night, with their define document."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.console import Refused, say
from infra.local.home import Home

# Who fetches which class; the role matrix lets others as well.
_CLASSES = {False: ("/datasets", "sponsor"), True: ("/closed/datasets", "statistician")}


def adam(
    study: Annotated[str, typer.Option(help="Study, such as NCT05748171.")],
    out: Annotated[Path, typer.Option(help="Folder for the files; made where it is missing.")],
    run: Annotated[
        str | None, typer.Option(help="A published run; what is published now if left out.")
    ] = None,
    by_arm: Annotated[
        bool, typer.Option("--by-arm", help="The closed files: with arms, doses, concentrations.")
    ] = False,
) -> None:
    """Fetch the analysis datasets that the numbers of a night rest on (ADaM).

    Dataset-JSON 1.1, SAS XPORT version 5 and CSV, with define.xml (Define-XML 2.1) and define.html.
    Every file is held against the hash that the night published.
    """
    from infra.cli.client import Client

    path, role = _CLASSES[by_arm]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{out} cannot be a folder for the files: {error.strerror}.") from None
    with Client(Home.from_environment(), study) as client:
        found = client.get("analytics", path, role=role, **({"run": run} if run else {}))
        # All of one run, though another may be published meanwhile.
        of = found["run_id"]
        for each in found["items"]:
            where = f"{path}/{each['name']}?run={of}"
            content = client.download("analytics", where, role=role)
            if hashlib.sha256(content).hexdigest() != each["sha256"]:
                raise Refused(f"{each['name']} is not the file that was published; fetch it again.")
            (out / each["name"]).write_bytes(content)
    say(f"{len(found['items'])} files of run {of}, cutoff {found['cutoff']}, in {out}")
