"""The dictionary and the forms of a study are written as files, or shown."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.console import Refused
from infra.cli.study import app


def run(*words: str) -> str:
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_the_dictionary_is_written_as_page_and_as_table(tmp_path: Path) -> None:
    page, sheet = tmp_path / "dictionary.html", tmp_path / "dictionary.csv"
    run("dictionary", "--study", "NCT05748171", "--html", str(page), "--csv", str(sheet))
    assert page.read_text("utf-8").startswith("<!doctype html>")
    content = sheet.read_bytes()
    assert content.startswith(b"form,form_name,item,label,type,")
    assert content.count(b"\r\n") == content.count(b"\n")


def test_the_forms_are_written_as_a_page_and_listed_without_one(tmp_path: Path) -> None:
    page = tmp_path / "forms.html"
    run("forms", "--study", "freireich-1963", "--html", str(page))
    assert "Annotated case report forms" in page.read_text("utf-8")
    assert "sos_observation" in run("forms", "--study", "NCT05748171")
    assert "LB.LBORRES" in run("dictionary", "--study", "NCT05748171")


def test_a_folder_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be written"):
        run("forms", "--study", "NCT05748171", "--html", str(tmp_path / "no" / "forms.html"))
