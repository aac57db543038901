"""The certificate as a page for a person: it fetches nothing, runs nothing, escapes all data."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from shared.study.documents.html import identifier, table
from shared.study.documents.style import CSS


def certificate_page(content: Mapping[str, Any]) -> str:
    """The certificate without the hashes of the page and of itself."""
    study = str(content["study"])
    title = "Certificate of a copy"
    body = table(("", ""), _facts(content)) + _trail(content["trail"]) + _files(content["files"])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}: {escape(study)}</title><style>{CSS}</style></head>\n"
        f'<body><main><header><p class="study">{escape(study)}</p><h1>{escape(title)}</h1>'
        f"<p>{escape(content['process'])}</p></header>\n{body}\n"
        "<footer>Check it with <code>induct export verify FOLDER</code>, which needs no network "
        "and no database. certificate.json holds the hash of this page.</footer>"
        "</main></body></html>\n"
    )


def _facts(content: Mapping[str, Any]) -> Iterable[str]:
    by, definition, mapping = content["made_by"], content["definition"], content["mapping"]
    facts: list[tuple[str, str, str]] = [
        ("State recorded by", content["as_of"], ""),
        ("Made at (clock of the database)", content["made_at"], ""),
        ("Made by", f"{by['account']}, {by['role'].replace('_', ' ')}", ""),
        ("Variant", content["variant"], ""),
        ("Export", "", content["export_id"]),
        ("Induct", content["system_version"], ""),
        ("Study definition", definition["version"], definition["open_sha256"]),
        ("Mapping", f"{mapping['id']} {mapping['version']}", mapping["sha256"]),
    ]
    if "synthetic" in content:
        facts.insert(0, ("Synthetic", content["synthetic"], ""))
    for name, words, hashed in facts:
        shown = escape(str(words)) + (f" {identifier(str(hashed))}" if hashed else "")
        yield f'<tr><th scope="row">{escape(name)}</th><td>{shown}</td></tr>'


def _trail(trail: Mapping[str, Any]) -> str:
    if "heads" not in trail:
        return f"<h2>Audit trail</h2><p>{escape(trail['why_not'])}</p>"
    cells = ([each["stream"], each["seq"], identifier(each["hash"])] for each in trail["heads"])
    return "<h2>Audit trail</h2>" + table(("Stream", "Rows", "Hash of the last"), _rows(cells))


def _files(files: Iterable[Mapping[str, Any]]) -> str:
    cells = ([each["name"], each["bytes"], identifier(each["sha256"])] for each in files)
    return "<h2>Files</h2>" + table(("File", "Bytes", "SHA-256"), _rows(cells))


def _rows(cells: Iterable[Sequence[Any]]) -> Iterable[str]:
    """Rows of a text, a number and finished markup."""
    for text, number, markup in cells:
        yield f"<tr><td>{escape(str(text))}</td><td>{int(number)}</td><td>{markup}</td></tr>"
