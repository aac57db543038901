"""The face under test: a real server on a loopback port, and the client as it is installed."""

import socket
import threading
from collections.abc import Sequence
from typing import Any

import uvicorn
from rwslib import RWSConnection
from rwslib.builders import (
    ODM,
    AuditRecord,
    ClinicalData,
    DateTimeStamp,
    FormData,
    ItemData,
    ItemGroupData,
    LocationRef,
    ReasonForChange,
    SourceID,
    StudyEventData,
    SubjectData,
    UserRef,
)
from rwslib.rws_requests import PostDataRequest

from infra.database import rave_users
from infra.database.rave_users import RaveUser
from tests.services.assessments.support import Trial

STUDY = "NCT05748171"
SUBJECT = "S01-001"
PATIENCE_SECONDS = 60


class _Telling(uvicorn.Server):
    """Tells when it listens: who asks again and again takes the time that it needs to start."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


class Server:
    """Uvicorn in a thread, for as long as a test."""

    def __init__(self, app: Any) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", proxy_headers=False
        )
        self._server = _Telling(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        self._thread.start()
        assert self._server.listening.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()


class Rave:
    """A trial with the face open. ``edc`` is a connection that may write."""

    def __init__(self, trial: Trial, url: str) -> None:
        self.trial = trial
        self.database = trial.database
        self.url = url
        self.edc: RWSConnection

    def connection(
        self, user: str, role: str, sites: Sequence[str] = ("*",), study: str = STUDY
    ) -> RWSConnection:
        return self.with_secret(user, self.credential(user, role, sites, study))

    def with_secret(self, user: str, secret: str) -> RWSConnection:
        return RWSConnection(self.url, user, secret)

    def credential(
        self, user: str, role: str, sites: Sequence[str] = ("*",), study: str = STUDY
    ) -> str:
        wanted = RaveUser(user, study, role, tuple(sites), "active")
        return rave_users.add(self.database.url("induct_migrator"), wanted)

    def post(self, document: Any, connection: RWSConnection | None = None) -> Any:
        return (connection or self.edc).send_request(PostDataRequest(str(document)))

    def values(self, subject: str = SUBJECT) -> dict[str, str | None]:
        """The values that stand, by ``form.item``."""
        rows = self.database.rows(
            "SELECT DISTINCT ON (r.form, r.repeat, i.item) r.form || '.' || i.item, i.value"
            " FROM assessments.item_version i JOIN assessments.record r USING (record_id)"
            " WHERE r.subject_id = %s ORDER BY r.form, r.repeat, i.item, i.version DESC",
            subject,
        )
        return {str(name): value for name, value in rows if value is not None}  # type: ignore[misc]


def odm(
    *subjects: SubjectData,
    file_oid: str | None = None,
    environment: str = "Prod",
    study: str = STUDY,
) -> ODM:
    document = ODM("an EDC", fileoid=file_oid)
    clinical = ClinicalData(study, environment)
    document << clinical
    for subject in subjects:
        clinical << subject
    return document


def subject(
    *events: StudyEventData, key: str = SUBJECT, site: str = "S01", doing: str = "Update"
) -> SubjectData:
    node = SubjectData(site, key, transaction_type=doing)
    for event in events:
        node << event
    return node


def event(*forms: FormData, visit: str = "SCR", doing: str = "Update") -> StudyEventData:
    node = StudyEventData(visit, transaction_type=doing)
    for form in forms:
        node << form
    return node


def form(
    name: str, items: dict[str, Any] | Sequence[ItemData], *,
    doing: str | None = None, group: str | None = None, repeat: int | None = None,
    line: Any = None, whole: bool = False,
) -> FormData:  # fmt: skip
    node = FormData(name, transaction_type=doing, form_repeat_key=repeat)
    inner = ItemGroupData(
        transaction_type=group, item_group_repeat_key=line, whole_item_group=whole
    )
    node << inner
    nodes = items
    if isinstance(items, dict):
        nodes = [ItemData(item, value) for item, value in items.items()]
    for item in nodes:
        inner << item  # type: ignore[operator]
    return node


def reason(text: str) -> AuditRecord:
    record = AuditRecord()
    record << UserRef("someone@edc")
    record << LocationRef("S01")
    record << DateTimeStamp("2024-01-21T10:00:00")
    record << ReasonForChange(text)
    record << SourceID("77")
    return record


def corrected(item: str, value: Any, why: str) -> ItemData:
    node = ItemData(item, value)
    node << reason(why)
    return node


CONSENT = {"consent_date": "2024-01-20", "assent_due": "No"}
DEMOGRAPHICS = {"birth_month": "2015-06", "sex": "F"}
COUNTS = {"sample_date": "2024-01-22", "neutrophils": "1.05", "platelets": "120"}


def new_child(key: str = SUBJECT, site: str = "S01", doing: str = "Insert") -> SubjectData:
    """A child with the two forms that a registration is made of."""
    return subject(
        event(form("consent", CONSENT), form("demographics", DEMOGRAPHICS)),
        key=key, site=site, doing=doing,
    )  # fmt: skip
