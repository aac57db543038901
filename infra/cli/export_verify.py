"""``induct export verify``: is a copy what its certificate says, and what is recorded today?"""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.console import Refused, say
from infra.local.home import Home

_LINKS = """
    SELECT stream, seq, encode(hash, 'hex') FROM platform.audit
    JOIN unnest(%s::text[], %s::bigint[]) AS asked (stream, seq) USING (stream, seq)
"""


def verify(
    folder: Annotated[Path, typer.Argument(help="A copy that `induct export` made.")],
    digest: Annotated[
        str | None, typer.Option(help="Of the certificate, as you noted it elsewhere.")
    ] = None,
    against: Annotated[
        bool, typer.Option(help="Make the same copy anew from the running stack, and compare.")
    ] = False,
) -> None:
    """Hold every file of a copy against its certificate: say which differs, is missing or extra.

    Needs neither network nor database, but for --against.
    """
    from infra.copies.checking import NoCertificate, faults, read_certificate

    try:
        certificate = read_certificate(folder)
    except NoCertificate as error:
        raise Refused(str(error)) from None
    if digest is not None and digest != certificate["digest"]:
        raise Refused("This is another certificate: its digest is not the one that you noted.")
    _tell(list(faults(folder, certificate)), "is not what its certificate says")
    say(f"As certified: {len(certificate['files'])} files of {certificate['study']},")
    say(f"{certificate['variant']}, as of {certificate['as_of']}; digest {certificate['digest']}.")
    if against:
        _tell(list(_differences(certificate)), "is not what is recorded")
        say("As recorded: made anew, every file has the same bytes.")


def _tell(found: list[str], what: str) -> None:
    for each in found:
        say(each)
    if found:
        raise Refused(f"The copy {what}: {found[0]}.")


def _differences(certificate: Mapping[str, Any]) -> Iterator[str]:
    from infra.cli.client import Client
    from infra.cli.export_files import FORMATS, VARIANTS, placed

    home = Home.from_environment()
    path, role = VARIANTS[certificate["variant"]]
    files = {each["name"]: each["sha256"] for each in certificate["files"]}
    folders = {name.split("/")[0] for name in files}
    wanted = {
        "as_of": certificate["as_of"],
        "formats": [each for each in FORMATS if each in folders],
        "audit": "odm/odm-audit.xml" in files,
    }
    with Client(home, certificate["study"]) as client:
        made = client.post("assessments", path, wanted, role=role, key=str(uuid.uuid4()))
        if made["system_version"] != certificate["system_version"]:
            yield f"made by Induct {certificate['system_version']}, and this is another version"
        if made["definition_hash"] != certificate["definition"]["open_sha256"]:
            yield "the study definition of that instant is another one"
        for each in made["files"]:
            name = placed(each["name"])
            digest = hashlib.sha256()
            where = f"{path}/{made['export_id']}/files/{each['name']}"
            for piece in client.stream("assessments", where, role=role):
                digest.update(piece)
            if files.get(name) != digest.hexdigest():
                yield f"{name}: what is recorded as of then is something else"
    yield from _moved(home, certificate["trail"].get("heads", []))


def _moved(home: Home, heads: list[dict[str, Any]]) -> Iterator[str]:
    """Streams of the trail that do not go through where they stood."""
    import psycopg

    from infra.local.database import opened

    if not heads:
        return
    streams, numbers = [each["stream"] for each in heads], [each["seq"] for each in heads]
    with opened(home) as logins, psycopg.connect(logins.url("induct_platform")) as connection:
        found = {(row[0], row[1]): row[2] for row in connection.execute(_LINKS, (streams, numbers))}
    for each in heads:
        if found.get((each["stream"], each["seq"])) != each["hash"]:
            yield f"{each['stream']}: its audit trail is not what it was at row {each['seq']}"
