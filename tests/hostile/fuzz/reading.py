"""Runs of the parsers of strangers' documents, each in a process of its own, from valid documents.

``INDUCT_FUZZ_DOCUMENTS`` says how many documents are read by each, in at most ``SECONDS``.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from services.safety.e2b.acknowledgement.answers import BatchCode, MessageCode
from services.safety.e2b.generate import generate
from shared.study.loading import shipped_definitions
from tests.services.assessments.rave.test_hostile import GOOD
from tests.services.safety.e2b import everything, reports
from tests.services.safety.e2b.acknowledgement.answers import answer, as_bytes, row

DOCUMENTS = int(os.environ.get("INDUCT_FUZZ_DOCUMENTS", "20000"))
SECONDS = 60
SEED = 20231
LIST = b"sequence,age_group,first_remission,arm\n1,lt10,ge24m,INO\n2,lt10,ge24m,ALLR3\n"
ROW = b'{"subject":"S01-001","form":"blood_count","visit":"C1D28","items":{"neutrophils":"1.5"}}'

TARGETS: dict[str, Callable[[], list[bytes]]] = {
    "rave-odm": lambda: [GOOD.encode()],
    "e2b-acknowledgement": lambda: [
        as_bytes(answer(BatchCode.AE, row(MessageCode.CR, text="late"))),
        as_bytes(answer(BatchCode.AA, row(MessageCode.CA))),
    ],
    "e2b-icsr": lambda: [generate(reports.batch()), generate(everything.everything())],
    "json": lambda: [ROW, b'[null,true,1.5e3,"\\u00e9\\ud83e\\uddd2"]'],
    "bulk-row": lambda: [ROW, b'S01-001,blood_count,C1D28,1,2024-02-26,"1.5"'],
    "randomization-list": lambda: [LIST],
    "study-definition": lambda: [shipped_definitions()["freireich-1963"].read_bytes()],
}


def read(target: str, out: Path) -> tuple[int, str]:
    """How many documents were read, and what a parser failed by; nothing where it did not."""
    folder = out / "documents" / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, document in enumerate(TARGETS[target]()):
        (folder / f"valid-{number}").write_bytes(document)
    ended = subprocess.run(
        [
            ".venv-fuzz/bin/python", "-m", "tests.hostile.fuzz.documents", target,
            f"-runs={DOCUMENTS}", f"-max_total_time={SECONDS}", f"-seed={SEED}",
            "-max_len=200000", "-timeout=20", "-rss_limit_mb=1500", "-verbosity=1",
            f"-artifact_prefix={out}/{target}-", str(folder),
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS * 4,
        check=False,
    )  # fmt: skip
    (out / f"{target}.txt").write_text(ended.stdout + ended.stderr)
    return _runs(ended.stderr), "" if ended.returncode == 0 else _failure(
        ended.stdout + ended.stderr
    )


def _runs(said: str) -> int:
    counts = [int(found) for found in re.findall(r"^#(\d+)\s", said, re.MULTILINE)]
    return max(counts, default=0)


def _failure(said: str) -> str:
    """The exception that nobody caught, or how else it ended."""
    found = re.search(r"Uncaught Python exception: ===\n(.*)", said) or re.search("ERROR:.*", said)
    return (found[found.re.groups] if found else "it ended without a word")[:300]
