"""Whose a message is: Standard Webhooks over the bytes as they came, whatever the headers hold."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from services.safety.desk.verification import UnverifiedError, verify
from services.safety.webhooks.signing import Key, read_secret
from services.safety.webhooks.signing import headers as signed

# The vector of the specification's libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = read_secret(SECRET)
OTHER = bytes(range(32))
BODY = b'{"test": 2432232314}'
AT = datetime.fromtimestamp(1614265330, UTC)
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
GOLDEN = {
    "webhook-id": ID,
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def holds(headers: dict[str, str], body: bytes = BODY, *keys: bytes, **shift: float) -> bool:
    try:
        verify(headers, body, keys or (KEY,), AT + timedelta(**shift))
    except UnverifiedError:
        return False
    return True


@pytest.mark.proves("C16", kind="oracle")
def test_the_published_vector_holds_and_so_does_what_the_library_signs() -> None:
    assert verify(GOLDEN, BODY, [KEY], AT).message_id == ID
    given_by_library = Webhook(SECRET).sign(ID, AT, BODY.decode())
    assert given_by_library == GOLDEN["webhook-signature"]


def test_any_of_two_active_secrets_will_do_and_any_of_the_signatures() -> None:
    both = signed([Key("hmac", OTHER), Key("hmac", KEY)], ID, AT, BODY)
    assert holds(both)
    assert holds(both, BODY, OTHER)
    assert holds(GOLDEN, BODY, OTHER, KEY)
    assert not holds(GOLDEN, BODY, OTHER)
    assert holds(GOLDEN | {"webhook-signature": f"v1a,x nonsense {GOLDEN['webhook-signature']}"})


@pytest.mark.parametrize(
    ("minutes", "fits"), [(-5, True), (5, True), (-5.02, False), (5.02, False), (60 * 24, False)]
)
def test_a_message_of_another_time_does_not_hold(minutes: float, fits: bool) -> None:
    assert holds(GOLDEN, minutes=minutes) is fits


def test_one_byte_more_another_id_or_another_time_does_not_hold() -> None:
    assert not holds(GOLDEN, BODY + b" ")
    assert not holds(GOLDEN | {"webhook-id": "msg_2"})
    assert not holds(GOLDEN | {"webhook-timestamp": "1614265331"})
    assert not holds(GOLDEN, BODY, b"")


BAD: dict[str, dict[str, Any]] = {
    "no headers": dict.fromkeys(GOLDEN, ""),
    "no number": {"webhook-timestamp": "NaN"},
    "an infinite time": {"webhook-timestamp": "inf"},
    "a fraction": {"webhook-timestamp": "1614265330.0"},
    "digits of another script": {"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"},
    "a zero before": {"webhook-timestamp": "01614265330"},
    "a sign before": {"webhook-timestamp": "+1614265330"},
    "no comma": {"webhook-signature": "v1"},
    "not base64": {"webhook-signature": "v1,???"},
    "not ASCII": {"webhook-signature": "v1,é"},
    "half of a pair": {"webhook-signature": "v1,\ud800"},
    "another version": {"webhook-signature": GOLDEN["webhook-signature"].replace("v1,", "v2,")},
    "an endless header": {"webhook-signature": "v1,x " * 1000 + GOLDEN["webhook-signature"]},
    "a line feed in the id": {"webhook-id": ID + "\n"},
    "an endless id": {"webhook-id": "x" * 201},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD)
def test_headers_that_are_malformed_in_any_way_do_not_hold_and_nothing_else_happens(
    changes: dict[str, str],
) -> None:
    assert not holds(GOLDEN | changes)


@given(st.dictionaries(st.sampled_from(sorted(GOLDEN)), st.text(max_size=60)), st.binary())
def test_whatever_comes_either_holds_or_does_not(headers: dict[str, str], body: bytes) -> None:
    assert not holds(headers, body)
