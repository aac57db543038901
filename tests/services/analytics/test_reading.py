"""What readers get of what is published."""

import json
from datetime import date

import pytest

from tests.services.analytics.replay import status
from tests.services.analytics.trial import FREIREICH, TODAY, YESTERDAY, Trial

pytestmark = pytest.mark.usefixtures("drawn_quickly")


@pytest.mark.parametrize(
    "path",
    ["/publication", "/results", "/closed/results", "/figures/REMDUR.svg",
     "/closed/figures/REMDUR.svg"],
)  # fmt: skip
def test_before_the_first_publication_there_is_a_problem_of_its_own(
    empty: Trial, path: str
) -> None:
    empty.ask()
    answer = empty.api.get(path, role="statistician")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:induct:problem:not-published"


def test_a_page_says_which_run_it_is_of_and_the_next_goes_on_where_it_ended(
    freireich: Trial,
) -> None:
    run = freireich.publish()
    page = freireich.api.get("/results", role="sponsor", params={"limit": 3}).json()
    assert (page["run_id"], page["cutoff"], page["stale"]) == (run, TODAY.isoformat(), False)
    assert page["published_at"] == freireich.run(run)["finished_at"]
    everything = freireich.rows("open")
    rows, after = page["items"], page["next"]
    while after:
        page = freireich.api.get(
            "/results", role="sponsor", params={"limit": 3, "after": after}
        ).json()
        rows += page["items"]
        after = page["next"]
    assert rows == everything
    assert len(rows) == len({json.dumps(row) for row in rows}) > 3


def test_a_cursor_stays_with_its_run_when_another_is_published(freireich: Trial) -> None:
    old = freireich.publish(YESTERDAY)
    first = freireich.api.get("/results", role="sponsor", params={"limit": 2}).json()
    status(freireich, "S01-01-A", date(1960, 1, 11), relapsed=True, repeat=2)
    new = freireich.publish(TODAY)
    rest = freireich.api.get("/results", role="sponsor", params={"after": first["next"]}).json()
    assert (rest["run_id"], rest["stale"]) == (old, True)
    assert {row["cutoff"] for row in rest["items"]} == {YESTERDAY.isoformat()}
    assert freireich.api.get("/results", role="sponsor").json()["run_id"] == new


@pytest.mark.parametrize("after", ["x", "123", "00000000-0000-0000-0000-000000000000", ":1"])
def test_a_cursor_that_no_page_gave_is_refused(freireich: Trial, after: str) -> None:
    freireich.publish()
    answer = freireich.api.get("/results", role="sponsor", params={"after": after})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/#query/after"


def test_a_cursor_of_a_run_that_is_not_published_reads_nothing(freireich: Trial) -> None:
    freireich.publish()
    pending = freireich.ask()
    answer = freireich.api.get("/results", role="sponsor", params={"after": f"{pending}:1"})
    assert answer.json()["type"] == "urn:induct:problem:not-published"


def test_rows_can_be_picked_by_endpoint_and_statistic(freireich: Trial) -> None:
    freireich.publish()
    rows = freireich.rows("open", endpoint="REMDUR", statistic="survival")
    assert [row["timepoint"] for row in rows] == [10.0, 20.0]
    assert freireich.rows("open", endpoint="EFS") == []


@pytest.mark.parametrize("query", [{"endpoint": "efs"}, {"statistic": "Median"}, {"limit": "0"}])
def test_a_filter_that_fits_nothing_there_can_be_is_refused(
    freireich: Trial, query: dict[str, str]
) -> None:
    answer = freireich.api.get("/results", role="sponsor", params=query)
    assert answer.status_code == 422


def test_the_publication_names_run_cutoff_versions_and_files(freireich: Trial) -> None:
    run = freireich.publish()
    found = freireich.api.get("/publication", role="sponsor").json()
    told = {name: found[name] for name in ("run_id", "study", "cutoff", "stale", "newer_run")}
    assert told == {
        "run_id": run,
        "study": FREIREICH,
        "cutoff": TODAY.isoformat(),
        "stale": False,
        "newer_run": None,
    }
    assert found["inputs_hash"] == found["manifest"]["inputs_hash"]
    assert [(file["name"], file["href"]) for file in found["artefacts"]] == [
        ("FLOW.svg", "figures/FLOW.svg"),
        ("REMDUR.svg", "figures/REMDUR.svg"),
        ("adds.csv", "datasets/adds.csv"),
        ("adds.json", "datasets/adds.json"),
        ("adds.ndjson", "datasets/adds.ndjson"),
        ("adds.xpt", "datasets/adds.xpt"),
        ("adsl.csv", "datasets/adsl.csv"),
        ("adsl.json", "datasets/adsl.json"),
        ("adsl.ndjson", "datasets/adsl.ndjson"),
        ("adsl.xpt", "datasets/adsl.xpt"),
        ("adtte.csv", "datasets/adtte.csv"),
        ("adtte.json", "datasets/adtte.json"),
        ("adtte.ndjson", "datasets/adtte.ndjson"),
        ("adtte.xpt", "datasets/adtte.xpt"),
        ("define.html", "datasets/define.html"),
        ("define.xml", "datasets/define.xml"),
        ("manifest_open.json", None),
        ("open.html", "reports/open.html"),
        ("open.pdf", "reports/open.pdf"),
        ("results_open.json", None),
    ]


def test_the_manifest_tells_conventions_versions_checks_and_what_is_missing(
    freireich: Trial,
) -> None:
    freireich.publish()
    manifest = freireich.api.get("/publication", role="sponsor").json()["manifest"]
    assert manifest["subjects"] == {"registered": 42, "randomized": 42}
    assert manifest["conventions"]["conf_type"] == "log-log"
    assert set(manifest["versions"]) == {
        "induct", "lifelines", "matplotlib", "numpy", "pandas", "reportlab", "scipy",
    }  # fmt: skip
    assert {check["verdict"] for check in manifest["engine_check"]} == {"agrees"}
    assert manifest["counts_by_status"]["OK"] > 10
    assert manifest["not_computed"] == []
    assert len(manifest["definition"]["sha256"]) == 64
    assert manifest["assumed_values"][0]["path"].startswith("forms.remission_status")
    assert manifest["unreadable_values"] == 0


def test_the_manifests_list_every_file_of_their_class_by_its_hash(freireich: Trial) -> None:
    run = freireich.publish()
    kept = freireich.kept(run)
    for output_class in ("open", "closed"):
        name = f"manifest_{output_class}.json"
        manifest = json.loads(freireich.store.get(kept[output_class, name]))
        assert {file["name"]: file["sha256"] for file in manifest["artefacts"]} == {
            file: key[-64:]
            for (each, file), key in kept.items()
            if each == output_class and file != name
        }


@pytest.mark.parametrize("name", ["EFS.svg", "REMDUR.pdf", "manifest_open.json", "..%2Fx.svg"])
def test_what_is_no_published_figure_is_not_found(freireich: Trial, name: str) -> None:
    freireich.publish()
    answer = freireich.api.get(f"/figures/{name}", role="sponsor")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:induct:problem:not-found")


def test_closed_rows_are_not_to_be_kept_by_anything_between(freireich: Trial) -> None:
    freireich.publish()
    answer = freireich.api.get("/closed/results", role="dmc")
    assert answer.headers["Cache-Control"] == "no-store"
