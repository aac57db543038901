"""Who is given what compares arms is written down; who reads pooled numbers is not."""

from typing import Any

import psycopg
import pytest

from tests.services.analytics.trial import Trial

pytestmark = pytest.mark.usefixtures("drawn_quickly")


def noted(trial: Trial) -> list[tuple[object, ...]]:
    return trial.database.rows(
        "SELECT operation, about, actor_role FROM analytics.unblinded_read ORDER BY read_at"
    )


@pytest.mark.proves("C08", kind="positive")
@pytest.mark.proves("C31", kind="positive")
def test_every_closed_read_is_noted_with_who_and_what(trial: Trial) -> None:
    run = trial.publish()
    (result,) = trial.api.get("/closed/results?limit=1", role="statistician").json()["items"]
    paths = {
        f"/closed/results/{result['id']}/sources": ("read_closed_sources", f"{run}/{result['id']}"),
        "/closed/figures": ("list_closed_figures", run),
        "/closed/datasets": ("list_closed_datasets", run),
        "/closed/figures/REMDUR.svg": ("read_closed_file", f"{run}/REMDUR.svg"),
        "/closed/reports/closed.html": ("read_closed_file", f"{run}/closed.html"),
        "/closed/datasets/adsl.csv": ("read_closed_file", f"{run}/adsl.csv"),
        f"/closed/runs/{run}/manifest": ("read_closed_file", f"{run}/manifest_closed.json"),
        "/closed/looks": ("list_looks", "looks"),
    }
    for path in paths:
        assert trial.api.get(path, role="statistician").status_code == 200, path
    expected = [("read_closed_results", run), *paths.values()]
    assert noted(trial) == [
        (f"analytics.{name}", about, "statistician") for name, about in expected
    ]
    # The trail tells it too, and nobody takes it back.
    ((trail,),) = trial.database.rows(
        "SELECT count(DISTINCT row_key) FROM platform.audit"
        " WHERE table_name = 'analytics.unblinded_read'"
    )
    assert trail == len(expected)
    with pytest.raises(psycopg.errors.Error), trial.writing().transaction():
        trial.writing().execute("DELETE FROM analytics.unblinded_read")


def test_open_reads_and_refusals_leave_no_note(trial: Trial) -> None:
    run = trial.publish()
    for path in ("/results", "/figures", "/figures/REMDUR.svg", "/reports/open.html", "/datasets",
                 "/publication", f"/runs/{run}/manifest", f"/runs/{run}/progress"):  # fmt: skip
        assert trial.api.get(path, role="statistician").status_code == 200, path
    assert trial.api.get("/closed/results", role="sponsor").status_code == 403
    assert trial.api.get("/closed/figures/NONE.svg", role="dmc").status_code == 404
    assert noted(trial) == []


@pytest.mark.proves("C08", kind="negative")
def test_who_asked_for_what_is_closed_and_may_not_is_written_down_too(trial: Trial) -> None:
    def refused(path: str, **options: Any) -> tuple[int, str]:
        answer = trial.api.get(path, role="sponsor", **options)
        return answer.status_code, answer.text

    before = {refused(path) for path in ("/closed/results", "/closed/figures/REMDUR.svg")}
    trial.publish()
    paths = ("/closed/results", "/closed/figures/REMDUR.svg", "/closed/figures/NONE.svg")
    assert {refused(path) for path in paths} == before
    # A study that is not here cannot be written beside, and is answered alike.
    assert refused("/closed/results", study="not-here") in before
    rows = trial.database.rows(
        "SELECT operation, role, study_id FROM platform.access_denied ORDER BY operation"
    )
    figure, results = "analytics.read_closed_figure", "analytics.read_closed_results"
    assert rows == [(name, "sponsor", trial.study) for name in (figure, results)]
