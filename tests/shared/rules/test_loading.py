"""Rule pack files: what is refused, what the hash says, and that shipped packs are sound."""

from collections.abc import Iterator
from decimal import Decimal
from importlib import resources
from importlib.resources.abc import Traversable

import pytest

from shared.rules.loading import (
    PackError,
    changed_pack,
    load_pack,
    pack_from_text,
    shipped_packs,
)
from shared.rules.model import Limit

PACK = """
id = "sample"
version = "1.0.0"
title = "A pack"
[parameters.limit]
label = "A limit"
value = "0.0001"
comparator = "lt"
unit = "1"
source = { kind = "record" }
[rules.first]
text = "A rule."
source = { kind = "assumed", note = "The record is silent" }
[tables.grades]
columns = ["from", "grade"]
optional = ["grade"]
source = { kind = "standard", reference = "A standard" }
rows = [{ from = 1, grade = "G1" }, { from = 2 }]
"""


def test_a_pack_reads_into_limits_rules_and_rows() -> None:
    pack = pack_from_text(PACK)
    assert pack.limit("limit") == Limit("lt", Decimal("0.0001"), "1")
    assert pack.rules["first"].text == "A rule."
    assert pack.rows("grades") == ({"from": 1, "grade": "G1"}, {"from": 2})
    assert pack.assumed == ("first",)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('title = "A pack"', 'titel = "A pack"', "titel: unknown key"),
        ('title = "A pack"', "", "title: missing"),
        ('version = "1.0.0"', 'version = "1.0"', "version: missing or malformed"),
        ('unit = "1"', 'units = "1"', "parameters.limit.units: unknown key"),
        ('value = "0.0001"', "value = 0.0001", "no binary float"),
        ('value = "0.0001"', 'value = "1e-4"', "a limit needs a decimal number"),
        ('comparator = "lt"', 'comparator = "<"', "comparator is one of"),
        ('source = { kind = "record" }', "", "source is missing"),
        ('source = { kind = "record" }', 'source = { kind = "memory" }', "of no known kind"),
        ('source = { kind = "record" }', 'source = { kind = "literature" }', "names no reference"),
        ('text = "A rule."', "", "text is missing"),
        ("{ from = 2 }", "{ from = 2, to = 3 }", "rows[1].to: unknown key"),
        ("{ from = 2 }", '{ grade = "G2" }', "rows[1]: column from is missing"),
        ("[rules.first]", "[rules.First]", "a name is lower case"),
        ("{ from = 2 }", "{ from = 2.5 }", "no binary float"),
        ("[rules.first]", "[rules.first", "line"),
    ],
)
def test_a_malformed_pack_is_refused_with_the_place_of_the_fault(
    old: str, new: str, fault: str
) -> None:
    assert old in PACK
    with pytest.raises(PackError) as refused:
        pack_from_text(PACK.replace(old, new, 1))
    assert any(fault in each for each in refused.value.faults), refused.value.faults


def test_every_fault_of_a_pack_is_told_at_once() -> None:
    broken = PACK.replace('title = "A pack"', "").replace('text = "A rule."', "")
    with pytest.raises(PackError) as refused:
        pack_from_text(broken)
    assert len(refused.value.faults) == 2


def test_the_hash_follows_the_content_and_not_the_layout() -> None:
    same = pack_from_text(PACK.replace("\n[rules", "\n\n# a comment\n[rules"))
    other = pack_from_text(PACK.replace("0.0001", "0.00010"))
    assert pack_from_text(PACK).sha256 == same.sha256 != other.sha256


def test_a_changed_pack_shows_it_in_version_and_hash() -> None:
    shipped, changed = load_pack("mrd"), changed_pack("mrd", {"strict_reach": True})
    assert changed.switch("strict_reach") is True
    assert changed.version == f"{shipped.version}+changed"
    assert changed.sha256 != shipped.sha256
    assert changed_pack("mrd", {}) == shipped


def test_a_parameter_that_a_pack_lacks_cannot_be_changed() -> None:
    with pytest.raises(KeyError):
        changed_pack("mrd", {"strict": True})
    with pytest.raises(PackError):
        changed_pack("mrd", {"negative": "1e-4"})


def test_a_value_of_another_kind_is_never_read_as_if_it_fitted() -> None:
    pack = load_pack("mrd")
    with pytest.raises(TypeError):
        pack.integer("negative")
    with pytest.raises(TypeError):
        pack.limit("strict_reach")
    with pytest.raises(TypeError):
        pack.decimal("strict_reach")
    with pytest.raises(TypeError):
        pack.switch("negative")
    with pytest.raises(TypeError):
        pack.texts("negative")
    with pytest.raises(TypeError):
        pack.text("method_order")


def test_an_unknown_pack_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load_pack("../rules/mrd")


@pytest.mark.parametrize("name", shipped_packs())
def test_every_shipped_pack_loads_once_and_bears_the_name_of_its_file(name: str) -> None:
    assert load_pack(name).id == name
    assert load_pack(name) is load_pack(name)


@pytest.mark.parametrize("name", ["eot", "response", "mrd", "relapse"])
def test_every_parameter_and_rule_of_a_pack_is_read_by_its_code(name: str) -> None:
    code = "".join(
        path.read_text("utf-8")
        for path in _files(resources.files("services.assessments.domain.packs"))
    )
    tables = [value for row in _rows(name) for value in row.values()]
    pack = load_pack(name)
    for entry in (*pack.parameters, *pack.rules):
        # Methods are rules by their lower-case code.
        assert f'"{entry}"' in code or entry in tables or entry.upper() in _methods(name), entry


def _methods(name: str) -> tuple[str, ...]:
    pack = load_pack(name)
    return pack.texts("method_order") if "method_order" in pack.parameters else ()


def _rows(name: str) -> list[dict[str, object]]:
    return [dict(row) for table in load_pack(name).tables.values() for row in table.rows]


def _files(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry)
        elif entry.name.endswith(".py"):
            yield entry
