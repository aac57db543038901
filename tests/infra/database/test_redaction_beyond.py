"""Who decides is told what a redaction does not reach."""

from infra.database.redaction_beyond import beyond
from infra.database.reviewing import within
from tests.infra.database.redaction_world import NAME, STUDY, Written

RUN = """
    INSERT INTO analytics.run (study_id, cutoff, nightly, state, requested_at, read_at)
    VALUES ('NCT05748171', %s, true, %s, now(), clock_timestamp())
"""


def night(written: Written, cutoff: str, state: str = "published") -> None:
    with written.trial.database.writing() as admin:
        admin.execute(RUN, (cutoff, state))


def told(written: Written, **changes: object) -> list[str]:
    places = written.propose(**changes).content["places"]
    return within(written.url, STUDY, lambda work: beyond(work, places))


def test_who_was_told_is_named(corrected: Written) -> None:
    assert told(corrected) == [
        "Told to: the queues of this machine.",
        "Told to: who sent the file.",
    ]


def test_the_nights_that_read_a_term_while_it_was_in_force_are_counted(
    corrected: Written,
) -> None:
    night(corrected, "2026-01-01")
    items = {"term": f"Fever of {NAME}", "start_date": "2024-02-20", "serious": False}
    made = corrected.trial.record("adverse_event", items)
    assert made.status_code == 201, made.text
    for cutoff, state in (("2026-01-02", "published"), ("2026-01-03", "failed")):
        night(corrected, cutoff, state)
    night(corrected, "2026-01-04")
    change = {"term": "Febrile neutropenia"}
    assert corrected.trial.correct(made.json(), change).status_code == 200
    night(corrected, "2026-01-05")
    key = f"{made.json()['record_id']}/1"
    (*_, nights) = told(corrected, key=key, field="term")
    assert nights.startswith("In the closed ADAE of 2 runs (2026-01-02 to 2026-01-04)")
