"""``python -m infra.supply licences | advisories``: the gates of a release's libraries."""

import os
import sys
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra.supply.advisories import Accepted, NothingChecked, check, read_database
from infra.supply.licences import LicencePolicy, faults, of_this_machine
from infra.supply.locks import LockError, pins

POLICY = Path(__file__).with_name("policy.toml")
DATABASE = "INDUCT_ADVISORIES"


def licences() -> int:
    """Every library of the development environment, which holds all that a release ships."""
    told = _policy()["licences"]
    policy = LicencePolicy(frozenset(told["allowed"]), told["words"], told["read"])
    asked = of_this_machine(pins(["development"]))
    found = list(faults(asked, policy))
    for fault in found:
        sys.stderr.write(fault + "\n")
    if not asked:
        raise NothingChecked("there is no package to check")
    if not found:
        sys.stdout.write(f"{len(asked)} libraries are under licences that are allowed.\n")
    return 1 if found else 0


def advisories() -> int:
    """Every version of every lock, against the database that the environment names."""
    place = os.environ.get(DATABASE)
    if not place or not Path(place).is_dir():
        raise NothingChecked(f"{DATABASE} names no folder with an advisory database")
    told = _policy()["advisories"]
    found = check(
        pins(),
        read_database(Path(place)),
        today=datetime.now(UTC),
        oldest=timedelta(days=told["oldest_days"]),
        accepted=[Accepted(**each) for each in told.get("accepted", ())],
    )
    sys.stdout.write(
        f"Database of {found.as_of:%Y-%m-%d %H:%M} UTC: {found.advisories} advisories,"
        f" {found.relevant} of them about {found.packages} packages of ours.\n"
    )
    for each in found.findings:
        words = f"accepted: {each.accepted}" if each.accepted else "affected"
        sys.stderr.write(f"{each.package} {each.version}: {words} ({', '.join(each.ids)})\n")
    return 1 if any(each.accepted is None for each in found.findings) else 0


def _policy() -> dict[str, Any]:
    return tomllib.loads(POLICY.read_text(encoding="utf-8"))


def main(words: Sequence[str]) -> int:
    """Do one command; a check that checked nothing ends with 2."""
    commands = {"licences": licences, "advisories": advisories}
    if len(words) != 1 or words[0] not in commands:
        sys.stderr.write(f"One of: {', '.join(commands)}\n")
        return 2
    try:
        return commands[words[0]]()
    except (LockError, NothingChecked) as error:
        sys.stderr.write(f"Nothing was checked: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
