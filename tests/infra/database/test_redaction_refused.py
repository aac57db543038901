"""What a redaction is refused for; nothing is changed then."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from infra.database.redaction import approve
from infra.database.redaction_proposal import NotRedactable
from infra.database.reviewing import within
from shared.http.problems import Problem, SignatureNotFitting, SignatureRequired
from shared.identity.matrix import matrix
from tests.infra.database.redaction_world import NAME, STUDY, TEXT, Written, signed


@pytest.mark.proves("C09", kind="negative")
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"category": "because"}, "A category is one of"),
        ({"justification": " "}, "A justification is asked for"),
        ({"justification": f"It says {NAME}"}, "would say the words again"),
        ({"field": "nothing"}, "tells of no such field"),
        ({"field": "start_date", "words": None}, "A number, a day or a yes"),
        ({"words": "Nobody Here"}, "These words are not in it"),
        ({"words": ""}, "These words are not in it"),
        ({"words": "Fever"}, "Words of less than 6 characters"),
        ({"side": "old_value"}, "There are no words in it"),
        ({"seq": 1}, "tells of no such field"),
        ({"table": "randomization.site", "key": "S01", "field": "name", "words": None},
         "randomization.site.name too: the name of a hospital"),
        ({"table": "safety.case_version"}, "tells of no such field"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_refused_before_anybody_signs(
    corrected: Written, changes: Mapping[str, Any], told: str
) -> None:
    before = corrected.state()
    with pytest.raises(NotRedactable, match=told) as refused:
        corrected.propose(**changes)
    assert "Johanka" not in str(refused.value)
    assert corrected.state() == before


@pytest.mark.proves("C09", kind="negative")
def test_words_of_the_definition_stand_wherever_they_are_used(corrected: Written) -> None:
    items = {"medication": "Concomitant medication", "start_date": "2024-02-21"}
    made = corrected.trial.record("concomitant_medication", items, repeat=2).json()
    assert corrected.trial.correct(made, {"medication": "Ibuprofen"}).status_code == 200
    key = f"{made['record_id']}/1"
    with pytest.raises(NotRedactable, match="a word of the study's definition"):
        corrected.propose(key=key, field="medication", words=None)


@pytest.mark.proves("C09", kind="negative")
def test_a_value_in_force_is_corrected_first_in_each_place(written: Written) -> None:
    before = written.state()
    with pytest.raises(NotRedactable, match=r"item_version.value .* is in force \(correct the rec"):
        written.propose()
    assert written.state() == before
    record = {"indication": "Fever, as told by the mother"}
    assert written.trial.correct(written.record, record).status_code == 200
    with pytest.raises(NotRedactable, match=r"case_version.narrative .* is in force \(amend the"):
        written.propose()


@pytest.mark.proves("C09", kind="negative")
def test_a_job_that_runs_is_let_end_first(corrected: Written) -> None:
    with corrected.trial.database.admin() as admin:
        admin.execute("UPDATE assessments.job SET state = 'running'")
    with pytest.raises(NotRedactable, match=r"assessments.job.rest .* \(let the job end\)"):
        corrected.propose()


@pytest.mark.proves("C09", kind="negative")
def test_more_places_than_copies_can_have_are_refused(
    corrected: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    from infra.database import redaction_proposal as module

    few = {**module.rules(), "most_places": 2}
    monkeypatch.setattr(module, "rules", lambda: few)
    with pytest.raises(NotRedactable, match="no copies of one thing"):
        corrected.propose()


@pytest.mark.proves("C09", kind="negative")
def test_the_first_person_signs_what_would_be_done_and_nothing_else(corrected: Written) -> None:
    content = corrected.propose().content
    before = corrected.state()
    for given in (
        signed("redaction-requested", {**content, "starts": 1}),
        signed("redaction-requested", {**content, "justification": "another"}),
        replace(signed("redaction-requested", content), content_sha256=None),
    ):
        with pytest.raises(NotRedactable, match="Another content was signed"):
            corrected.request(given)
    for other in ({"meaning": "redaction-approved"}, {"role": "auditor"}, {"role": "sponsor"}):
        with pytest.raises(SignatureNotFitting):
            corrected.request(replace(signed("redaction-requested", content), **other))
    with pytest.raises(Problem):
        corrected.request(
            signed("redaction-requested", content, role="investigator", sites=frozenset({"S02"}))
        )
    assert corrected.state() == before


def same_person(given: Any) -> Any:
    return replace(given, signer="manager-1")


def other_content(given: Any) -> Any:
    return replace(given, content_sha256="0" * 64)


def no_content(given: Any) -> Any:
    return replace(given, content_sha256=None)


@pytest.mark.proves("C09", kind="negative")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (same_person, "Who asked does not decide"),
        (other_content, "Another content was signed"),
        (no_content, "Another content was signed"),
    ],
)
def test_the_second_person_is_another_and_signs_exactly_what_was_asked(
    corrected: Written, change: Callable[[Any], Any], told: str
) -> None:
    number = corrected.request()
    given = change(corrected.approval(number))
    before = corrected.state()
    with pytest.raises(NotRedactable, match=told):
        corrected.approve(number, given)
    assert corrected.state() == before


@pytest.mark.proves("C09", kind="negative")
@pytest.mark.parametrize(
    "change",
    [{"meaning": "redaction-requested"}, {"meaning": "redaction-refused"}, {"role": "auditor"},
     {"role": "data_manager"}, {"role": "investigator"}],
)  # fmt: skip
def test_who_may_not_approve_does_not(corrected: Written, change: Mapping[str, str]) -> None:
    number = corrected.request()
    given = replace(corrected.approval(number), **change)  # type: ignore[arg-type]
    before = corrected.state()
    with pytest.raises(SignatureNotFitting):
        corrected.approve(number, given)
    assert corrected.state() == before


@pytest.mark.proves("C09", kind="negative")
def test_nothing_is_approved_without_a_signature_or_a_reason(corrected: Written) -> None:
    number = corrected.request()
    with pytest.raises(SignatureRequired):
        within(corrected.url, STUDY, lambda work: approve(work, number, "why"))
    given = corrected.approval(number)
    with pytest.raises(NotRedactable, match="A reason is asked for"):
        within(corrected.url, STUDY, lambda work: approve(work, number, " "), given)
    with pytest.raises(NotRedactable, match=r"redaction_decision.reason too"):
        within(corrected.url, STUDY, lambda work: approve(work, number, f"It is {NAME}"), given)
    with pytest.raises(NotRedactable, match="There is no request 9"):
        corrected.approve(9, given)


@pytest.mark.proves("C09", kind="negative")
def test_a_request_with_other_places_than_now_is_asked_anew(corrected: Written) -> None:
    number = corrected.request()
    given = corrected.approval(number)
    items = {"medication": "Paracetamol", "indication": TEXT, "start_date": "2024-03-01"}
    made = corrected.trial.record("concomitant_medication", items, repeat=2).json()
    before = corrected.state()
    with pytest.raises(NotRedactable, match="is in force"):
        corrected.approve(number, given)
    assert corrected.state() == before
    assert corrected.trial.correct(made, {"indication": "Fever"}).status_code == 200
    with pytest.raises(NotRedactable, match="other places now than were asked for: ask anew"):
        corrected.approve(number, given)
    corrected.redact()


@pytest.mark.proves("C09", kind="negative")
def test_a_request_that_waited_too_long_is_asked_anew(corrected: Written) -> None:
    number = corrected.request()
    given = corrected.approval(number)
    with corrected.trial.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE platform.redaction SET requested_at = now() - interval '14d 1 min'")
    with pytest.raises(NotRedactable, match="more than 14 days ago: ask anew"):
        corrected.approve(number, given)


@pytest.mark.proves("C09", kind="negative")
def test_a_request_is_decided_once(corrected: Written) -> None:
    number = corrected.request()
    given = corrected.approval(number)
    corrected.approve(number, given)
    with pytest.raises(NotRedactable, match="approved already"):
        corrected.approve(number, replace(given, token_id="another-token"))


@pytest.mark.proves("C09", kind="negative")
def test_a_request_that_was_altered_is_not_done(corrected: Written) -> None:
    number = corrected.request()
    given = corrected.approval(number)
    with corrected.trial.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE platform.redaction SET places = '[]'")
    with pytest.raises(NotRedactable, match="is not as it was made"):
        corrected.approve(number, given)


@pytest.mark.proves("C09", kind="negative")
def test_a_trail_that_is_not_whole_is_not_redacted(corrected: Written) -> None:
    """A redaction would cover what was done to the entry."""
    number = corrected.request()
    with corrected.trial.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "UPDATE platform.audit SET new_value = new_value || '!' WHERE field = 'indication'"
        )
    with pytest.raises(NotRedactable, match="not whole before it"):
        corrected.approve(number)


@pytest.mark.proves("C09", kind="negative")
def test_words_across_two_columns_are_named_otherwise(corrected: Written) -> None:
    record = corrected.trial.read(corrected.record).json()
    made = corrected.trial.correct(record, {"indication": {"null": "UNK", "reason": "Eva's wish"}})
    assert corrected.trial.correct(made.json(), {"indication": "Fever"}).status_code == 200
    key = f"{corrected.record['record_id']}/3"
    number = corrected.request(key=key, words="UNK: Eva's")
    given, before = corrected.approval(number), corrected.state()
    with pytest.raises(NotRedactable, match="The words go beyond one field"):
        corrected.approve(number, given)
    assert corrected.state() == before


@pytest.mark.proves("C09", kind="negative")
def test_an_auditor_changes_nothing_and_who_asks_may_not_approve() -> None:
    meanings = matrix().meanings()
    asks, approves = meanings["redaction-requested"], meanings["redaction-approved"]
    assert asks == {"investigator", "data_manager"}
    assert approves == meanings["redaction-refused"] == {"sponsor", "admin"}
    assert not asks & approves
