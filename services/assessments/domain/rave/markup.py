"""XML out: small, without declaration, and exact to what the client reads.

No declaration, because the client hands text to a parser that refuses an encoding in it, and looks
for ``<Response`` at the very beginning.
"""

import re
from collections.abc import Iterator, Mapping

from services.assessments.domain.rave.xml_names import (
    INDUCT_NAMESPACE,
    MDSOL_NAMESPACE,
    ODM_NAMESPACE,
)

# What XML 1.0 cannot hold; Postgres takes all of it but NUL.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_QUOTED = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;",
    "\n": "&#10;", "\t": "&#9;", "\r": "&#13;",
}  # fmt: skip
_SPECIAL = re.compile('[&<>"\n\t\r]')
Attributes = Mapping[str, str | None]


def attributes(values: Attributes) -> str:
    """Attributes with a space before each; those that are None are left out."""
    return "".join(
        f' {name}="{_quoted(value)}"' for name, value in values.items() if value is not None
    )


def _quoted(value: str) -> str:
    return _SPECIAL.sub(lambda found: _QUOTED[found[0]], possible(value))


def possible(text: str) -> str:
    """The text, with a question mark where XML can hold no such character."""
    return _IMPOSSIBLE.sub("?", text)


def tag(name: str, values: Attributes | None = None, *inner: str) -> str:
    """An element with what is inside it, which is markup already."""
    start = f"<{name}{attributes(values or {})}"
    return f"{start}>{''.join(inner)}</{name}>" if inner else f"{start}/>"


def cdata(text: str) -> str:
    """Text as CDATA: the client keeps only the first piece of a text, and an entity or a character
    outside ASCII ends a piece; a CDATA section arrives whole."""
    return "<![CDATA[" + possible(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def odm(
    file_oid: str, created: str, pieces: Iterator[str], *, granularity: str | None = None,
    file_type: str = "Snapshot",
) -> str:  # fmt: skip
    """An ODM document."""
    head = attributes(
        {
            "xmlns": ODM_NAMESPACE,
            "xmlns:mdsol": MDSOL_NAMESPACE,
            "xmlns:xlink": "http://www.w3.org/1999/xlink",
            "xmlns:induct": INDUCT_NAMESPACE,
            "ODMVersion": "1.3",
            "FileType": file_type,
            "FileOID": file_oid,
            "CreationDateTime": created,
            "Granularity": granularity,
        }
    )
    return f"<ODM{head}>{''.join(pieces)}</ODM>"
