"""Item values from an EDC, posted by the client that users of Rave have.

Beside it the limits: COPY of the same rows, bare and with their trail (``benchmarks.storing``).
"""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

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

from benchmarks import storing
from benchmarks.outcome import InvalidRun
from benchmarks.stack import Stack
from benchmarks.storing import Stored
from benchmarks.trial import SITE, STUDY
from infra.database import rave_users
from infra.database.rave_users import RaveUser
from infra.local.database import opened

FIRST = 700_001
FORMS = (
    ("blood_count", 12, {"sample_date": "2024-02-26", "neutrophils": "1.05", "platelets": "120",
                         "leukocytes": "3.1", "haemoglobin": "95", "peripheral_blasts": "0"}),
    ("marrow", 4, {"sample_date": "2024-02-26", "evaluable": "true", "blasts": "3"}),
    ("mrd", 2, {"sample_id": "A", "sample_date": "2024-02-26", "material": "BM", "method": "RQPCR",
                "assay_valid": "true", "kind": "QUANT", "fraction": "0.00005",
                "sensitivity": "0.00001"}),
)  # fmt: skip
VISIT = "C1D28"
# Clients at once, and children in one post.
WAYS = ((1, 1), (8, 1), (1, 10))
VALUES = sum(times * len(items) for _, times, items in FORMS)


@dataclass(frozen=True)
class Posted:
    """So many values posted by so many clients at once; seconds of each post.

    ``together`` children travel in one post.
    """

    clients: int
    together: int
    values: int
    seconds: float
    posts: Sequence[float]

    @property
    def how(self) -> str:
        clients = f"{self.clients} client{'s' if self.clients > 1 else ''}"
        return clients if self.together == 1 else f"{clients}, {self.together} children a post"

    @property
    def rate(self) -> float:
        return self.values / self.seconds


@dataclass(frozen=True)
class Submissions:
    """`stored` are the limits; `corrected` values in `correcting` seconds, derivations and all;
    `memory` of the server in MB, at rest and at its highest."""

    posted: Sequence[Posted]
    stored: Stored
    corrected: int
    correcting: float
    memory: tuple[float, float]


def measure(stack: Stack, subjects: int) -> Submissions:
    """Post the values of so many subjects in each of the ways there are, and correct the first."""
    secret = _secret(stack)
    numbers = [f"{SITE}-{number}" for number in range(FIRST, FIRST + len(WAYS) * subjects)]
    _enrol(stack, numbers)
    before = memory(stack)[0]
    posted = [
        _post(stack, secret, numbers[way * subjects : (way + 1) * subjects], *how)
        for way, how in enumerate(WAYS)
    ]
    stored = storing.measure(stack, STUDY, VISIT, (numbers[0], numbers[subjects - 1]))
    correcting = _correct(stack, numbers[:subjects])
    return Submissions(posted, stored, subjects * 10, correcting, (before, memory(stack)[1]))


def post_one(stack: Stack, subject: str) -> int:
    """Enrol one subject and post its values by rwslib; how many values it then has."""
    _enrol(stack, [subject])
    _post(stack, _secret(stack), [subject], clients=1, together=1)
    return VALUES


def _secret(stack: Stack) -> str:
    wanted = RaveUser("benchmark", STUDY, "edc", ("*",), "active")
    with opened(stack.home) as logins:
        return rave_users.add(logins.migrator, wanted)


def _document(subjects: Sequence[str]) -> str:
    odm, clinical = ODM("benchmark", fileoid=f"file-{subjects[0]}"), ClinicalData(STUDY, "Prod")
    for subject in subjects:
        clinical << _subject(subject)
    odm << clinical
    return str(odm)


def _subject(subject: str) -> SubjectData:
    node, event = SubjectData(SITE, subject), StudyEventData(VISIT)
    for form, times, items in FORMS:
        for repeat in range(1, times + 1):
            filled, group = FormData(form, form_repeat_key=repeat), ItemGroupData()
            for item, value in items.items():
                group << ItemData(item, f"{subject}-{repeat}" if item == "sample_id" else value)
            filled << group
            event << filled
    node << event
    return node


def _post(
    stack: Stack, secret: str, subjects: Sequence[str], clients: int, together: int
) -> Posted:
    posts = [subjects[first : first + together] for first in range(0, len(subjects), together)]
    documents = [(_document(post), len(post) * VALUES) for post in posts]

    def send(own: Sequence[tuple[str, int]]) -> list[float]:
        connection = RWSConnection(stack.home.url, "benchmark", secret)
        taken = []
        for document, values in own:
            begun = time.perf_counter()
            answer = connection.send_request(PostDataRequest(document))
            taken.append(time.perf_counter() - begun)
            if not answer.istransactionsuccessful or answer.fields_touched != values:
                raise InvalidRun("a post was not taken whole")
        return taken

    begun = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        taken = list(pool.map(send, [documents[n::clients] for n in range(clients)]))
    seconds = time.perf_counter() - begun
    times = [each for own in taken for each in own]
    return Posted(clients, together, len(subjects) * VALUES, seconds, times)


def _correct(stack: Stack, subjects: Sequence[str]) -> float:
    """Seconds to correct ten values a subject: the answer comes when all is derived anew."""
    call = _Caller(stack)
    begun = time.perf_counter()
    for subject in subjects:
        rows = [
            {"subject": subject, "form": "blood_count", "visit": VISIT, "repeat": repeat,
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


def memory(stack: Stack) -> tuple[float, float]:
    """Resident memory of the server in MB: now, and at its highest."""
    lines = Path(f"/proc/{stack.pid}/status").read_text().splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return int(sizes["VmRSS"]) / 1024, int(sizes["VmHWM"]) / 1024
