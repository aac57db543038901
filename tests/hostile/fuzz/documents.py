"""Documents of strangers, spoiled by what the parsers' own branches show (atheris, `.venv-fuzz`).

``documents.py TARGET [options of libFuzzer] FOLDER``: any exception but the parser's own refusal
ends it with the document that did it. Half of the documents are spoiled as bytes, half as trees:
XML that a byte broke comes no further than lxml.
"""

import random
import sys
from collections.abc import Callable
from copy import deepcopy

import atheris
from lxml import etree

with atheris.instrument_imports(include=["services", "shared"]):
    from services.assessments.domain.bulk import RowRefusedError, read_record
    from services.assessments.domain.rave.parser import parse as read_odm
    from services.assessments.domain.rave.refusals import RaveRefusedError
    from services.randomization.domain.upload import read_csv
    from services.safety.e2b.acknowledgement.parse import NotAnAnswerError
    from services.safety.e2b.acknowledgement.parse import parse as read_acknowledgement
    from services.safety.e2b.parse import parse as read_icsr
    from services.safety.e2b.wire import NotReadableError
    from shared.http.problems import Problem
    from shared.http.strict_json import decode
    from shared.study.loading import load_definition, shipped_definitions, validate_text

STUDY = load_definition(shipped_definitions()["NCT05748171"])
HEADER = b"subject,form,visit,repeat,sample_date,neutrophils"
WORDS = (
    "", "0", "-1", "true", "NaN", "9" * 400, "\u0661", "\u202e", "Remove", "@CONTEXT", "[1]",
    "2026", "20260231", "00010101", "99991231235959+1400", "2026-UN-UN", "2026-00", "NI",
    "\U0001f9d2", "=1+1", "a" * 5_000,
)  # fmt: skip


def _bulk(raw: bytes) -> None:
    if raw[:1] == b"{":
        read_record(STUDY, "ndjson", None, raw)
    else:
        read_record(STUDY, "csv", HEADER, raw)


# What each reads, and what it may raise.
TARGETS: dict[str, tuple[Callable[[bytes], object], tuple[type[Exception], ...]]] = {
    "rave-odm": (read_odm, (RaveRefusedError,)),
    "e2b-acknowledgement": (read_acknowledgement, (NotReadableError, NotAnAnswerError)),
    "e2b-icsr": (read_icsr, (NotReadableError,)),
    "json": (decode, (Problem,)),
    "bulk-row": (_bulk, (RowRefusedError,)),
    "randomization-list": (lambda raw: read_csv(STUDY, raw), ()),
    "study-definition": (lambda raw: validate_text(raw.decode("utf-8", "replace")), ()),
}


def spoil(data: bytes, max_size: int, seed: int) -> bytes:
    dice = random.Random(seed)
    if dice.random() < 0.5:
        try:
            root = etree.fromstring(data)
        except (etree.XMLSyntaxError, ValueError):
            root = None
        if root is not None:
            for _ in range(dice.randrange(1, 4)):
                _spoil_tree(root, dice)
            return bytes(etree.tostring(root))[:max_size]
    return bytes(atheris.Mutate(data, max_size))


def _spoil_tree(root: etree._Element, dice: random.Random) -> None:
    nodes = list(root.iter("*"))
    node = dice.choice(nodes)
    parent = node.getparent()
    match dice.randrange(5):
        case 0 if parent is not None:
            parent.remove(node)
        case 1 if parent is not None:
            parent.append(deepcopy(node))
        case 2 if node.attrib:
            node.attrib[dice.choice(list(node.attrib))] = dice.choice(WORDS)
        case 3 if node.attrib:
            del node.attrib[dice.choice(list(node.attrib))]
        case _:
            node.text = dice.choice(WORDS)


def main() -> None:
    target = sys.argv.pop(1)
    read, refusals = TARGETS[target]

    def one(raw: bytes) -> None:
        try:
            read(raw)
        except refusals:
            return

    atheris.Setup(sys.argv, one, custom_mutator=spoil)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
