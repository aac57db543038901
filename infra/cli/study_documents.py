"""``induct study dictionary`` and ``induct study forms``: what a definition collects, to read."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.console import Refused, say, table

Study = Annotated[str, typer.Option(help="A shipped study, or the file of a definition.")]
Html = Annotated[Path | None, typer.Option(help="Write a page to open in a browser.")]


def dictionary(
    study: Study,
    html: Html = None,
    csv: Annotated[Path | None, typer.Option(help="Write a table, one row an item.")] = None,
) -> None:
    """Make the data dictionary: every item with type, unit, codes, limits and home in SDTM."""
    from infra.cli.definitions import definition_of
    from shared.study.dictionary import entries
    from shared.study.documents.dictionary_csv import dictionary_csv
    from shared.study.documents.dictionary_page import dictionary_page
    from shared.study.sdtm_homes import sdtm_homes

    definition = definition_of(study)
    homes = sdtm_homes(definition)
    if html is not None:
        _write(html, dictionary_page(definition, homes))
    if csv is not None:
        _write(csv, dictionary_csv(definition, homes))
    if html is None and csv is None:
        rows = (
            (entry.form.id, entry.item.id, entry.type_words, ", ".join(entry.homes))
            for entry in entries(definition, homes)
        )
        table(("form", "item", "type", "SDTM"), list(rows))


def forms(study: Study, html: Html = None) -> None:
    """Make the annotated form list: every form with its items, edit checks and windows."""
    from infra.cli.definitions import definition_of
    from shared.study.documents.forms_page import forms_page
    from shared.study.sdtm_homes import sdtm_homes

    definition = definition_of(study)
    if html is not None:
        _write(html, forms_page(definition, sdtm_homes(definition)))
        return
    checks = Counter(form for check in definition.checks for form in check.forms)
    rows = [
        (form.id, form.name, len(form.items), checks[form.id], " ".join(form.visits))
        for form in definition.forms
    ]
    table(("form", "name", "items", "checks", "visits"), rows)


def _write(path: Path, text: str) -> None:
    try:
        # As bytes: a CSV keeps the line ends of RFC 4180 on every system.
        path.write_bytes(text.encode())
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from None
    say(f"Wrote {path}.")
