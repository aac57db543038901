"""``induct audit accounts``: the issuer's accounts beside what was seen of them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.console import Refused, say, table
from infra.local.home import Home

if TYPE_CHECKING:
    from infra.database.account_list import AccountList

Study = Annotated[str, typer.Option(help="Study, such as NCT05748171.")]
Lists = Annotated[
    list[Path],
    typer.Option(
        "--accounts",
        help="The issuer's accounts: our form, or what Cognito's list-users and"
        " list-user-pool-clients print; repeatable, a part each.",
    ),
]
Keep = Annotated[bool, typer.Option("--keep", help="Keep it as a review, to be signed off.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def accounts(study: Study, lists: Lists, keep: Keep = False, as_json: AsJson = False) -> None:
    """Name the accounts that nobody needs, that the issuer does not know, and that hold what is to
    be apart; end with 1 where there is one."""
    from infra.database.account_list import NoList
    from infra.database.reviewing import look_at_accounts
    from infra.local.database import opened

    listed = gather(lists)
    with opened(Home.from_environment()) as logins:
        url = logins.url("induct_platform")
        try:
            found = look_at_accounts(url, study, listed, datetime.now(UTC), keep=keep)
        except NoList as error:
            raise Refused(f"{error}.") from None
    tell(found, as_json=as_json)


def gather(files: list[Path]) -> "AccountList":
    """The list that the files are parts of. A part that does not say when it was taken is as old as
    its file. Raises ``Refused``."""
    from infra.database.account_list import NoList, joined, read

    parts = []
    for file in files:
        try:
            written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            parts.append(read(file.read_text(encoding="utf-8"), written))
        except (OSError, UnicodeDecodeError):
            raise Refused(f"{file} cannot be read.") from None
        except NoList as error:
            raise Refused(f"{file}: {error}.") from None
    return joined(parts)


def tell(found: dict[str, Any], *, as_json: bool) -> None:
    """Say what was found, as it came in JSON. Raises ``Refused`` where an account is named."""
    if as_json:
        say(json.dumps(found, indent=2))
    else:
        show(found)
        if found["number"] is not None:
            say(f"Kept as review {found['number']} of accounts, to be signed off.")
    if found["findings"]:
        raise Refused(f"{len(found['findings'])} findings: accounts are to be asked about.")


def show(found: dict[str, Any]) -> None:
    """The text of a review of accounts."""
    said = (found["listed"], found["taken_at"][:16], found["seen"], found["study"])
    say("{} accounts on the list of {} UTC; {} ever came into {}.".format(*said))
    if found["findings"]:
        rows = ((one["account"], one["code"], one["what"]) for one in found["findings"])
        table(("Account", "Finding", "What"), rows)
    else:
        say("No account is orphaned, out of use, or holds what is to be apart.")
