"""``induct randomization simulate``: what a statistician reads before relying on a design."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from infra.cli.console import Refused
from infra.cli.randomization_simulate import simulate

DESIGNS = Path(__file__).resolve().parents[3] / "docs" / "examples" / "designs"
app = typer.Typer()
app.command()(simulate)


def run(*words: object) -> Result:
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def written(folder: Path, name: str = "design.json", **changes: Any) -> Path:
    design = json.loads((DESIGNS / "blocks-2to1-3-6-9.json").read_text("utf-8"))
    path = folder / name
    path.write_text(json.dumps(design | changes), encoding="utf-8")
    return path


def test_the_figures_of_the_golden_table_are_printed() -> None:
    said = run("--design", DESIGNS / "blocks-2to1-3-6-9.json", "--trials", 40).stdout
    assert "2:1, blocks of 3, 6 and 9" in said
    assert "exact, a stratum of 30        0.7346   0.0352" in said
    assert "chi-square" in said
    assert "held" in said


def test_json_is_nothing_but_the_report() -> None:
    done = run("--design", DESIGNS / "efron-2-3.json", "--trials", 20, "--json")
    report = json.loads(done.stdout)
    assert report["trials"] == 20
    assert report["design"]["scheme"]["probability"] == "2/3"
    assert report["difference"]["sd"] == pytest.approx(2.108, abs=5e-4)
    assert report["guessing"]["exact"]["correct"] == pytest.approx(0.6233, abs=5e-5)
    assert len(report["arms"][0]["by_position"]) == 100
    assert report["ratio_held"] is True


def test_a_study_is_simulated_by_its_id_or_its_file() -> None:
    from shared.study.loading import shipped_definitions

    words = ("--trials", 5, "--subjects", 30, "--json")
    by_id = run("--study", "NCT05748171", *words).stdout
    assert by_id == run("--study", shipped_definitions()["NCT05748171"], *words).stdout
    assert json.loads(by_id)["design"]["subjects"] == 30


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_the_figure_is_the_same_file_for_the_same_report(tmp_path: Path, ending: str) -> None:
    for name in ("a", "b"):
        plot = tmp_path / f"{name}.{ending}"
        run("--design", DESIGNS / "minimisation-7-10.json", "--trials", 5, "--plot", plot)
    drawn = (tmp_path / f"a.{ending}").read_bytes()
    assert drawn == (tmp_path / f"b.{ending}").read_bytes()
    assert drawn.startswith(b"\x89PNG" if ending == "png" else b"<?xml")
    if ending == "svg":
        assert b"P(INO) by position" in drawn
        assert b"Guesser who" in drawn


def test_a_design_may_be_yaml(tmp_path: Path) -> None:
    path = tmp_path / "design.yaml"
    path.write_text(
        "arms: [{code: INO, ratio: 2}, {code: ALLR3, ratio: 1}]\n"
        "scheme: {method: permuted_blocks, block_sizes: [3]}\nsubjects: 6\n",
        encoding="utf-8",
    )
    assert "4 to 4" in run("--design", path, "--trials", 3).stdout


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ((), "Name a design"),
        (("--design", "a.json", "--study", "X"), "Name a design"),
        (("--design", "nowhere.json"), "There is no file"),
        (("--study", "NCT00000000"), "There is no study NCT00000000"),
        (("--study", "freireich-1963", "--subjects", "42"), "nothing to simulate"),
        (("--study", "NCT05748171", "--plot", "a.pdf"), "A plot is a file .svg or .png"),
    ],
)
def test_a_wrong_call_says_what_would_help(words: tuple[str, ...], hint: str) -> None:
    with pytest.raises(Refused, match=hint):
        run(*words)


def test_every_fault_of_a_design_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        run("--design", written(tmp_path, sead=1, subjects="x"))
    assert "sead: unknown key" in str(refused.value)
    assert "subjects: should be a valid integer" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("a.json", '{"subjects": 1, "subjects": 2}', "subjects: stands twice"),
        ("a.json", '{"subjects": 1,}', "line 1, column"),
        ("a.yaml", "subjects: 1\nsubjects: 2\n", "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(
    tmp_path: Path, name: str, text: str, hint: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(Refused, match=hint):
        run("--design", tmp_path / name)


def test_children_beyond_the_list_are_told(tmp_path: Path) -> None:
    scheme = {"method": "permuted_blocks", "block_sizes": [3], "capacity_per_stratum": 9}
    said = run("--design", written(tmp_path, scheme=scheme), "--trials", 4).stdout
    assert "84 children in 4 trials found no slot" in " ".join(said.split())


def test_a_ratio_that_is_not_held_ends_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from services.randomization.domain import generator

    monkeypatch.setattr(
        generator, "permuted_blocks", lambda *_, capacity, **__: ["INO", "INO", "ALLR3"] * capacity
    )
    with pytest.raises(Refused, match="ratio is not held"):
        run("--design", DESIGNS / "blocks-2to1-3.json", "--trials", 20)
