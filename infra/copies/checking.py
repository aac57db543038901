"""Holds a copy against its certificate: nothing but the files is asked."""

import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from infra.copies.certificate import CERTIFICATE, FORMAT, described, digest_of


class NoCertificate(ValueError):
    """There is no certificate that can be read; the message says why."""


def read_certificate(folder: Path) -> dict[str, Any]:
    """The certificate of a folder, whole in itself. Raises ``NoCertificate``."""
    try:
        content = json.loads((folder / CERTIFICATE).read_bytes())
        whole = content["digest"] == digest_of(content)
        named = [(each["name"], each["bytes"], each["sha256"]) for each in content["files"]]
    except OSError as error:
        raise NoCertificate(f"{CERTIFICATE} cannot be opened: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NoCertificate(f"{CERTIFICATE} cannot be read.") from None
    if content.get("format") != FORMAT:
        raise NoCertificate(f"{CERTIFICATE} is no certificate of this kind.")
    if not whole:
        raise NoCertificate(f"{CERTIFICATE} is altered: its digest does not fit.")
    if not all(_inside(name) for name, _, _ in named):
        raise NoCertificate(f"{CERTIFICATE} names a file outside its folder.")
    return dict(content)


def faults(folder: Path, certificate: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the files, in the order of the certificate; then what it does not name."""
    named = {CERTIFICATE}
    for each in certificate["files"]:
        named.add(each["name"])
        place = folder / each["name"]
        if place.is_symlink() or not place.is_file():
            yield f"{each['name']}: missing"
        elif (found := described(folder, each["name"])) != each:
            what = "differs" if found["bytes"] == each["bytes"] else "differs in size"
            yield f"{each['name']}: {what}"
    for name in _all_of(folder):
        if name not in named:
            yield f"{name}: extra, the certificate does not name it"


def _inside(name: Any) -> bool:
    path = PurePosixPath(str(name))
    return (
        isinstance(name, str)
        and not path.is_absolute()
        and ".." not in path.parts
        and "\\" not in name
    )


def _all_of(folder: Path) -> list[str]:
    found = []
    for here, folders, files in os.walk(folder):
        links = [each for each in folders if (Path(here) / each).is_symlink()]
        found += [(Path(here) / each).relative_to(folder).as_posix() for each in files + links]
    return sorted(found)
