"""A number of the audit stream that was told once stays, whoever writes meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lxml import etree
from rwslib import RWSConnection
from rwslib.rws_requests import PostDataRequest
from rwslib.rws_requests.odm_adapter import AuditRecordsRequest

from tests.services.assessments.rave.world import (
    COUNTS,
    STUDY,
    Rave,
    event,
    form,
    new_child,
    odm,
    subject,
)

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
WRITERS, CHILDREN = 6, 3


def told(connection: RWSConnection) -> list[bytes]:
    """The records of the stream, as they are told."""
    text = connection.send_request(AuditRecordsRequest(STUDY, "Prod", 0, 5000))
    return [etree.tostring(e) for e in etree.fromstring(text.encode()).iter(f"{ODM}ClinicalData")]


def test_what_was_told_is_the_beginning_of_what_is_told_later(rave: Rave) -> None:
    secrets = [rave.credential(f"w{n}", "edc") for n in range(WRITERS)]
    masked = rave.connection("masked", "data_manager")
    readers = {"edc": rave.edc, "masked": masked}
    heard: dict[str, list[list[bytes]]] = {name: [] for name in readers}

    def write(number: int) -> None:
        connection = RWSConnection(rave.url, f"w{number}", secrets[number])
        for child in range(CHILDREN):
            key = f"S01-{number}{child:02d}"
            connection.send_request(PostDataRequest(str(odm(new_child(key)))))
            counted: Any = form("blood_count", COUNTS)
            document = odm(subject(event(counted), key=key))
            connection.send_request(PostDataRequest(str(document)))

    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(write, number) for number in range(WRITERS)]
        while not all(each.done() for each in running):
            for name, connection in readers.items():
                heard[name].append(told(connection))
        for each in running:
            each.result()
    for name, connection in readers.items():
        whole = told(connection)
        created = [one for one in whole if b"SubjectCreated" in one]
        assert len(created) == WRITERS * CHILDREN
        for stream in heard[name]:
            assert whole[: len(stream)] == stream
