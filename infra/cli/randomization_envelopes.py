"""``induct randomization envelopes`` and ``open-envelope``: before a downtime, and during it."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.console import Refused, say
from infra.cli.randomization_files import write_private
from services.randomization.documents.envelope_sheet import (
    PrintedEnvelope,
    SheetFacts,
    envelope_sheet,
)
from services.randomization.domain.envelopes import (
    EnvelopeBroken,
    Place,
    SealedEnvelope,
    open_envelope,
)

SITE_NEEDS = ("study", "list_id", "site", "manifest_sha256", "envelopes")


def envelopes(
    study: Annotated[str, typer.Option(help="A study in force, such as NCT05748171.")],
    list_id: Annotated[str, typer.Option("--list", help="An active downtime list, such as D1.")],
    out: Annotated[Path, typer.Option(help="Folder for the files (mode 0600).")],
) -> None:
    """Export a site's sealed envelopes, and their codes apart. The reading is on record.

    Send envelopes-SITE.json and the printed envelopes-SITE.html to the site, codes-SITE.csv to the
    help desk. Whoever holds both knows the site's next arms.
    """
    from infra.cli.client import Client
    from infra.local.home import Home

    with Client(Home.from_environment(), study) as client:
        path = f"/lists/{list_id}"
        exported = client.get("randomization", f"{path}/envelopes", role="statistician")
        published = client.get("randomization", f"{path}/manifest", role="statistician")
    for file in write_envelopes(exported, published["manifest"]["mode"], out):
        say(f"wrote {file}")


def write_envelopes(exported: Mapping[str, Any], mode: str, out: Path) -> list[Path]:
    """Write the three files of an export; codes stand in the last one only."""
    out.mkdir(parents=True, exist_ok=True)
    site = exported["site"]
    for_site = {name: exported[name] for name in SITE_NEEDS}
    content = {
        out / f"envelopes-{site}.json": json.dumps(for_site, indent=1) + "\n",
        out / f"envelopes-{site}.html": envelope_sheet(_facts(exported, mode)),
        out / f"codes-{site}.csv": _codes(exported),
    }
    for file, text in content.items():
        write_private(file, text)
    return list(content)


def open_one(
    file: Annotated[Path, typer.Argument(help="The site's envelopes-SITE.json.")],
    envelope: Annotated[str, typer.Option(help="Name of the envelope, such as S01-A-01.")],
    code: Annotated[str, typer.Option(prompt=True, help="Its code, as the help desk told it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")] = False,
) -> None:
    """Open one envelope on this machine, without any network, and print its arm.

    The envelope is checked against its commitment. The child is randomized by it: write it down,
    and enter it as soon as the system is back.
    """
    opened = open_from(_read(file), envelope, code)
    if as_json:
        say(json.dumps(opened, indent=1))
        return
    for name, value in opened.items():
        say(f"{name:>10}  {value}")


def open_from(exported: Mapping[str, Any], name: str, code: str) -> dict[str, Any]:
    """The envelope of a name and its arm. Raises ``Refused``."""
    found = next((one for one in exported["envelopes"] if one["envelope"] == name), None)
    if found is None:
        raise Refused(f"There is no envelope {name} in this file.")
    place = Place(exported["study"], exported["list_id"], found["stratum"], found["position"])
    try:
        arm = open_envelope(SealedEnvelope(place, found["sealed"], found["commitment"]), code)
    except EnvelopeBroken as broken:
        raise Refused(f"{name}: {broken}.") from None
    return {
        "envelope": name,
        "list_id": place.list_id,
        "stratum": place.label,
        "position": place.position,
        "arm": arm,
    }


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise Refused(f"There is no file {file}.") from None
    except ValueError:
        content = None
    if not isinstance(content, dict) or not set(SITE_NEEDS) <= set(content):
        raise Refused(f"{file} holds no envelopes that `induct randomization envelopes` wrote.")
    return content


def _facts(exported: Mapping[str, Any], mode: str) -> SheetFacts:
    return SheetFacts(
        study=exported["study"],
        title="Randomization while the system is away",
        mode="live" if mode == "live" else "training",
        site=exported["site"],
        list_id=exported["list_id"],
        manifest_sha256=exported["manifest_sha256"],
        envelopes=[
            PrintedEnvelope(one["envelope"], one["stratum"], one["commitment"])
            for one in exported["envelopes"]
        ],
    )


def _codes(exported: Mapping[str, Any]) -> str:
    """For the help desk: a code a line, and room to write down who asked for it."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("list", "envelope", "code", "told to", "at", "reason"))
    for one in exported["codes"]:
        rows.writerow((exported["list_id"], one["envelope"], one["code"], "", "", ""))
    return text.getvalue()
