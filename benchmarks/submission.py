"""Item values from an EDC, posted by the client that users of Rave have.

Beside it the limit: COPY of the same rows into a table of the same shape, in one transaction.
"""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psycopg
from rwslib import RWSConnection
from rwslib.builders import (
    ODM,
    ClinicalData,
    FormData,
    ItemData,
    ItemGroupData,
    StudyEventData,
    SubjectData,
)
from rwslib.rws_requests import PostDataRequest

from benchmarks.outcome import InvalidRun
from benchmarks.stack import Stack
from benchmarks.trial import SITE, STUDY
from infra.database import rave_users
from infra.database.rave_users import RaveUser
from infra.local.database import opened
from infra.local.home import DATABASE

FIRST = 700_001
FORMS = (
    ("blood_count", 12, {"sample_date": "2024-02-26", "neutrophils": "1.05", "platelets": "120",
                         "leukocytes": "3.1", "haemoglobin": "95", "peripheral_blasts": "0"}),
    ("marrow", 4, {"sample_date": "2024-02-26", "evaluable": "true", "blasts": "3"}),
    ("mrd", 2, {"sample_id": "A", "sample_date": "2024-02-26", "material": "BM", "method": "RQPCR",
                "assay_valid": "true", "kind": "QUANT", "fraction": "0.00005",
                "sensitivity": "0.00001"}),
)  # fmt: skip
VALUES = sum(times * len(items) for _, times, items in FORMS)
_COPY = (
    "COPY plain_item (record_id, item, version, study_id, site_id, subject_id, value) FROM STDIN"
)
_PLAIN = """
    CREATE TABLE plain_item AS SELECT * FROM assessments.item_version WITH NO DATA;
    ALTER TABLE plain_item ADD PRIMARY KEY (record_id, item, version);
"""
_ROWS = """
    SELECT record_id, item, version, study_id, site_id, subject_id, value
    FROM assessments.item_version ORDER BY record_id, item LIMIT %s
"""


@dataclass(frozen=True)
class Posted:
    """So many values posted by so many clients at once; seconds of each post."""

    clients: int
    values: int
    seconds: float
    posts: Sequence[float]

    @property
    def rate(self) -> float:
        return self.values / self.seconds


@dataclass(frozen=True)
class Submissions:
    """`copied` values a second by COPY; `corrected` values in `correcting` seconds, derivations
    and all; `memory` of the server in MB, at rest and at its highest."""

    posted: Sequence[Posted]
    copied: float
    corrected: int
    correcting: float
    memory: tuple[float, float]


def measure(stack: Stack, subjects: int) -> Submissions:
    """Post the values of so many subjects by one client, of as many by eight, and correct."""
    secret = _secret(stack)
    numbers = [f"{SITE}-{number}" for number in range(FIRST, FIRST + 2 * subjects)]
    _enrol(stack, numbers)
    before = memory(stack)[0]
    posted = [
        _post(stack, secret, numbers[:subjects], clients=1),
        _post(stack, secret, numbers[subjects:], clients=8),
    ]
    correcting = _correct(stack, numbers[:subjects])
    return Submissions(
        posted, _copy(stack, subjects * VALUES), subjects * 10, correcting,
        (before, memory(stack)[1]),
    )  # fmt: skip


def post_one(stack: Stack, subject: str) -> int:
    """Enrol one subject and post its values by rwslib; how many values it then has."""
    _enrol(stack, [subject])
    _post(stack, _secret(stack), [subject], clients=1)
    return VALUES


def _secret(stack: Stack) -> str:
    wanted = RaveUser("benchmark", STUDY, "edc", ("*",), "active")
    with opened(stack.home) as logins:
        return rave_users.add(logins.migrator, wanted)


def _document(subject: str) -> str:
    odm = ODM("benchmark", fileoid=f"file-{subject}")
    clinical, node = ClinicalData(STUDY, "Prod"), SubjectData(SITE, subject)
    event = StudyEventData("C1D28")
    for form, times, items in FORMS:
        for repeat in range(1, times + 1):
            filled, group = FormData(form, form_repeat_key=repeat), ItemGroupData()
            for item, value in items.items():
                group << ItemData(item, f"{subject}-{repeat}" if item == "sample_id" else value)
            filled << group
            event << filled
    node << event
    clinical << node
    odm << clinical
    return str(odm)


