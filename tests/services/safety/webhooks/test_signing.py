"""Signatures and secrets."""

import base64
import json
import uuid
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from services.safety.webhooks.sealing import NONCE_BYTES, SealBroken, Sealer
from services.safety.webhooks.signing import (
    Key,
    headers,
    read_secret,
    signature,
    write_public,
    write_secret,
)
from shared.settings import SettingsError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = bytes(range(32))
HMAC = Key("hmac", KEY)
# RFC 8032 7.1, test 1.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
ONE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


def test_the_published_vector_is_signed_to_the_letter() -> None:
    found = signature(
        read_secret(SECRET),
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.proves("SAF-4", kind="oracle")
def test_a_message_verifies_by_the_standardwebhooks_library() -> None:
    body = '{"type":"case.opened","data":{"é":1}}'.encode()
    sent = headers([HMAC], "msg_1", datetime.now(UTC), body)
    assert Webhook(write_secret(KEY)).verify(body, sent) == json.loads(body)


def test_another_secret_or_another_body_does_not_verify() -> None:
    sent = headers([HMAC], "msg_1", datetime.now(UTC), b"{}")
    with pytest.raises(WebhookVerificationError):
        Webhook(write_secret(bytes(32))).verify(b"{}", sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(write_secret(KEY)).verify(b"{ }", sent)


def test_two_valid_keys_make_two_signatures_and_either_verifies() -> None:
    sent = headers([HMAC, Key("hmac", bytes(32))], "msg_1", datetime.now(UTC), b"{}")
    assert len(sent["webhook-signature"].split(" ")) == 2
    for key in (KEY, bytes(32)):
        assert Webhook(write_secret(key)).verify(b"{}", sent) == {}


def test_a_key_pair_signs_beside_a_secret_and_each_verifies_by_its_own_means() -> None:
    body, at = b'{"type":"case.opened"}', datetime.now(UTC)
    sent = headers([Key("ed25519", SEED), HMAC], "msg_1", at, body)
    pair, _, shared = sent["webhook-signature"].partition(" ")
    assert write_public(SEED) == "whpk_" + base64.b64encode(PUBLIC).decode()
    signed = b"msg_1." + sent["webhook-timestamp"].encode() + b"." + body
    version, _, text = pair.partition(",")
    assert version == "v1a"
    verifier = Ed25519PublicKey.from_public_bytes(PUBLIC)
    verifier.verify(base64.b64decode(text), signed)
    with pytest.raises(InvalidSignature):
        verifier.verify(base64.b64decode(text), signed + b" ")
    # The library knows shared secrets only, and passes over what it does not know.
    assert shared.startswith("v1,")
    assert Webhook(write_secret(KEY)).verify(body, sent) == json.loads(body)


@pytest.mark.parametrize("secret", ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_no base64"])
def test_what_is_no_secret_is_not_read_as_one(secret: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_secret(secret)


def test_a_sealed_secret_opens_for_its_endpoint_and_under_its_key_only() -> None:
    sealer = Sealer("11" * 32)
    sealed = sealer.seal(KEY, ONE, bytes(NONCE_BYTES))
    assert sealer.open(sealed, ONE) == KEY
    assert write_secret(KEY).removeprefix("whsec_") not in sealed
    for stranger, endpoint in ((sealer, OTHER), (Sealer("22" * 32), ONE)):
        with pytest.raises(SealBroken):
            stranger.open(sealed, endpoint)
    with pytest.raises(SealBroken):
        sealer.open(sealed[:-8] + "AAAAAAA=", ONE)


@pytest.mark.parametrize("key", ["", "11" * 31, "zz" * 32])
def test_a_sealing_key_is_32_bytes_in_hexadecimal(key: str) -> None:
    with pytest.raises(SettingsError):
        Sealer(key)
