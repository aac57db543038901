"""What lies beside the rows of an archive: what they mean, how to open them, each file's hash."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from infra.copies.certificate import described, digest_of, write
from shared.study.documents.html import identifier, table
from shared.study.documents.style import CSS

FORMAT = "induct-archive/1"
ARCHIVE, DESCRIPTION, README, READER = (
    "archive.json", "description.html", "README.txt", "read_archive.py",
)  # fmt: skip
_README = """\
The archive of study {study}, as of {as_of}, made {made_at} by {actor} ({role}).

Nothing but Python 3.11 or later is needed to open it, and no network:

    python read_archive.py verify               every file, the audit trail, what was altered
    python read_archive.py load study.sqlite    everything in one SQLite file, to ask with SQL
    python read_archive.py tables               what there is

Without Python: closed/*.ndjson has a row a line, as JSON (RFC 8259, UTF-8); open/ is explained by
its own certificate.html. description.html says what each table and column means; archive.json says
the same to a program, with the SHA-256 of every file. How the audit trail is chained stands at the
head of read_archive.py: whoever has another language can write the check anew.

open/     nothing in it depends on the arm of a child{no_open}
closed/   every row of every table: arms, lists, and the audit trail. Before the study is unblinded
          it is for those who may read by arm{no_closed}

Digest of this archive, to be noted elsewhere:
{digest}
"""


def finish(folder: Path, content: Mapping[str, Any]) -> str:
    """Write what lies beside the rows; answers the archive's digest.

    ``content`` says what there is: ``closed`` as ``archive.write_tables`` answers it or None, and
    the study, instants and persons. The README holds the digest and is for that not among the files
    that the digest is over.
    """
    write(folder / DESCRIPTION, "".join(_page(content)))
    reader = Path(__file__).with_name(READER).read_text(encoding="utf-8")
    write(folder / READER, reader)
    files = [described(folder, name) for name in _all_of(folder) if name not in {ARCHIVE, README}]
    told: dict[str, Any] = {"format": FORMAT, **content, "files": files}
    told["digest"] = digest_of(told)
    write(folder / ARCHIVE, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    by = content["made_by"]
    write(folder / README, _README.format(
        study=content["study"], as_of=content["as_of"], made_at=content["made_at"],
        actor=by["actor"], role=by["role"], digest=told["digest"],
        no_open="" if content["open"] else " (not in this archive)",
        no_closed="" if content["closed"] else " (not in this archive)",
    ))  # fmt: skip
    return str(told["digest"])


def _all_of(folder: Path) -> list[str]:
    found = (Path(here) / name for here, _, names in os.walk(folder) for name in names)
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _page(content: Mapping[str, Any]) -> Iterator[str]:
    study = escape(str(content["study"]))
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Archive: {study}</title><style>{CSS}</style></head>\n"
        f'<body><main><header><p class="study">{study}</p><h1>What is in this archive</h1>'
        f"<p>As of {escape(content['as_of'])}. README.txt says how to open it.</p></header>\n"
    )
    if content["open"]:
        yield (
            "<h2>open</h2><p>The study without anything that depends on an arm, in CDISC formats: "
            "open/certificate.html.</p>"
        )
    if content["closed"]:
        yield "<h2>closed</h2><p>Every table, with the study's rows.</p>"
        yield from (_table(each) for each in content["closed"]["tables"])
        yield f"<h2>Not kept</h2>{_reasons(content['closed']['not_kept'])}"
    yield "</main></body></html>\n"


def _table(each: Mapping[str, Any]) -> str:
    rows = (
        f"<tr><td>{identifier(column['name'])}</td><td>{escape(column['type'])}</td>"
        f"<td>{'key' if column['name'] in each['key'] else ''}</td>"
        f"<td>{escape(column['meaning'])}</td></tr>"
        for column in each["columns"]
    )
    return (
        f"<h3>{identifier(each['name'])}, {int(each['rows'])} rows</h3>"
        f"<p>{escape(each['meaning'])}</p>{table(('Column', 'Type', '', 'Meaning'), rows)}"
        + (_reasons(each["left_out"]) if each["left_out"] else "")
    )


def _reasons(left: Mapping[str, str]) -> str:
    rows: Iterable[str] = (
        f"<tr><td>{identifier(name)}</td><td>{escape(why)}</td></tr>" for name, why in left.items()
    )
    return table(("Left out", "Why"), rows)