def _post(stack: Stack, secret: str, subjects: Sequence[str], clients: int) -> Posted:
    documents = [_document(subject) for subject in subjects]

    def send(own: Sequence[str]) -> list[float]:
        connection = RWSConnection(stack.home.url, "benchmark", secret)
        taken = []
        for document in own:
            begun = time.perf_counter()
            answer = connection.send_request(PostDataRequest(document))
            taken.append(time.perf_counter() - begun)
            if not answer.istransactionsuccessful or answer.fields_touched != VALUES:
                raise InvalidRun("a post was not taken whole")
        return taken

    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        posts = list(pool.map(send, [documents[n::clients] for n in range(clients)]))
    seconds = time.perf_counter() - begun
    return Posted(clients, len(subjects) * VALUES, seconds, [each for own in posts for each in own])


def _correct(stack: Stack, subjects: Sequence[str]) -> float:
    """Seconds to correct ten values a subject: the answer comes when all is derived anew."""
    call = _Caller(stack)
    begun = time.perf_counter()
    for subject in subjects:
        rows = [
            {"subject": subject, "form": "blood_count", "visit": "C1D28", "repeat": repeat,
             "reason": "Source corrected", "items": {"neutrophils": "0.9"}}
            for repeat in range(1, 11)
        ]  # fmt: skip
        answer = call("/submissions", {"rows": rows}, f"correct-{subject}")
        if [row["state"] for row in answer["rows"]] != ["corrected"] * 10:
            raise InvalidRun("a correction was refused")
    return time.perf_counter() - begun


def _enrol(stack: Stack, subjects: Sequence[str]) -> None:
    call = _Caller(stack)
    for subject in subjects:
        child = {"subject": subject, "site": SITE, "birth_year_month": "2015-06",
                 "sex": "female", "consented_on": "2024-01-20"}  # fmt: skip
        call("/subjects", child, f"register-{subject}")
        consent = {"form": "consent", "visit": "SCR",
                   "items": {"consent_date": "2024-01-20", "assent_due": False}}  # fmt: skip
        call(f"/subjects/{subject}/assessments", consent, f"consent-{subject}")


class _Caller:
    """Calls as a coordinator of the site, on one connection."""

    def __init__(self, stack: Stack) -> None:
        self._connection = HTTPConnection("127.0.0.1", stack.home.port, timeout=60)
        self._token = stack.home.issuer().token(
            client="benchmark", role="coordinator", studies=[STUDY], sites=[SITE]
        )

    def __call__(self, path: str, body: object, key: str) -> dict[str, list[dict[str, str]]]:
        self._connection.request(
            "POST", f"/assessments/v1/studies/{STUDY}{path}", json.dumps(body),
            {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json",
             "Idempotency-Key": key},
        )  # fmt: skip
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status not in {200, 201}:
            raise InvalidRun(f"a call was refused: {answer.status}")
        found: dict[str, list[dict[str, str]]] = json.loads(content)
        return found


def _copy(stack: Stack, values: int) -> float:
    """Values a second that COPY brings into a table of the same shape, committed."""
    with psycopg.connect(stack.cluster.superuser_url(DATABASE), autocommit=True) as admin:
        rows = admin.execute(_ROWS, (values,)).fetchall()
        admin.execute(_PLAIN)
        begun = time.perf_counter()
        with admin.transaction(), admin.cursor().copy(_COPY) as copy:
            for row in rows:
                copy.write_row(row)
        seconds = time.perf_counter() - begun
        admin.execute("DROP TABLE plain_item")
    return len(rows) / seconds


def memory(stack: Stack) -> tuple[float, float]:
    """Resident memory of the server in MB: now, and at its highest."""
    lines = Path(f"/proc/{stack.pid}/status").read_text().splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return int(sizes["VmRSS"]) / 1024, int(sizes["VmHWM"]) / 1024
