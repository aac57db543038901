"""The steps of a redaction as whoever carries them asks: by an event, and with tokens."""

import json
from typing import Any

import pytest

from infra.database.redacting import redact
from infra.database.redaction_proposal import NotRedactable
from shared.database.idempotency import content_hash
from shared.http.problems import Problem, SignatureInvalid, SignatureNotFitting
from shared.identity.issuer import Issuer, SignatureRequest
from shared.identity.signatures import SignatureVerifier
from shared.identity.tokens import KeySet
from tests.infra.database.redaction_world import NAME, STUDY, Written


class Hand:
    """Who does the steps."""

    def __init__(self, written: Written, issuer: Issuer) -> None:
        self.written, self.issuer = written, issuer
        self.verifier = SignatureVerifier("http://issuer.test", "induct", KeySet(issuer.key_set))
        self.about = {
            "table": "assessments.item", "key": written.key, "field": "indication",
            "category": "identifying-text", "justification": "A name", "words": NAME,
        }  # fmt: skip

    def do(self, step: str, **words: Any) -> dict[str, Any]:
        event = {"step": step, "study": STUDY, **words}
        told: dict[str, Any] = json.loads(
            json.dumps(redact(self.written.url, self.verifier, json.loads(json.dumps(event))))
        )
        return told

    def sign(self, role: str, meaning: str, content: Any, at: int | None = None) -> str:
        asked = SignatureRequest(
            client=f"{role}-1", name="In Print", role=role, meaning=meaning, studies=[STUDY],
            sites=["*"], content_sha256=content_hash(content),
        )  # fmt: skip
        return self.issuer.signature(asked, at=at)

    def request(self) -> int:
        content = self.do("propose", **self.about)["content"]
        token = self.sign("data_manager", "redaction-requested", content)
        number: int = self.do("request", **self.about, signature=token)["number"]
        return number


@pytest.fixture
def hand(corrected: Written, issuer: Issuer) -> Hand:
    return Hand(corrected, issuer)


@pytest.mark.proves("C09", kind="positive")
def test_all_steps_are_done_by_events_of_plain_json(hand: Hand) -> None:
    number = hand.request()
    shown = hand.do("show", number=number)
    token = hand.sign("admin", "redaction-approved", shown["content"])
    done = hand.do("approve", number=number, reason="It identifies", signature=token)
    assert done["marked"] > 8
    (listed,) = hand.do("list")["requests"]
    assert (listed["requested_by"], listed["decided_by"]) == ("data_manager-1", "admin-1")
    assert listed["decision"] == "approved"
    assert NAME not in json.dumps([shown, listed], ensure_ascii=False)
    assert hand.written.faults() == []


@pytest.mark.proves("C09", kind="negative")
def test_a_signature_that_is_long_past_or_of_another_role_does_nothing(hand: Hand) -> None:
    number = hand.request()
    content = hand.do("show", number=number)["content"]
    before = hand.written.state()
    tokens = {
        hand.sign("sponsor", "redaction-approved", content, at=1_700_000_000): SignatureInvalid,
        hand.sign("auditor", "redaction-approved", content): SignatureNotFitting,
        hand.sign("sponsor", "redaction-refused", content): SignatureNotFitting,
        "none": SignatureInvalid,
    }
    for token, problem in tokens.items():
        with pytest.raises(Problem) as refused:
            hand.do("approve", number=number, reason="why", signature=token)
        assert isinstance(refused.value, problem)
    assert hand.written.state() == before


def test_a_request_is_refused_by_an_event(hand: Hand) -> None:
    number = hand.request()
    content = hand.do("show", number=number)["content"]
    token = hand.sign("sponsor", "redaction-refused", content)
    assert hand.do("refuse", number=number, reason="Needed", signature=token) == {"marked": 0}
    with pytest.raises(NotRedactable, match="refused already"):
        hand.do("show", number=number)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"step": "burn"}, "step is one of propose, request, show, approve, refuse, list"),
        ({"step": "propose"}, "table is asked for"),
        ({"step": "show"}, "number is asked for"),
        ({"step": "show", "number": True}, "number is asked for"),
        ({"step": "approve", "number": 1}, "reason is asked for"),
        ({"step": "approve", "number": 1, "reason": "x"}, "signature is asked for"),
        ({"step": "list", "study": " "}, "study is asked for"),
    ],
)
def test_what_an_event_lacks_is_named(hand: Hand, event: dict[str, Any], told: str) -> None:
    with pytest.raises(NotRedactable, match=told):
        hand.do(**event)


@pytest.mark.parametrize("wrong", [{"words": 5}, {"seq": "1"}, {"seq": True}])
def test_what_is_no_text_or_no_number_is_refused(hand: Hand, wrong: dict[str, Any]) -> None:
    with pytest.raises(NotRedactable, match="words are a text, seq is a number"):
        hand.do("propose", **{**hand.about, **wrong})


@pytest.mark.parametrize("side", ["reason; x", "hash", "", 5])
def test_a_side_of_an_entry_is_one_of_three(hand: Hand, side: object) -> None:
    with pytest.raises(NotRedactable, match="side is one of"):
        hand.do("propose", **{**hand.about, "side": side})
