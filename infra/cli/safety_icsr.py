"""``induct safety icsr``: the E2B(R3) message that a case makes, without a server."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.console import Refused, say
from infra.cli.definitions import study_of
from infra.cli.files import decoded, refusals_in_words

if TYPE_CHECKING:
    from services.safety.files.case import CaseDocument
    from shared.study import StudyDefinition
    from shared.study.reporting import Receiver, Reporting


def icsr(
    case: Annotated[Path, typer.Argument(help="The case, as JSON.")],
    receiver: Annotated[
        str | None,
        typer.Option(help="For whom: a receiver of the definition, such as eudravigilance or fda."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write; standard output if left out.")
    ] = None,
    definition: Annotated[
        Path | None,
        typer.Option(help="A study definition (YAML); the shipped one of the file's study if not."),
    ] = None,
) -> None:
    """Write the E2B(R3) message (ICSR) that reports a case to a receiver, as the service drafts it.

    A draft always renders, and nothing is guessed: what the case does not hold is left out.
    Judge it by: induct safety check-icsr. With `created` in the file it is the same to the byte.
    """
    from services.safety.domain.icsr_draft import draft
    from services.safety.e2b.generate import NotWritableError, generate
    from services.safety.files.case import CaseDocument, filed
    from services.safety.files.reading import fit

    with refusals_in_words(case):
        document = fit(CaseDocument, decoded(case))
        study = study_of(document.study, definition)
        reporting = _reporting(study, document)
        found = filed(study, document, datetime.now(UTC).replace(microsecond=0))
    chosen = _receiver(reporting, receiver or document.receiver)
    try:
        raw = generate(draft(study, reporting, chosen, found.case, found.created))
    except NotWritableError as error:
        raise Refused(f"{case} holds what XML cannot hold: {error}.") from None
    if out is None:
        typer.echo(raw, nl=False)
        return
    try:
        out.write_bytes(raw)
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error.strerror}.") from None
    say(str(out))


def _reporting(study: "StudyDefinition", document: "CaseDocument") -> "Reporting":
    from services.safety.files.case import reporting_of

    found = None if study.safety is None else reporting_of(study.safety, document)
    if found is None:
        raise Refused(f"{study.id} does not say who reports to whom (safety.reporting).")
    return found


def _receiver(reporting: "Reporting", name: str | None) -> "Receiver":
    known = {each.id: each for each in reporting.receivers}
    if name is None and len(known) == 1:
        return reporting.receivers[0]
    if name not in known:
        raise Refused(f"Name a receiver: --receiver {' or --receiver '.join(sorted(known))}.")
    return known[name]
