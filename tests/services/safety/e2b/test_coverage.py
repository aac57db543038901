"""Every row of the tables of ICH and the FDA is held, or stands in a list with the reason."""

import csv
import re
from collections import Counter

from services.safety.e2b.rules import coverage
from services.safety.e2b.rules.dictionary import elements, regional
from services.safety.e2b.rules.eu import EU
from services.safety.e2b.rules.fda import FDA
from services.safety.e2b.rules.ich import ICH
from services.safety.e2b.rules.own import OWN
from services.safety.e2b.rules.own_content import CONTENT
from services.safety.e2b.rules.own_contents import CONTENTS
from services.safety.e2b.rules.own_drugs import DRUGS
from services.safety.e2b.rules.own_kin import KIN
from services.safety.e2b.rules.registry import of_file, sheets
from services.safety.e2b.values import NullFlavor
from tests.services.safety.e2b.samples import FOLDER, needs_samples

_NULLS = ("NI", "MSK", "UNK", "NA", "ASKU", "NASK", "NINF", "PINF")
_NEED = {
    "Mandatory": "mandatory",
    "Required": "required",
    "Conditional-Mandatory": "conditional",
    "Optional": "optional",
}
# The qualifier of a result is a field of its own here, not a reason for a missing value.
_NULLS_ELSEWHERE = {"F.r.3.2"}


def _rows(name: str) -> list[list[str]]:
    with (FOLDER / "tables" / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def _ich_rows() -> dict[str, list[str]]:
    rows = [row for row in _rows("ich-core-data-elements-v1.csv")[2:] if row[7].strip() in _NEED]
    return {row[2].strip(): row for row in rows}


@needs_samples
def test_the_dictionary_has_each_element_of_the_ich_table_and_no_other() -> None:
    assert set(elements()) - regional() == set(_ich_rows())
    needs = Counter(one.need for name, one in elements().items() if name not in regional())
    assert needs == {"mandatory": 32, "required": 2, "conditional": 72, "optional": 117}


@needs_samples
def test_need_length_and_null_flavors_are_those_of_the_ich_table() -> None:
    for name, row in _ich_rows().items():
        held = elements()[name]
        assert held.need == _NEED[row[7].strip()], name
        allowed = {
            NullFlavor(null)
            for null, told in zip(_NULLS, row[11:19], strict=True)
            if told.strip().lower().startswith("y")
        }
        assert held.nulls == (frozenset() if name in _NULLS_ELSEWHERE else allowed), name
        if row[4].strip().isdigit():
            assert held.max_length == int(row[4]), name


@needs_samples
def test_allowed_codes_are_those_of_the_ich_table() -> None:
    coded = 0
    for name, row in _ich_rows().items():
        told = set(re.findall(r"(?:^|[\s;])(\d{1,2})\s*=", row[6]))
        if told and elements()[name].kind == "code":
            assert elements()[name].codes == told, name
            coded += 1
    assert coded == 18


def test_each_conditional_element_is_held_or_listed_with_its_reason() -> None:
    held, listed = coverage.conditional_held(), coverage.conditional_listed()
    assert coverage.conditional() <= held | set(listed)
    assert not held & set(listed)


@needs_samples
def test_each_id_of_the_fda_is_held_or_listed_with_its_reason() -> None:
    rows = _rows("fda-rejection-warning-rules.csv")
    told = {row[5].strip() for row in rows if re.fullmatch(r"[RW]\d{4}", row[5].strip())}
    assert Counter(name[0] for name in told) == {"R": 110, "W": 11}
    held, listed = coverage.fda_held(), set(coverage.fda_listed())
    assert told == (held & told) | listed
    assert not held & listed
    assert held - told == {"FDA.C.1.11.2.CROSS"}  # the one that the table leaves without id


def test_each_rule_as_data_has_one_function_and_each_function_its_data() -> None:
    functions = [
        *ICH.functions, *OWN.functions, *CONTENT.functions, *CONTENTS.functions, *DRUGS.functions,
        *KIN.functions, *FDA.functions, *EU.functions,
    ]  # fmt: skip
    assert len(functions) == len(set(functions))
    assert set(functions) == set(sheets())
    assert set(FDA.functions) == set(of_file("rules_fda"))


def test_each_rule_says_in_a_sentence_what_holds() -> None:
    for sheet in sheets().values():
        assert sheet.text.endswith("."), sheet.id
        assert sheet.element, sheet.id
