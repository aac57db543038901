"""The confirmation of one allocation as a page."""

from services.randomization.documents import confirmation
from services.randomization.documents.facts import ConfirmationFacts
from services.randomization.documents.markup import Markup, datum, element
from services.randomization.documents.page import (
    Frame,
    document,
    fact_list,
    identifier,
    key_facts,
    section,
)


def confirmation_html(facts: ConfirmationFacts) -> str:
    """The page. Raises ``zoneinfo.ZoneInfoNotFoundError`` where the site's zone is none."""
    frame = Frame(
        study=facts.study,
        title=facts.title,
        mode=facts.mode,
        name=confirmation.NAME,
        subtitle="Keep it with the subject's source documents.",
        tab=f"Randomization of {facts.subject}",
    )
    notice = confirmation.error_notice(facts)
    code, name = confirmation.arm(facts)
    body = (
        None if notice is None else element("p", notice, class_="notice", role="note"),
        key_facts(
            (
                ("Subject", datum(facts.subject), None),
                ("Randomization number", datum(facts.randomization_number), None),
                ("Arm", datum(code), datum(name)),
            )
        ),
        (section(group.heading, _rows(group)) for group in confirmation.groups(facts)),
    )
    return document(frame, body, confirmation.FOOT)


def _rows(group: confirmation.Group) -> Markup:
    return fact_list(
        [
            (datum(row.name), identifier(row.value) if row.exact else datum(row.value))
            for row in group.rows
        ]
    )
