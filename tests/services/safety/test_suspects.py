"""Cases that may be of one event: shown beside each other, and never merged by the machine."""

from typing import Any

from tests.services.safety.life import Life, on
from tests.services.safety.trial import Trial
from tests.support.api import ApiClient

Body = dict[str, Any]


def test_possible_duplicates_are_shown_and_nothing_is_merged(api: ApiClient, report: Body) -> None:
    life = Life(api, report)
    other = Life(api, report, onset_on="2026-02-17")
    (suspect,) = other.case["duplicates"]
    assert suspect["case_number"] == life.case["case_number"]
    assert suspect["reasons"] == ["same-term", "onset-within-3-days"]
    assert (suspect["subject"], suspect["products"]) == ("S01-001", ["INO"])
    far = Life(api, report, event_term="Sepsis", grade=4, onset_on="2026-01-01")
    assert far.case["duplicates"] == []
    assert len(api.get("/cases").json()["items"]) == 3


def test_a_case_that_was_sent_under_the_number_of_another_is_shown_with_it(
    api: ApiClient, report: Body, trial: Trial
) -> None:
    life = Life(api, report)
    trial.add_subject("S01-002")
    number = life.case["case_number"]
    sent = {"source": "Partner", "identifier": f"CZ-PARTNER-{number}"}
    other = Life(api, report, subject="S01-002", other_identifiers=[sent])
    for case, suspect in ((other.case, number), (life.read(), other.case["case_number"])):
        (found,) = case["duplicates"]
        assert (found["case_number"], found["reasons"]) == (suspect, ["cited-number"])
    masked = api.get(f"/cases/{number}", role="medical_monitor", at=on(1)).json()
    assert masked["duplicates"] == []
