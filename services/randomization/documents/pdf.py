"""The confirmation of one allocation as a PDF of one A4 page.

The same facts give the same bytes: the creation date is the time of the allocation.
"""

from services.randomization.documents.facts import ConfirmationFacts

MEDIA_TYPE = "application/pdf"


def confirmation_pdf(facts: ConfirmationFacts) -> bytes:
    """The document. The PDF library is imported at the first call.

    Raises ``zoneinfo.ZoneInfoNotFoundError`` where the site's zone is none.
    """
    from services.randomization.documents.confirmation_sheet import draw

    return draw(facts)


def file_name(facts: ConfirmationFacts) -> str:
    """A name to save it under; it tells the subject, and not the arm."""
    return f"randomization-{facts.study}-{facts.subject}.pdf"
