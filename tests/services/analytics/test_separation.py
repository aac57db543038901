"""Numbers by arm reach the unblinded statistician and the committee, and nobody else."""

from datetime import date

import pytest
from sqlalchemy import text

from services.analytics import repository
from shared.clock import DatabaseClock
from shared.database.unit_of_work import Origin, UnitOfWork, begin
from shared.identity.matrix import matrix
from shared.identity.principal import Principal
from tests.services.analytics.trial import Trial

OF_CHILDREN = (
    "/closed/datasets/adtte.json", "/closed/results/0000000000000000000000000000NONE/sources",
)  # fmt: skip
CLOSED_PATHS = (
    "/closed/results", "/closed/figures/REMDUR.svg", "/closed/figures/FLOW.svg",
    "/closed/figures/NONE.svg", "/closed/reports/closed.html", "/closed/figures",
    "/closed/looks", *OF_CHILDREN,
)  # fmt: skip
UNBLINDED = {"statistician", "dmc"}
BLINDED = sorted(matrix().operations["analytics.read_results"].roles - UNBLINDED)


@pytest.mark.usefixtures("drawn_quickly")
@pytest.mark.parametrize("role", sorted(matrix().roles))
def test_closed_results_are_for_two_roles_and_what_tells_a_childs_arm_for_one(
    freireich: Trial, role: str
) -> None:
    freireich.publish()
    for path in CLOSED_PATHS:
        answer = freireich.api.get(path, role=role)
        if role in (UNBLINDED if path not in OF_CHILDREN else {"statistician"}):
            assert answer.status_code == (404 if "NONE" in path else 200)
        else:
            assert (answer.status_code, answer.json()["type"]) == (
                403,
                "urn:induct:problem:forbidden",
            )


@pytest.mark.usefixtures("drawn_quickly")
def test_a_refusal_is_the_same_whether_or_not_the_figure_exists(freireich: Trial) -> None:
    def refused(name: str) -> tuple[int, str]:
        answer = freireich.api.get(f"/closed/figures/{name}", role="sponsor")
        return answer.status_code, answer.text

    before = refused("REMDUR.svg")
    freireich.publish()
    for name in ("REMDUR.svg", "FLOW.svg", "NONE.svg"):
        assert refused(name) == before


@pytest.mark.usefixtures("drawn_quickly")
def test_a_closed_report_is_not_to_be_had_by_the_open_route(freireich: Trial) -> None:
    freireich.publish()
    for path in ("/reports/closed.html", "/closed/reports/open.html"):
        assert freireich.api.get(path, role="dmc").status_code == 404


@pytest.mark.usefixtures("drawn_quickly")
@pytest.mark.parametrize("role", BLINDED)
def test_closed_files_are_not_even_named_to_others(freireich: Trial, role: str) -> None:
    freireich.publish()
    found = freireich.api.get("/publication", role=role).json()["artefacts"]
    assert {file["output_class"] for file in found} == {"open"}
    named = freireich.api.get("/publication", role="statistician").json()["artefacts"]
    assert "observations.json" in {f["name"] for f in named if f["output_class"] == "closed"}
    assert "closed/figures/REMDUR.svg" in {file["href"] for file in named}


def held(trial: Trial, role: str, table: str) -> int:
    """How many rows of a table the service's own login sees while it works for a role."""
    principal = Principal("somebody", role, frozenset({"*"}), frozenset({"*"}), frozenset())
    origin = Origin(principal, trial.study, "test", DatabaseClock())
    with trial.engine.connect() as connection, begin(connection, origin) as work:
        return int(work.execute(text(f"SELECT count(*) FROM analytics.{table}")).scalar_one())


@pytest.mark.proves("C15", kind="negative")
@pytest.mark.usefixtures("drawn_quickly")
def test_the_database_itself_keeps_closed_rows_from_other_roles(freireich: Trial) -> None:
    freireich.publish()
    freireich.child("S01-99", "no such arm", date(1960, 2, 1))
    with pytest.raises(ValueError, match="unknown arm"):
        freireich.perform(freireich.ask())
    run = freireich.api.get("/publication", role="dmc").json()["run_id"]
    kept = [output_class for output_class, _ in freireich.kept(run)]
    for role in sorted(matrix().roles):
        seen = [
            held(freireich, role, table) for table in ("result_closed", "fault", "endpoint_time")
        ]
        assert (min(seen) > 0) is (max(seen) > 0) is (role in UNBLINDED), role
        expected = kept.count("open") + (kept.count("closed") if role in UNBLINDED else 0)
        assert held(freireich, role, "artefact") == expected
        assert held(freireich, role, "result_open") > 0


OPEN_TABLES = {"artefact", "progress", "publication", "result_open", "run"}


@pytest.mark.usefixtures("drawn_quickly")
def test_the_blinded_are_read_for_by_a_role_that_is_granted_nothing_closed(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the code asks for and says of the caller."""
    run = trial.publish()
    used: dict[str, set[object]] = {}
    find = repository.find_run

    def watched(work: UnitOfWork, run: str) -> object:
        reader = work.execute(text("SELECT current_user")).scalar_one()
        used.setdefault(work.principal.role, set()).add(reader)
        if work.principal.role == "sponsor":
            work.execute(text("SELECT set_config('app.role', 'dmc', true)"))
        return find(work, run)

    monkeypatch.setattr(repository, "find_run", watched)
    for path in ("/results", "/figures", "/reports/open.html",
                 f"/runs/{run}", f"/runs/{run}/progress", "/publication"):  # fmt: skip
        for role in ("sponsor", "dmc"):
            assert trial.api.get(path, role=role).status_code == 200, path
    assert used == {"sponsor": {"induct_analytics_open"}, "dmc": {"induct_analytics"}}
    # It says that it reads for the committee, and still no closed file is named.
    found = trial.api.get("/publication", role="sponsor").json()["artefacts"]
    assert {file["output_class"] for file in found} == {"open"}
    granted = trial.database.rows(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname NOT LIKE 'pg%%' AND n.nspname <> 'information_schema'"
        " AND c.relkind IN ('r', 'v', 'm', 'p', 'f')"
        " AND has_any_column_privilege('induct_analytics_open', c.oid,"
        " 'SELECT, INSERT, UPDATE, REFERENCES')"
    )
    assert {name for (name,) in granted} == OPEN_TABLES


def test_the_roles_of_the_database_are_those_of_the_matrix() -> None:
    closed = [name for name in matrix().operations if name.startswith("analytics.")
              and "closed" in name]  # fmt: skip
    assert len(closed) == 8
    for name in closed:
        of_children = name.endswith(("closed_sources", "closed_datasets", "closed_dataset"))
        expected = {"statistician"} if of_children else UNBLINDED
        assert matrix().operations[name].roles == expected, name
