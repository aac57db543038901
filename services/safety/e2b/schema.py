"""Validation by the XML Schemas of ICH, which are loaded from a configured folder. Imports lxml.

The schemas are a free download from ich.org and are not shipped. Without them nothing may be
handed off: ``SchemasMissingError``, never a silent yes.
"""

import hashlib
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock

from lxml import etree

from services.safety.e2b.tables import load
from services.safety.e2b.wire import NotReadableError, WireFault, read, root_name

FOLDER_VARIABLE = "INDUCT_E2B_SCHEMAS"
_MOST_ISSUES = 100


class SchemasMissingError(Exception):
    """No usable ICH schema set is configured, so nothing can be validated, so nothing is sent."""


class SchemaSet:
    """The schemas in one folder; each is compiled once, when first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._compiled: dict[str, etree.XMLSchema] = {}
        self._version: str | None = None
        # A compiled schema keeps the errors of its last document: one document at a time.
        self._lock = Lock()

    @property
    def version(self) -> str:
        """A fingerprint of all schema files: which set it was that judged a message."""
        if self._version is None:
            self._version = self._fingerprint()
        return self._version

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for file in sorted(self._folder.rglob("*.xsd")):
            digest.update(file.relative_to(self._folder).as_posix().encode())
            digest.update(file.read_bytes())
        return digest.hexdigest()

    def issues(self, root: etree._Element) -> list[str]:
        """What the schema of the root's name says against the document, as ``line: message``.

        Raises ``SchemasMissingError``, and ``NotReadableError`` for a root that has no schema.
        """
        with self._lock:
            schema = self._schema(root_name(root))
            schema.validate(root)
            return [f"{one.line}: {one.message}" for one in schema.error_log][:_MOST_ISSUES]

    def issues_of(self, raw: bytes) -> list[str]:
        """The same for bytes. Raises ``NotReadableError``, ``SchemasMissingError``."""
        return self.issues(read(raw))

    def _schema(self, root: str) -> etree.XMLSchema:
        files: dict[str, str] = load("schemas")["file"]
        if root not in files:
            raise NotReadableError(WireFault.WRONG_ROOT)
        if root not in self._compiled:
            self._compiled[root] = _compile(self._folder / files[root])
        return self._compiled[root]


def schema_set(environment: Mapping[str, str] | None = None) -> SchemaSet:
    """The configured schemas. Raises ``SchemasMissingError``."""
    folder = (os.environ if environment is None else environment).get(FOLDER_VARIABLE)
    if not folder:
        raise SchemasMissingError(f"{FOLDER_VARIABLE} is not set")
    return _of(Path(folder))


@cache
def _of(folder: Path) -> SchemaSet:
    files: dict[str, str] = load("schemas")["file"]
    missing = [file for file in files.values() if not (folder / file).is_file()]
    if missing:
        raise SchemasMissingError(f"the folder in {FOLDER_VARIABLE} lacks {missing[0]}")
    return SchemaSet(folder)


def _compile(file: Path) -> etree.XMLSchema:
    # Our own configured files may include each other; nothing is fetched.
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    try:
        return etree.XMLSchema(etree.parse(str(file), parser))
    except (OSError, etree.LxmlError):
        raise SchemasMissingError(f"{file.name} is no usable schema") from None
