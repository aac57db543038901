"""I7: what readers of results see is one published night, whole."""

from collections.abc import Iterator

from tests.simulation.evidence import Evidence

_TORN = """
    SELECT p.study_id FROM analytics.publication p JOIN analytics.run r USING (run_id)
    WHERE r.state <> 'published' OR r.manifest_key IS NULL OR r.inputs_hash IS NULL
"""
_UNPUBLISHED = """
    SELECT r.run_id FROM analytics.run r
    WHERE r.state NOT IN ('published', 'failed')
"""
_PUBLISHED = "SELECT run_id FROM analytics.run WHERE state = 'published'"
_LOOSE = """
    SELECT count(*) FROM (SELECT run_id FROM analytics.result_open
        UNION SELECT run_id FROM analytics.result_closed
        UNION SELECT run_id FROM analytics.artefact) AS told
    JOIN analytics.run r USING (run_id) WHERE r.state <> 'published'
"""


def check(found: Evidence) -> Iterator[str]:
    for row in found.rows(_TORN):
        yield f"readers of {row['study_id']} see a night that is not whole"
    for row in found.rows(_UNPUBLISHED):
        yield f"run {row['run_id']} neither ended nor failed"
    asked = {each.outcome for each in found.operations("night")}
    if asked == {"ok"} and not found.rows(_PUBLISHED):
        yield "a night was asked for, and none can be read"
    if loose := found.count(_LOOSE):
        yield f"{loose} nights that are not published left results"
