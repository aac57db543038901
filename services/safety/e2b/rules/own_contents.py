"""Rules of our own over documents that are included in a report (C.1.6.1.r.2, C.4.r.2)."""

import base64
from collections.abc import Iterator

from services.safety.e2b.media import fits_name
from services.safety.e2b.model import HeldDocument, Literature
from services.safety.e2b.rules.issues import Finding, Scene
from services.safety.e2b.rules.registry import Registry
from services.safety.e2b.tables import load
from services.safety.e2b.values import NullFlavor

CONTENTS = Registry()
_BASE64 = "B64"


@CONTENTS.holds("INDUCT.CONTENT.FORMAT")
def content_decodes(scene: Scene) -> Iterator[Finding]:
    for path, held, content in _included(scene):
        if held.representation == _BASE64 and not _decodes(content):
            yield Finding(path)


@CONTENTS.holds("INDUCT.CONTENT.MEDIA")
def content_named(scene: Scene) -> Iterator[Finding]:
    for path, held, _ in _included(scene):
        if held.media_type is None or not fits_name(held.media_type, held.file_name):
            yield Finding(path)


@CONTENTS.holds("INDUCT.CONTENT.SIZE")
def contents_small(scene: Scene) -> Iterator[Finding]:
    if sum(len(content) for _, _, content in _included(scene)) > load("media")["most"]:
        yield Finding(f"{scene.at}/C.1")


def _included(scene: Scene) -> Iterator[tuple[str, HeldDocument | Literature, str]]:
    """Each document that has content: its path, itself, the content as it stands."""
    for number, held in enumerate(scene.report.c_1.c_1_6_1_r, start=1):
        if (content := _told(held.c_1_6_1_r_2)) is not None:
            yield f"{scene.at}/C.1/C.1.6.1.r[{number}]", held, content
    for number, printed in enumerate(scene.report.c_4_r, start=1):
        if (content := _told(printed.c_4_r_2)) is not None:
            yield f"{scene.at}/C.4.r[{number}]", printed, content


def _told(content: object) -> str | None:
    """The content where there is one: of a nullFlavor other rules speak."""
    is_text = isinstance(content, str) and not isinstance(content, NullFlavor)
    return str(content) if is_text else None


def _decodes(content: str) -> bool:
    try:
        base64.b64decode("".join(content.split()), validate=True)
    except ValueError:
        return False
    return True
