"""A judgement is of an event as it was: what becomes another event, or a worse one, is unjudged."""

from typing import Any

import pytest

from tests.services.safety.domain.story import LATER, Story, dues

OF = {"term": "Febrile neutropenia", "grade": 3, "fatal": []}


def described(story: Story, at: str, term: str, grade: int | None = 3, **options: Any) -> Story:
    return story.tell("description", at, event="1", term=term, grade=grade, **options)


def judged() -> Story:
    """Serious, related by the investigator's word, expected as it was judged: nothing is owed."""
    story = described(Story().report("2026-06-01", "hospitalisation"), "2026-06-01", OF["term"])
    story.causality("2026-06-02", "investigator", True).causality("2026-06-02", "sponsor", True)
    story.tell(
        "expectedness", "2026-06-02", product="INO", event="1", expected=True, rsi="IB 1",
        regions=["EU", "GB", "US"], onset_on=None, of=OF,
    )  # fmt: skip
    assert story.owes("eu_ctr") == {}
    return story


def test_expected_as_one_term_is_not_expected_as_another() -> None:
    story = described(judged(), "2026-06-10", "Sepsis")
    assert dues(story.owes("eu_ctr")) == {"eu_susar_other": "2026-06-25"}
    assert story.classify("eu_ctr").ruled.provisional
    # Judged anew, it is.
    story.tell(
        "expectedness", "2026-06-11", product="INO", event="1", expected=True, rsi="IB 1",
        regions=["EU"], onset_on=None, of=OF | {"term": "Sepsis"},
    )  # fmt: skip
    assert story.owes("eu_ctr") == {}


@pytest.mark.parametrize("term", ["febrile  NEUTROPENIA ", "Febrile neutropenia"])
def test_case_and_spaces_make_no_other_term(term: str) -> None:
    assert described(judged(), "2026-06-10", term).owes("eu_ctr") == {}


def test_expected_when_mild_is_not_expected_when_severe_and_a_milder_event_is_covered() -> None:
    assert described(judged(), "2026-06-10", OF["term"], 2).owes("eu_ctr") == {}
    worse = described(judged(), "2026-06-10", OF["term"], 4)
    assert dues(worse.owes("eu_ctr")) == {"eu_susar_other": "2026-06-25"}
    died = judged().seriousness("2026-06-10", "death", True)
    assert dues(died.owes("eu_ctr"))["eu_susar_fatal"] == "2026-06-17"


def test_a_judgement_that_does_not_name_its_event_is_of_the_event_as_it_stood_then() -> None:
    story = described(Story().report("2026-06-01", "hospitalisation"), "2026-06-01", "Sepsis")
    story.expectedness("2026-06-02", True)
    assert story.owes("eu_ctr") == {}
    assert "eu_susar_other" in described(story, "2026-06-03", "Pneumonitis").owes("eu_ctr")


def test_what_was_received_before_the_judgement_and_recorded_after_it_was_not_judged() -> None:
    story = described(judged(), "2026-05-31", "Sepsis", recorded="2026-06-05")
    assert "eu_susar_other" in story.owes("eu_ctr")


@pytest.mark.parametrize("received", ["2026-05-31", "2026-06-01T12:00"])
def test_who_does_not_say_what_was_judged_did_not_know_of_a_death_that_was_entered_later(
    received: str,
) -> None:
    story = described(Story().report("2026-06-01", "hospitalisation"), "2026-06-01", "Sepsis")
    story.expectedness("2026-06-02", True)
    story.seriousness(received, "death", True, recorded="2026-06-05")
    assert "eu_susar_fatal" in story.owes("eu_ctr")


def test_who_judges_what_the_newest_version_says_is_not_held_up_by_an_older_word_beside_it() -> (
    None
):
    story = Story().report("2026-06-02", "hospitalisation")
    described(story, "2026-06-02", "Sepsis")
    described(story, "2026-06-01", OF["term"], recorded="2026-06-03")
    story.tell(
        "expectedness", "2026-06-04", product="INO", event="1", expected=True, rsi="IB 1",
        regions=["EU"], onset_on=None, of=OF,
    )  # fmt: skip
    assert story.owes("eu_ctr") == {}


def test_not_related_to_one_event_says_nothing_of_the_event_that_it_becomes() -> None:
    story = described(Story().report("2026-06-01", "hospitalisation"), "2026-06-01", "Sepsis")
    story.causality("2026-06-02", "investigator", False)
    story.causality("2026-06-02", "sponsor", False)
    assert story.owes("eu_ctr") == {} == story.owes("us_ind")
    # A grade more is still the same event.
    assert described(story, "2026-06-05", "Sepsis", 4).owes("eu_ctr") == {}
    described(story, "2026-06-10", "Hepatic failure")
    assert dues(story.owes("eu_ctr")) == {"eu_susar_other": "2026-06-25"}
    assert story.owes("us_ind")["us_susar_other"].provisional


def exempt(story: Story, **more: Any) -> Story:
    value = {"event": "1", "exemption": "progression", "applies": True, "days": None}
    return story.tell("exemption", "2026-06-03", **value, rule_sets=["eu_ctr", "us_ind"], **more)


def test_neither_an_exemption_nor_the_anticipated_list_outlives_the_event_it_was_judged_for() -> (
    None
):
    story = described(Story().susar("2026-06-01"), "2026-06-01", "Leukaemia progression")
    of = {"term": "Leukaemia progression", "grade": 3, "fatal": []}
    exempt(story, unless_suspected=False, of=of)
    story.tell("anticipated", "2026-06-03", event="1", listed=True, list="1", of=of)
    assert story.owes("eu_ctr") == {}
    assert story.classify("us_ind").ruled.outcome == "exempt"
    described(story, "2026-06-10", "Hepatic failure")
    assert story.classify("eu_ctr").ruled.outcome == "susar"
    assert story.classify("us_ind").ruled.outcome == "susar"


@pytest.mark.parametrize(
    ("investigator", "sponsor", "outcome"),
    [
        (False, False, "exempt"),
        (False, None, "exempt"),
        (True, False, "susar"),
        (False, True, "susar"),
        (None, False, "susar"),
    ],
)
def test_an_exemption_without_a_suspicion_ends_where_either_suspects_or_the_investigator_is_silent(
    investigator: bool | None, sponsor: bool | None, outcome: str
) -> None:
    story = exempt(Story().report("2026-06-01", "hospitalisation"), unless_suspected=True)
    story.expectedness("2026-06-01", False)
    for party, said in (("investigator", investigator), ("sponsor", sponsor)):
        if said is not None:
            story.causality("2026-06-02", party, said)
    assert story.classify("eu_ctr", LATER).ruled.outcome == outcome


def test_an_exemption_that_does_not_say_whether_it_covers_a_suspected_event_does_not() -> None:
    assert "eu_susar_other" in exempt(Story().susar("2026-06-01")).owes("eu_ctr")
    assert exempt(Story().susar("2026-06-01"), unless_suspected=False).owes("eu_ctr") == {}
