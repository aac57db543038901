"""One attempt, against receivers of every temper."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest

from services.safety.webhooks.hosts import HostList
from services.safety.webhooks.streams import Deadline
from services.safety.webhooks.transport import SafeTransport
from tests.services.safety.receiver import Receiver, answer, drip, flood, hang

HEADERS = {"webhook-id": "msg_1", "Content-Type": "application/json"}
BODY = b'{"type":"case.opened"}'
DESK = HostList(frozenset({"desk.example.org"}))


def post(url: str, seconds: float = 5.0, **options):
    transport = SafeTransport(sandbox=True, hosts=DESK, deadline_seconds=seconds, **options)
    return transport.post(url, HEADERS, BODY)


def test_the_exact_bytes_arrive_with_the_name_that_was_asked_for(receiver: Receiver) -> None:
    reply = post(receiver.url)
    assert (reply.status, reply.failure) == (204, None)
    (received,) = receiver.received
    assert received.body == BODY
    assert received.path == "/desk?from=induct"
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert received.headers["webhook-id"] == "msg_1"


def test_what_was_sent_is_kept_byte_for_byte_with_the_address(receiver: Receiver) -> None:
    reply = post(receiver.url)
    head, _, body = reply.sent.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /desk?from=induct HTTP/1.1\r\n")
    assert b"\r\nwebhook-id: msg_1\r\n" in head + b"\r\n"
    assert (body, reply.address) == (BODY, "127.0.0.1")
    receiver.behaviours = [hang(receiver)]
    assert post(receiver.url, seconds=0.2).sent == reply.sent


def test_nothing_leaves_for_a_host_that_the_deployment_does_not_name() -> None:
    asked: list[str] = []
    transport = SafeTransport(
        sandbox=False, hosts=DESK, resolve=lambda host, _port: asked.append(host) or []
    )
    reply = transport.post("https://other.example.org/", HEADERS, BODY)
    assert (reply.failure, reply.sent, asked) == ("address-refused", b"", [])


@pytest.mark.parametrize("status", [400, 410, 429, 500, 503])
def test_anything_but_2xx_is_a_failure_with_its_status(receiver: Receiver, status: int) -> None:
    receiver.behaviours = [answer(status, b"no", Retry_After="30")]
    reply = post(receiver.url)
    assert (reply.status, reply.failure, reply.head) == (status, "status", "no")
    assert reply.retry_after == "30"


def test_a_redirect_is_a_failure_and_is_not_followed(receiver: Receiver) -> None:
    receiver.behaviours = [answer(301, Location=f"http://127.0.0.1:{receiver.port}/elsewhere")]
    reply = post(receiver.url)
    assert (reply.status, reply.failure) == (301, "redirect")
    assert [each.path for each in receiver.received] == ["/desk?from=induct"]


def test_of_an_endless_body_2_kb_are_kept(receiver: Receiver) -> None:
    receiver.behaviours = [flood(receiver, 500)]
    reply = post(receiver.url)
    assert (reply.status, reply.failure) == (500, "status")
    assert reply.head == "x" * 2048


def test_a_response_is_kept_as_text_that_postgres_can_store(receiver: Receiver) -> None:
    receiver.behaviours = [answer(500, b"\x00\xff")]
    assert post(receiver.url).head == "\ufffd\ufffd"


@pytest.mark.parametrize("temper", ["hang", "drip"])
def test_a_receiver_that_never_gets_to_the_point_meets_the_deadline(
    receiver: Receiver, temper: str
) -> None:
    slow = hang(receiver) if temper == "hang" else drip(receiver, headers_first=False)
    receiver.behaviours = [slow]
    # The receiver would go on for ten seconds and more, and then close.
    reply = post(receiver.url, seconds=0.3)
    assert (reply.status, reply.failure) == (None, "timeout")


def test_a_body_that_drips_after_a_2xx_does_not_undo_it(receiver: Receiver) -> None:
    receiver.behaviours = [drip(receiver, headers_first=True)]
    reply = post(receiver.url, seconds=0.5)
    assert (reply.status, reply.failure) == (200, None)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:10.0.0.1]/",
        "https://user@desk.example.org/",
        "https://2130706433/",
    ],
)
def test_nothing_leaves_for_an_address_that_is_refused(url: str, monkeypatch) -> None:
    def never(*_arguments: object, **_named: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket, "create_connection", never)
    # Named in the list, so that nothing but the address stands against it.
    everywhere = HostList(suffixes=("",))
    reply = SafeTransport(sandbox=False, hosts=everywhere).post(url, HEADERS, BODY)
    assert (reply.status, reply.failure) == (None, "address-refused")


def test_a_name_that_resolves_elsewhere_the_second_time_is_vetted_again(monkeypatch) -> None:
    answers = [["93.184.216.34"], ["169.254.169.254"]]
    connected: list[str] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    transport = SafeTransport(
        sandbox=False, hosts=DESK, resolve=lambda _host, _port: answers.pop(0)
    )
    url = "https://desk.example.org/"
    assert transport.post(url, HEADERS, BODY).failure == "connection"
    assert transport.post(url, HEADERS, BODY).failure == "address-refused"
    # The first went to the address that was vetted, which is not resolved a second time.
    assert connected == ["93.184.216.34"]
    assert answers == []


def test_an_address_that_swallows_everything_leaves_time_for_the_next(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        given.append(timeout)
        if len(given) == 1:
            raise TimeoutError
        return real(address, timeout)

    real = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", connect)
    url = f"http://localhost:{receiver.port}/"
    assert post(url, seconds=10, resolve=lambda *_: ["127.0.0.2", "127.0.0.1"]).status == 204
    assert given[0] <= 5 < given[1] <= 10


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    transport = SafeTransport(
        sandbox=False, hosts=DESK, resolve=lambda _host, _port: ["93.184.216.34", "10.0.0.1"]
    )
    assert transport.post("https://desk.example.org/", HEADERS, BODY).failure == "address-refused"


def test_a_name_that_does_not_resolve_is_told_apart_and_a_slow_resolver_has_no_extra_time() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    released = threading.Event()

    def slow(_host: str, _port: int) -> list[str]:
        released.wait(30)
        return []

    url = "https://desk.example.org/"
    assert post(url, resolve=unknown).failure == "name-unresolved"
    assert post(url, seconds=0.2, resolve=slow).failure == "timeout"
    released.set()


def test_a_receiver_without_tls_or_without_a_known_certificate_is_a_tls_failure(
    receiver: Receiver,
) -> None:
    reply = post(receiver.url.replace("http://", "https://"))
    assert (reply.status, reply.failure) == (None, "tls")


def test_the_name_and_not_the_address_is_shown_in_tls(raw_listener) -> None:
    port, received = raw_listener
    transport = SafeTransport(sandbox=True, hosts=DESK, resolve=lambda _h, _p: ["127.0.0.1"])
    transport.post(f"https://desk.example.org:{port}/", HEADERS, BODY)
    assert b"desk.example.org" in received()


def test_a_closed_port_is_a_connection_failure() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert post(f"http://127.0.0.1:{port}/").failure == "connection"


def test_an_answer_that_is_no_http_is_a_protocol_failure(raw_listener) -> None:
    port, _received = raw_listener
    assert post(f"http://127.0.0.1:{port}/").failure == "protocol"


def test_the_certificate_is_asked_for_by_default() -> None:
    context = SafeTransport(sandbox=False)._context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_deadline_counts_everything_together() -> None:
    readings = iter([100.0, 104.0, 115.0])
    deadline = Deadline(lambda: next(readings), 15)
    assert deadline.remaining() == 11
    with pytest.raises(TimeoutError):
        deadline.remaining()


@pytest.fixture
def raw_listener() -> Iterator[tuple[int, Callable[[], bytes]]]:
    """A listener that reads once, says something that is no HTTP, and hangs up."""
    first: list[bytes] = []
    done = threading.Event()

    def serve(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            line, _ = server.accept()
            with line:
                first.append(line.recv(4096))
                line.sendall(b"SSH-2.0-x\r\n\r\n")
        done.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()

        def received() -> bytes:
            done.wait(10)
            return b"".join(first)

        yield server.getsockname()[1], received
