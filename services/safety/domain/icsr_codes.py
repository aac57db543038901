"""Codes of ICH E2B(R3) for what a case holds: the tables of ``icsr_codes.toml``."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources


def action_codes() -> Mapping[str, str]:
    """What was done with a drug, as G.k.8 has it, by the code of the form."""
    return codes("action")


def codes(table: str) -> Mapping[str, str]:
    """A table: the code of E2B by the word of the case."""
    return _tables()[table]


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("services.safety.domain").joinpath("icsr_codes.toml").read_text("utf-8")
    return tomllib.loads(text)
