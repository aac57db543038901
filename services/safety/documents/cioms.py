"""The CIOMS I form as a PDF. The PDF library is imported at the first call."""

from services.safety.documents.form import CiomsForm

MEDIA_TYPE = "application/pdf"


def cioms_pdf(form: CiomsForm) -> bytes:
    """The form on A4, and as many continuation pages as its texts need.

    The same form gives the same bytes. Raises ``MissingGlyphError``.
    """
    from services.safety.documents.sheet import draw

    return draw(form)


def file_name(form: CiomsForm) -> str:
    """A name to save it under, of the control number's safe characters."""
    safe = "".join(
        c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in form.control_number
    )
    return f"cioms-{safe}.pdf"
