"""The engine on known data, as a statistician types it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from infra.cli.console import Refused
from infra.cli.main import app

CSV = "id,time,event,arm\n1,2,1,A\n2,3,0,A\n3,1,1,B\n4,4,1,B\n"
MN = {"id": "d", "kind": "risk_difference", "method": "miettinen_nurminen",
      "input": {"x1": 56, "n1": 70, "x2": 48, "n2": 80, "level": 0.95}}  # fmt: skip


def induct(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["analytics", *map(str, arguments)])
    if isinstance(done.exception, Refused):
        raise done.exception
    return done.exit_code, done.output


def written(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_estimates_go_to_the_screen_or_to_a_file(tmp_path: Path) -> None:
    data, out = written(tmp_path, "trial.csv", CSV), tmp_path / "out.json"
    _, shown = induct("estimate", data, "--times", "2,3", "--tau", "3")
    assert induct("estimate", data, "--times", "2,3", "--tau", "3", "--out", out) == (0, "")
    assert json.loads(shown) == json.loads(out.read_text())
    answer = json.loads(shown)
    assert (answer["name"], answer["km"]["A"]["survival"]) == ("trial", [0.5, 0.5])
    assert answer["rmst"]["tau"] == 3


def test_answers_of_another_program_tell_times_tau_and_arms(tmp_path: Path) -> None:
    data = written(tmp_path, "trial.csv", CSV)
    other = written(tmp_path, "other.json", {
        "arms": ["B", "A"], "km": {"B": {"times": [1]}, "A": {"times": 2}}, "rmst": {"tau": 2},
    })  # fmt: skip
    answer = json.loads(induct("estimate", data, "--like", other)[1])
    assert answer["reference_arm"] == "B"
    assert (answer["km"]["A"]["times"], answer["km"]["B"]["times"]) == ([2], [1])
    assert answer["rmst"]["tau"] == 2


def test_proportions_come_back_as_the_same_list(tmp_path: Path) -> None:
    file = written(tmp_path, "p.json", [MN | {"lower": 9, "source": "a book"}])
    status, shown = induct("proportions", file)
    (answer,) = json.loads(shown)
    assert status == 0
    assert (answer["lower"], answer["upper"]) == (
        pytest.approx(0.0528297132),
        pytest.approx(0.33817294),
    )
    assert {"id", "kind", "method", "input", "estimate", "lower", "upper"} == answer.keys()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"method": "tarot"}, "no method 'tarot'"),
        ({"input": {"x1": 9, "n1": 4, "x2": 1, "n2": 4}}, "between 0 and the number"),
        ({"input": {"x1": 1.5, "n1": 4, "x2": 1, "n2": 4}}, "x1 is a whole number"),
        ({"input": {"x1": [1, 2], "n1": 4, "x2": 1, "n2": 4}}, "one length"),
        ({"input": MN["input"] | {"level": 95}}, "level lies between"),  # type: ignore[operator]
        ({"input": None}, "has an input"),
        ({"method": "wald", "input": {"x1": [1, 1], "n1": [4, 4], "x2": [1, 1], "n2": [4, 4]}},
         "no strata"),
        ({"method": "exact_unconditional_two_one_sided",
          "input": {"x1": 1, "n1": 10**6, "x2": 1, "n2": 10**6}}, "no more than 1,000,000 tables"),
        ({"kind": "test", "method": "fisher_exact_two_sided",
          "input": {"x1": 1, "n1": 2, "x2": 1, "n2": 10**8}}, "no more than 1,000,000 subjects"),
        ({"kind": "proportion", "method": "mid_p", "input": {"x": 1, "n": 10**8}},
         "no more than 1,000,000 subjects"),
    ],
)  # fmt: skip
def test_an_example_that_cannot_be_computed_says_why_beside_those_that_can(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    file = written(tmp_path, "p.json", {"examples": [MN | change, MN]})
    status, shown = induct("proportions", file)
    bad, good = json.loads(shown)["examples"]
    assert status == 1
    assert words in bad["error"]
    assert "lower" not in bad
    assert good["estimate"] == pytest.approx(0.2)


def test_an_interval_that_is_not_estimable_is_null(tmp_path: Path) -> None:
    empty = MN | {"input": {"x1": 0, "n1": 0, "x2": 1, "n2": 4}}
    answer = json.loads(induct("proportions", written(tmp_path, "p.json", [empty]))[1])[0]
    assert (answer["estimate"], answer["lower"], answer["upper"]) == (None, None, None)


def test_boundaries_and_conditional_power_follow_their_questions(tmp_path: Path) -> None:
    design = {"type": "Pocock exact", "one_sided_alpha": 0.025, "information_rates": [0.5, 1]}
    look = {"z": 2, "t": 0.3, "final_critical_z": 1.95996398454005, "trend": "null"}
    file = written(tmp_path, "i.json", {"boundaries": [design], "conditional_power": [look]})
    answer = json.loads(induct("boundaries", file)[1])
    assert answer["boundaries"][0]["critical_z"] == [pytest.approx(2.1782729)] * 2
    assert answer["conditional_power"][0]["conditional_power"] == pytest.approx(0.150732304879)


def test_a_design_that_cannot_be_is_told(tmp_path: Path) -> None:
    designs = [{"type": "Pocock exact", "one_sided_alpha": 0.7, "information_rates": [1]},
               {"type": "none"}]  # fmt: skip
    looks = [{"z": 1, "t": 1, "final_critical_z": 2}, {"z": "1"}, {"trend": "luck"}]
    file = written(tmp_path, "i.json", {"boundaries": designs, "conditional_power": looks})
    status, shown = induct("boundaries", file)
    answer = json.loads(shown)
    assert status == 1
    assert all("error" in each for part in answer.values() for each in part)


@pytest.mark.parametrize(
    ("arguments", "content", "words"),
    [
        (("estimate",), "id,time,event,arm\n1,x,1,A\n", "line 2, time"),
        (("estimate",), "id,time,event,arm\n1,1e308,1,A\n2,1e308,0,A\n", "below 1e.12"),
        (("estimate",), 'id,time,event,arm\n1,2,1,"A\n', "no CSV in UTF-8"),
        (("estimate",), "id,time,event,arm\n1,2,1,A\0\n", "holds a NUL"),
        (("estimate",), "", "there is no row"),
        (("estimate", "--times", "3,2"), CSV, "--times rise"),
        (("estimate", "--times", "a"), CSV, "--times are numbers"),
        (("estimate", "--tau", "-1"), CSV, "positive"),
        (("estimate", "--reference", "C"), CSV, "no row is of the arm 'C'"),
        (("proportions",), "{", "not JSON: line 1, column 2"),
        (("boundaries",), '{"boundaries": [{"one_sided_alpha": NaN}]}', "cannot be used"),
        (("proportions",), "{}", "has no list examples"),
        (("boundaries",), "[]", "is no JSON object"),
        (("boundaries",), "{}", "has neither boundaries nor conditional_power"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(
    tmp_path: Path, arguments: tuple[str, ...], content: str, words: str
) -> None:
    file = written(tmp_path, "file", content)
    with pytest.raises(Refused, match=words):
        induct(arguments[0], file, *arguments[1:])


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be opened"):
        induct("estimate", tmp_path / "none.csv")
