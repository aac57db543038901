"""ADaM datasets of a hand-made child; dates are dates in every format."""

import json
import warnings
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from services.assessments.domain.exports.files import file_names, writer_of
from services.assessments.domain.exports.participant import DerivedValue, Participant, Variant
from services.assessments.domain.exports.sdtm import Sdtm
from services.assessments.domain.exports.sdtm_subjects import subject_rows
from tests.services.assessments.exports.children import participant
from tests.services.assessments.exports.support import mapping_pack, study
from tests.shared.datasets.support import ABOUT

DERIVED = (
    DerivedValue("response", "CRp", "final", None, {}),
    DerivedValue("mrd_negativity_itt", None, "ne", "no_sample", {}),
    DerivedValue(
        "endpoint:OS", "2024-07-28", "final", None,
        {"PARAMCD": "OS", "STARTDT": "2024-01-30", "ADT": "2024-07-28", "AVAL": 181, "CNSR": 0,
         "EVNTDESC": "Death", "CNSDTDSC": None, "SRCDOM": "survival_status", "SRCVAR": "death_date",
         "SRCSEQ": "r8"},
    ),
)  # fmt: skip


def sdtm(variant: Variant = "unblinded") -> Sdtm:
    return Sdtm(mapping_pack(), study(), variant)


def child() -> Participant:
    return replace(participant(study()), derived=DERIVED)


def rows(dataset: str) -> list[dict[str, Any]]:
    mapping = sdtm()
    names = [column.name for column in mapping.dataset(dataset).columns]
    found = subject_rows(mapping, dataset, mapping.child(child()))
    return [dict(zip(names, row, strict=True)) for row in found]


def file(name: str) -> bytes:
    writer = writer_of(name, sdtm(), ABOUT)
    writer.look(child())
    return writer.start() + writer.child(child()) + writer.end()


def test_a_subject_has_its_flags_and_dates() -> None:
    (row,) = rows("ADSL")
    told = {name: row[name] for name in ("RANDDT", "TRTSDT", "DTHDT", "ITTFL", "SAFFL", "ARMCD")}
    assert told == {
        "RANDDT": date(2024, 1, 29),
        "TRTSDT": date(2024, 1, 30),
        "DTHDT": date(2024, 7, 28),
        "ITTFL": "Y",
        "SAFFL": "Y",
        "ARMCD": "INO",
    }


def test_a_derived_response_is_told_with_its_status() -> None:
    told = [(row["PARAMCD"], row["AVALC"], row["RSTAT"], row["RREASN"]) for row in rows("ADRS")]
    assert told == [("RSP", "CRp", "final", None), ("MRDNEG", None, "ne", "no_sample")]


def test_a_time_to_event_leads_back_to_its_record() -> None:
    (row,) = rows("ADTTE")
    assert (row["PARAMCD"], row["AVAL"], row["CNSR"], row["EVNTDESC"]) == ("OS", 181, 0, "Death")
    assert (row["STARTDT"], row["ADT"]) == (date(2024, 1, 30), date(2024, 7, 28))
    assert (row["SRCFORM"], row["SRCITEM"], row["SRCREC"]) == (
        "survival_status",
        "death_date",
        "r8",
    )


def test_a_date_is_text_with_an_integer_target_in_json() -> None:
    found = json.loads(file("adsl.json"))
    column = next(each for each in found["columns"] if each["name"] == "RANDDT")
    assert (column["dataType"], column["targetDataType"]) == ("date", "integer")
    assert "2024-01-29" in found["rows"][0]


def test_a_date_is_a_date_of_sas_in_xpt(tmp_path: Path) -> None:
    import pyreadstat

    target = tmp_path / "adsl.xpt"
    target.write_bytes(file("adsl.xpt"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame, meta = pyreadstat.read_xport(target)
    assert frame["RANDDT"][0] == date(2024, 1, 29)
    assert meta.original_variable_types["RANDDT"] == "DATE9"


def test_blinded_there_is_none_of_it() -> None:
    found = {name for name, _ in file_names(sdtm("blinded"), ["csv"], audit=False)}
    assert not any(name.startswith("ad") for name in found)
