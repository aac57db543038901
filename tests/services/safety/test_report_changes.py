"""What a later report does to those before it: nullification, amendment, follow-up."""

from pathlib import Path

import pytest

from services.safety.e2b.parse import parse
from services.safety.e2b.values import Stamp
from tests.services.safety.e2b.samples import needs_samples
from tests.services.safety.e2b.terminology.dictionaries import CURRENT
from tests.services.safety.handing_off import Body, Desk, later, nullified, owed, seal, sent, state
from tests.services.safety.life import on

pytestmark = needs_samples


@pytest.mark.parametrize(
    ("receiver", "prefix"), [("eudravigilance", "eu"), ("fda", "us")], ids=["EU", "FDA"]
)
def test_a_case_that_never_was_one_is_taken_back_from_whom_it_was_reported_to(
    life: Desk, outbox: Path, receiver: str, prefix: str
) -> None:
    first = sent(
        life, outbox, 1, receiver=receiver, obligations=[owed(life, f"{prefix}_susar_other")]
    )
    nullified(life, 2, reason="The child was not in the trial.")
    clock = f"{prefix}_nullification"
    assert state(life, clock, days=2) == "open"
    told = sent(life, outbox, 3, receiver=receiver, **later(life, clock, 3))
    assert (first.c_1.c_1_11_1, first.c_1.c_1_11_2) == (None, None)
    assert (told.c_1.c_1_11_1, told.c_1.c_1_11_2) == ("1", "The child was not in the trial.")
    for element in ("c_1_1", "c_1_8_1", "c_1_4"):
        assert getattr(told.c_1, element) == getattr(first.c_1, element)
    assert told.c_1.c_1_2 != first.c_1.c_1_2
    assert told.c_1.c_1_5 == Stamp("20260222"), "that it is no case was learned that day"
    assert state(life, clock) == "submitted"
    assert life.owes(at=on(9)) == {}


def test_a_duplicate_is_taken_back_by_the_number_of_the_case_that_remains(
    life: Desk, outbox: Path, report: Body
) -> None:
    sent(life, outbox, 1)
    other = Desk(life.api, report, life.database).case["case_number"]
    nullified(life, 2, reason_code="duplicate", duplicate_of=other, reason="Reported twice.")
    told = sent(life, outbox, 3, **later(life, "eu_nullification", 3))
    assert told.c_1.c_1_11_2 == f"Duplicate of CZ-SPONSOR-{other}. Reported twice."
    taken_back = told.c_1.c_1_1

    def other_ids(receiver: str) -> list[str | None]:
        where = f"/cases/{other}/icsr?receiver={receiver}"
        drafted = life.api.get(where, role="safety_desk", at=on(4)).json()
        c_1 = parse(drafted["document"].encode()).messages[0].report.c_1
        return [one.c_1_9_1_r_2 for one in c_1.c_1_9_1_r]

    assert other_ids("eudravigilance") == [taken_back]
    assert other_ids("fda") == [], "who never had the duplicate knows no other number"


def test_a_nullified_case_that_nobody_has_is_taken_back_from_nobody(life: Desk) -> None:
    obligation = owed(life)
    nullified(life, 0.9)
    assert seal(life, 409, obligations=[obligation])["type"].endswith("case-nullified")


def test_a_nullification_that_comes_again_is_refused(life: Desk, outbox: Path) -> None:
    sent(life, outbox, 1)
    nullified(life, 2)
    owing = later(life, "eu_nullification", 3)
    sent(life, outbox, 3, **owing)
    assert seal(life, 422, at=on(4), **owing)["type"].endswith("submission-refused")
    issues = life.read(query="/icsr?receiver=eudravigilance", at=on(4))["issues"]
    assert [each["id"] for each in issues] == ["INDUCT.C.1.11.1.LIFE"]


def test_a_correction_of_what_was_told_goes_out_as_an_amendment(life: Desk, outbox: Path) -> None:
    first = sent(life, outbox, 1)
    life.case = life.read(at=on(2))
    life.amend(on(2), event_term="Sepsis", reason="The wrong line was read.")
    life.post("/codings", {"event": "1", "code": CURRENT, "reason": "coded anew"}, on(2.1))
    told = sent(life, outbox, 3, **later(life, "eu_follow_up", 3))
    assert (told.c_1.c_1_11_1, told.c_1.c_1_11_2) == ("2", "The wrong line was read.")
    assert (told.c_1.c_1_5, told.c_1.c_1_1) == (first.c_1.c_1_5, first.c_1.c_1_1)
    assert told.e_i[0].e_i_1_2 == "Sepsis"


def test_a_follow_up_amends_nothing_and_keeps_the_first_day_that_was_told(
    life: Desk, outbox: Path
) -> None:
    first = sent(life, outbox, 1)
    life.case = life.read(at=on(2))
    life.follow_up(on(2), seriousness=["hospitalisation", "disability"])
    earlier = {
        "party": "cro", "received_at": on(-0.9).isoformat(), "received_zone": "Europe/Prague",
        "source": "CRO", "criteria": [], "reason": "found in the mail",
    }  # fmt: skip
    life.post("/receipts", earlier, on(2.1))
    told = sent(life, outbox, 3, **later(life, "eu_follow_up", 3))
    assert told.c_1.c_1_11_1 is None
    assert told.c_1.c_1_4 == first.c_1.c_1_4
    assert told.c_1.c_1_5 == Stamp("20260222")


def test_what_is_no_susar_any_more_is_told_to_the_eu(life: Desk, outbox: Path) -> None:
    sent(life, outbox, 1)
    life.expectedness(on(2), True)
    told = sent(life, outbox, 3, **later(life, "eu_downgrade", 3))
    assert told.c_1.c_1_11_1 is None, "a judgement corrects nothing that was told"


def test_a_code_is_void_once_the_event_is_called_otherwise_and_the_hand_off_says_so(
    life: Desk,
) -> None:
    def coding() -> Body:
        found: Body = life.read(at=on(0.9))["events"][0]["coding"]
        return found

    assert (coding()["code"], coding()["void"]) == (CURRENT, None)
    life.case = life.read(at=on(0.5))
    life.follow_up(on(0.5), event_term="febrile  Neutropenia")
    assert coding()["void"] is None, "spelt otherwise, it is the same term"
    life.follow_up(on(0.6), event_term="Sepsis")
    assert coding()["void"] == "The event was called Febrile neutropenia when it was coded."
    refused = seal(life, 409)
    codes = {each["code"] for each in refused["errors"]}
    assert {"EU.E.i.GATE", "INDUCT.E.i.2.1b.VOID", "ICH.E.i.2.1b.REQUIRED"} <= codes
    words = {each["code"]: each["detail"] for each in refused["errors"]}
    assert "code it again" in words["INDUCT.E.i.2.1b.VOID"]
    life.post("/codings", {"event": "1", "code": CURRENT, "reason": "coded again"}, on(0.7))
    assert coding()["void"] is None
    assert seal(life)["version"] == 3
