"""What has the words though they are marked out here: files of past nights, and who was told."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import text

from infra.database.redaction_stock import stock
from shared.database.unit_of_work import UnitOfWork
from shared.study.endpoints import AdverseEventEndpoint

# Runs that read a version of an item while it was in force.
_READ_BY = text("""
    SELECT count(*) AS runs, min(cutoff) AS first, max(cutoff) AS last
    FROM (SELECT cutoff, coalesce(as_of, read_at, started_at) AS at FROM analytics.run
          WHERE study_id = :study AND state = 'published') AS r
    WHERE EXISTS (
        SELECT FROM jsonb_to_recordset(CAST(:versions AS jsonb))
            AS p (record_id uuid, item text, version integer)
        JOIN assessments.record_version v
            ON v.record_id = p.record_id AND v.version = p.version AND v.recorded_at <= r.at
        WHERE NOT EXISTS (
            SELECT FROM assessments.item_version i JOIN assessments.record_version w
                ON w.record_id = i.record_id AND w.version = i.version AND w.recorded_at <= r.at
            WHERE i.record_id = p.record_id AND i.item = p.item AND i.version > p.version))
""")


def beyond(work: UnitOfWork, places: Iterable[Mapping[str, Any]]) -> list[str]:
    """Sentences about copies that a redaction does not reach, for who decides about it."""
    places = list(places)
    tables = {each["table"] for each in places}
    told = [f"Told to: {who}." for table, who in stock().told.items() if table in tables]
    terms = {
        endpoint.term
        for endpoint in work.definition().endpoints
        if isinstance(endpoint, AdverseEventEndpoint)
    }
    versions = [
        each["key"]
        for each in places
        if each["table"] == "assessments.item_version" and each["key"]["item"] in terms
    ]
    row = work.one(_READ_BY, study=work.study, versions=json.dumps(versions))
    if row is not None and row["runs"]:
        span = f"{row['first']} to {row['last']}"
        told.append(
            f"In the closed ADAE of {row['runs']} runs ({span}): published files are never changed."
        )
    return told
