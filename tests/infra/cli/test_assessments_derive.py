"""``induct assessments derive``: facts in, derivations with traces out."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from infra.cli.assessments_derive import derive
from infra.cli.console import Refused

app = typer.Typer()
app.command("derive")(derive)
app.command("other")(lambda: None)

FACTS: dict[str, Any] = {
    "subject": "S-001",
    "randomization": [{"record": "a1", "randomization_date": "2024-01-29"}],
    "dosing": [{"record": "d1", "dose_date": "2024-01-29", "given": True}],
    "response": [{"record": "i1", "assessment_date": "2024-02-25", "response": "CR"}],
    "end_of_treatment": [{"record": "r1", "recovery_date": "2024-02-26"}],
    "mrd": [
        {
            "record": "p1",
            "version": 2,
            "sample_id": "S1",
            "sample_date": "2024-02-25",
            "method": "RQPCR",
            "kind": "QUANT",
            "fraction": "0.000099",
        }
    ],
}


def run(folder: Path, facts: object, *options: str) -> Any:
    path = folder / "facts.json"
    path.write_text(facts if isinstance(facts, str) else json.dumps(facts), "utf-8")
    done = CliRunner().invoke(app, ["derive", str(path), *options])
    if done.exception is not None:
        raise done.exception
    return json.loads(done.stdout)


def test_the_command_prints_every_derivation_with_its_trace(tmp_path: Path) -> None:
    answer = run(tmp_path, FACTS)
    found = {each["derivation"]: each for each in answer["derivations"]}
    assert found["eot"]["value"] == "2024-02-26"
    assert found["mrd_lowest"]["value"] == "0.000099"
    assert found["mrd_negativity_itt"]["value"] == "SUCCESS"
    assert {"record": "p1", "version": 2, "item": "fraction"} in found["mrd_lowest"]["inputs"]
    assert found["mrd_lowest"]["explanation"].startswith("mrd_lowest: 0.000099.")
    packs = {pack["id"]: pack for pack in answer["packs"]}
    assert "negative" in packs["mrd"]["assumed"]


def test_the_same_facts_give_the_same_bytes(tmp_path: Path) -> None:
    assert run(tmp_path, FACTS) == run(tmp_path, dict(reversed(FACTS.items())))


@pytest.mark.parametrize(
    ("day", "reason"), [("2024-02-20", "not_yet_due"), ("2024-03-20", "eot_missing")]
)
def test_the_day_asked_tells_what_is_overdue(tmp_path: Path, day: str, reason: str) -> None:
    facts = {**FACTS, "end_of_treatment": []}
    (eot,) = (
        each
        for each in run(tmp_path, facts, "--as-of-day", day)["derivations"]
        if each["derivation"] == "eot"
    )
    assert (eot["status"], eot["reason"]) == ("pending", reason)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ("{", "is no JSON"),
        ('{"subject": "S", "mrd": [], "mrd": []}', "key 'mrd' stands 2 times"),
        ('{"subject": "\\ud800"}', "/subject"),
        ('{"subject": "S", "visit": [{"record": "v", "version": ' + "9" * 5000 + "}]}", "/version"),
        ({**FACTS, "mrd": [{**FACTS["mrd"][0], "fraction": 0.5}]}, "/mrd/0/fraction"),
        ({"subject": "S", "marow": []}, "/marow"),
        ({**FACTS, "dosing": [{**FACTS["dosing"][0], "dose_date": "9999-12-31"}]}, "years 1900"),
        ({**FACTS, "randomization": [{"record": "a1", "randomization_date": "0001"}]}, "years"),
    ],
)
def test_facts_that_cannot_be_read_are_refused_with_the_place(
    tmp_path: Path, facts: object, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        run(tmp_path, facts)


def test_a_missing_file_and_a_day_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="YYYY-MM-DD"):
        run(tmp_path, FACTS, "--as-of-day", "tomorrow")
    with pytest.raises(Refused, match="years 1900 to 2199"):
        run(tmp_path, FACTS, "--as-of-day", "9999-12-31")
    done = CliRunner().invoke(app, ["derive", str(tmp_path / "none.json")])
    assert isinstance(done.exception, Refused)
