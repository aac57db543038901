"""An uploaded list shows it when it was sorted, cut, moved, merged or filled wrongly."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.randomization.domain.slots import Slot, generate
from services.randomization.domain.upload import Examined, examine_upload, read_csv
from shared.study import StudyDefinition, from_json, to_json
from tests.support.definitions import shipped
from tests.support.examples import examples

Row = list[str]
Spoil = Callable[[list[Row]], Sequence[Row]]
HEADER = ["sequence", "age_group", "first_remission", "arm"]


def trial(**scheme: Any) -> StudyDefinition:
    content = to_json(shipped("NCT05748171"))
    content["randomization"]["scheme"] = {
        "method": "uploaded_list", "slots_per_stratum": 18, "source": "assumed", **scheme,
    }  # fmt: skip
    return from_json(json.dumps(content))


TRIAL = trial()


def made_by_the_statistician() -> list[Row]:
    """A genuine list of 4 strata with 18 slots each, the strata taking turns by threes."""
    blocks = shipped("NCT05748171")
    slots = [s for s in generate(blocks, "L", bytes(range(32)), capacity=18) if s.position <= 18]
    slots.sort(key=lambda slot: (slot.position - 1) // 3)
    rows = []
    for number, slot in enumerate(slots, start=1):
        levels = [pair.split("=")[1] for pair in slot.label.split(";")]
        rows.append([str(number), *levels, slot.content])
    # The blocks of this secret end at 18 in no stratum: make the ratio hold.
    for stratum in {tuple(row[1:3]) for row in rows}:
        own = [row for row in rows if tuple(row[1:3]) == stratum]
        while sum(row[3] == "INO" for row in own) > 12:
            next(row for row in reversed(own) if row[3] == "INO")[3] = "ALLR3"
        while sum(row[3] == "INO" for row in own) < 12:
            next(row for row in reversed(own) if row[3] == "ALLR3")[3] = "INO"
    return rows


GOOD = made_by_the_statistician()


def written(rows: Sequence[Row], header: Sequence[str] = HEADER, end: str = "\n") -> bytes:
    return "".join(",".join(row) + end for row in [list(header), *rows]).encode()


def examined(
    content: bytes, definition: StudyDefinition = TRIAL, *, rows: int = len(GOOD), sha256: str = ""
) -> Examined:
    """As if the statistician had stated the hash of the spoilt file: the content alone decides."""
    sha256 = sha256 or hashlib.sha256(content).hexdigest()
    return examine_upload(definition, content, sha256=sha256, rows=rows)


def told(found: Examined) -> list[tuple[str, int | None]]:
    return [(fault.code, fault.row) for fault in found.faults]


def renumbered(rows: Sequence[Row]) -> list[Row]:
    return [[str(number), *row[1:]] for number, row in enumerate(rows, start=1)]


def test_a_list_as_it_was_made_becomes_slots_in_the_order_of_the_file() -> None:
    found = examined(written(GOOD))
    assert found.faults == ()
    assert [slot.content for slot in found.slots] == [row[3] for row in GOOD]
    for label in TRIAL.randomization.stratum_labels():
        own = [slot.position for slot in found.slots if slot.label == label]
        assert own == list(range(1, 19))


def counted_by_stratum(rows: Sequence[Row]) -> list[Row]:
    counts: Counter[tuple[str, ...]] = Counter()
    counted = []
    for row in rows:
        counts[tuple(row[1:3])] += 1
        counted.append([str(counts[tuple(row[1:3])]), *row[1:]])
    return counted


def test_the_sequence_may_count_within_each_stratum_instead() -> None:
    rows = counted_by_stratum(GOOD)
    assert examined(written(rows)).slots == examined(written(GOOD)).slots
    # Strata may stand in any order among themselves; rows of one stratum may not.
    by_stratum = sorted(rows, key=lambda row: row[1:3])
    assert examined(written(by_stratum)).faults == ()
    rows[0], rows[1] = rows[1], rows[0]
    assert told(examined(written(rows))) == [("reordered", 1)]


def test_read_csv_tells_the_slots_of_a_list_whatever_its_order() -> None:
    slots, faults = read_csv(TRIAL, written(GOOD[::-1]))
    assert faults == ()
    assert slots[0] == Slot("age_group=ge10;first_remission=ge24m", 1, GOOD[-1][3])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte-order mark"])
def test_line_ends_and_a_byte_order_mark_change_nothing(end: str, mark: bytes) -> None:
    assert examined(mark + written(GOOD, end=end)).slots == examined(written(GOOD)).slots


def test_columns_may_stand_in_any_order() -> None:
    rows = [[row[3], row[2], row[0], row[1]] for row in GOOD]
    header = ["arm", "first_remission", "sequence", "age_group"]
    assert examined(written(rows, header)).slots == examined(written(GOOD)).slots


def by(*columns: int) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: sorted(rows, key=lambda row: [row[column] for column in columns])


def with_cell(row: int, column: int, cell: str) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [
        [*each[:column], cell, *each[column + 1 :]] if number == row else each
        for number, each in enumerate(rows, start=1)
    ]


@pytest.mark.parametrize(
    ("spoil", "code", "row"),
    [
        (by(3), "sorted", None),
        (by(1, 2, 3), "sorted", None),
        (lambda rows: renumbered(by(3)(rows)), "sorted", None),
        (lambda rows: renumbered(by(1, 2, 3)(rows)), "sorted", None),
        (lambda rows: renumbered(sorted(rows, key=lambda r: (r[1], r[2], r[3]), reverse=True)),
         "sorted", None),
        (by(1, 2), "reordered", 1),
        (by(0), "reordered", 2),
        (lambda rows: rows[::-1], "reordered", 1),
        (lambda rows: [*rows[:4], rows[5], rows[4], *rows[6:]], "reordered", 5),
        (lambda rows: rows[:-1], "truncated", None),
        (lambda rows: rows[:10], "truncated", None),
        (lambda rows: rows[1:], "truncated", None),
        (lambda _: [], "truncated", None),
        (lambda rows: [*rows, rows[0]], "duplicate-row", 73),
        (lambda rows: [*rows[:7], rows[6], *rows[7:]], "duplicate-row", 8),
        (with_cell(9, 0, "1"), "duplicate-sequence", 9),
        (with_cell(9, 0, "900"), "out-of-sequence", 9),
        (with_cell(9, 0, "09"), "out-of-sequence", 9),
        (with_cell(9, 0, "9.0"), "out-of-sequence", 9),
        (with_cell(9, 0, ""), "out-of-sequence", 9),
        (with_cell(9, 1, "lt12"), "unknown-level", 9),
        (with_cell(9, 2, " lt24m"), "unknown-level", 9),
        (with_cell(9, 3, "ino"), "unknown-arm", 9),
        (with_cell(9, 3, "=INO"), "unknown-arm", 9),
        (lambda rows: [[*row[:3], "INO"] for row in rows], "wrong-ratio", None),
        (lambda rows: renumbered(rows[:-18]), "truncated", None),
        (lambda rows: [*rows, ["73", "lt10", "lt24m", "INO"]], "wrong-stratum", None),
        (lambda rows: [row[:3] for row in rows], "malformed-csv", 1),
        (lambda rows: [*rows[:3], [], *rows[3:]], "malformed-csv", 4),
        (with_cell(9, 3, "I" * 101), "malformed-csv", 9),
        (with_cell(9, 3, '"INO'), "malformed-csv", None),
    ],
    ids=["sorted by arm", "sorted by stratum and arm", "sorted by arm and renumbered",
         "sorted by stratum and arm and renumbered", "sorted backwards and renumbered",
         "sorted by stratum", "numbers sorted as text", "turned round",
         "two rows swapped", "last row lost", "cut off", "first row lost", "no row",
         "first row again at the end", "row twice", "number twice", "number too high",
         "number with a nought before", "number with a point", "no number", "strange level",
         "level with a space", "arm in small letters", "formula", "one arm only",
         "a stratum lost, renumbered", "row too many", "cell lost", "empty line", "long cell",
         "open quote"],
)  # fmt: skip
def test_a_spoilt_list_is_refused_by_the_name_of_its_fault(
    spoil: Spoil, code: str, row: int | None
) -> None:
    found = examined(written(spoil(GOOD)))
    assert told(found)[0] == (code, row)
    assert found.slots == ()


def test_one_long_stratum_in_groups_by_arm_is_sorted_though_the_others_are_not() -> None:
    definition = trial(slots_per_stratum=36)
    good, stratum = renumbered([*GOOD, *GOOD]), GOOD[0][1:3]
    rest = [row for row in good if row[1:3] != stratum]
    spoilt = renumbered([*by(3)([row for row in good if row[1:3] == stratum]), *rest])
    assert told(examined(written(good), definition, rows=144)) == []
    assert told(examined(written(spoilt), definition, rows=144)) == [("sorted", None)]


def test_pairs_that_all_begin_with_the_same_arm_are_not_called_sorted() -> None:
    pairs = shipped("freireich-1963")
    rows = [[f"{pair:02}", arm] for pair in range(1, 22) for arm in ("6-MP", "control")]
    header = ["sequence", "pair", "arm"]
    good = [[str(number), *row] for number, row in enumerate(rows, start=1)]
    assert told(examined(written(good, header), pairs, rows=42)) == []
    turned = examined(written(good[::-1], header), pairs, rows=42)
    assert told(turned) == [("reordered", 1)]
    lost = examined(written(good[1:], header), pairs, rows=42)
    assert [code for code, _ in told(lost)] == ["truncated", "out-of-sequence", "wrong-length"]
    mixed = renumbered([good[1], good[0], *good[2:]])
    assert told(examined(written(mixed, header), pairs, rows=42)) == []
    assert told(examined(written(by(1, 2)(mixed), header), pairs, rows=42)) == [("sorted", None)]
    by_arm = examined(written(by(2)(good), header), pairs, rows=42)
    assert told(by_arm) == [("sorted", None)]


def test_a_run_as_long_as_allowed_passes_and_one_longer_is_named_once() -> None:
    rows = [row[:] for row in GOOD]
    own = [row for row in rows if row[1:3] == ["lt10", "lt24m"]]
    for row, arm in zip(own, "AAIIIIIIIIIIIIAAAA", strict=True):
        row[3] = "INO" if arm == "I" else "ALLR3"
    others = {"ALLR3": 18, "INO": 12}
    assert told(examined(written(rows), trial(longest_run=others))) == []
    assert told(examined(written(rows), trial(longest_run={"ALLR3": 18}))) == []
    found = told(examined(written(rows), trial(longest_run={**others, "INO": 11})))
    assert found == [("too-long-run", int(own[13][0]))]


def test_the_stated_hash_must_be_that_of_the_bytes() -> None:
    content = written(GOOD)
    digest = hashlib.sha256(content).hexdigest()
    assert examined(content, sha256=digest.upper()).faults == ()
    assert told(examined(written(GOOD, end="\r\n"), sha256=digest)) == [("wrong-hash", None)]


def test_the_stated_number_of_rows_must_be_that_of_the_file() -> None:
    assert told(examined(written(GOOD), rows=73)) == [("truncated", None)]
    assert told(examined(written(GOOD), rows=71)) == [("wrong-row-count", None)]


def test_all_faults_are_told_at_once_and_the_most_telling_first() -> None:
    rows = with_cell(4, 1, "x")([*GOOD[:10], *GOOD[9:]])
    assert told(examined(written(rows), sha256="0" * 64)) == [
        ("duplicate-row", 11), ("unknown-level", 4), ("wrong-row-count", None),
        ("wrong-hash", None),
    ]  # fmt: skip


def test_a_fault_in_every_row_does_not_hide_the_next_fault() -> None:
    rows = [[*row[:3], "X"] for row in GOOD[:-1]]
    codes = [code for code, _ in told(examined(written(rows)))]
    assert codes == ["truncated", *["unknown-arm"] * 10]


@pytest.mark.parametrize(
    ("header", "codes"),
    [
        (["sequence", "age_group", "first_remission"], ["missing-column"]),
        (["number", *HEADER[1:]], ["missing-column", "unknown-column"]),
        ([*HEADER, "name"], ["unknown-column"]),
        ([*HEADER, "arm"], ["unknown-column"]),
        (["sequence;age_group;first_remission;arm"], ["malformed-csv"]),
    ],
)
def test_the_columns_are_those_of_the_study(header: list[str], codes: list[str]) -> None:
    rows = [["1"] * len(header)]
    assert [code for code, _ in told(examined(written(rows, header)))] == codes


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "malformed-csv"),
        ("sequence,arm\n1,Köln\n".encode("latin-1"), "not-utf8"),
        (written(GOOD).decode().encode("utf-16"), "not-utf8"),
        (b"x" * 8_000_001, "too-large"),
        (b"\x00" * 300_000, "malformed-csv"),
    ],
)
def test_bytes_that_are_no_such_file_are_refused(content: bytes, code: str) -> None:
    assert told(examined(content))[0] == (code, None)


def test_a_study_that_generates_its_list_takes_no_file() -> None:
    blocks = shipped("NCT05748171")
    assert told(examined(written(GOOD), blocks)) == [("wrong-method", None)]


def test_no_fault_repeats_what_stands_in_a_cell() -> None:
    secret = "Dorothea-Gut"
    for column in range(4):
        for fault in examined(written(with_cell(3, column, secret)(GOOD))).faults:
            assert secret not in f"{fault.detail}{fault.column}{fault.code}"


ROWS = st.integers(0, len(GOOD) - 1)


@given(row=ROWS, column=st.integers(0, 3), cell=st.data())
@examples(4)
def test_a_file_with_any_one_cell_changed_is_refused(
    row: int, column: int, cell: st.DataObject
) -> None:
    others = sorted({each[column] for each in GOOD} - {GOOD[row][column]})
    new = cell.draw(st.sampled_from(others) | st.text(max_size=5))
    assume(new not in (GOOD[row][column], f'"{GOOD[row][column]}"'))
    content = written(with_cell(row + 1, column, new)(GOOD)) if _encodes(new) else b""
    assert examined(content).faults


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@given(first=ROWS, second=ROWS)
def test_a_file_with_any_two_rows_swapped_is_refused(first: int, second: int) -> None:
    assume(first != second)
    rows = list(GOOD)
    rows[first], rows[second] = rows[second], rows[first]
    found = told(examined(written(rows)))
    assert found == [("reordered", min(first, second) + 1)]


@given(row=ROWS)
def test_a_file_without_any_one_row_is_refused_whatever_number_of_rows_is_stated(row: int) -> None:
    rows = [*GOOD[:row], *GOOD[row + 1 :]]
    codes = {code for code, _ in told(examined(written(rows), rows=len(rows)))}
    assert "wrong-length" in codes
    assert ("out-of-sequence" in codes) == (row < len(GOOD) - 1)
    assert told(examined(written(renumbered(rows)), rows=len(rows))) == [("wrong-length", None)]


@given(row=ROWS, place=st.integers(0, len(GOOD)))
def test_a_file_with_any_row_twice_is_refused(row: int, place: int) -> None:
    rows = [*GOOD[:place], GOOD[row], *GOOD[place:]]
    codes = [code for code, _ in told(examined(written(rows), rows=len(rows)))]
    assert codes[0] == "duplicate-row"


def test_a_row_in_another_stratum_is_told_where_it_is_too_many_and_where_it_is_missing() -> None:
    rows = [list(row) for row in GOOD]
    moved = next(row for row in rows if row[1:3] == ["lt10", "lt24m"])
    moved[2] = "ge24m"
    found = examined(written(rows)).faults
    told_of = [(fault.code, fault.detail) for fault in found if fault.code.startswith("wrong-")]
    assert told_of == [
        (
            "wrong-stratum",
            "stratum age_group=lt10;first_remission=ge24m has more rows than planned",
        ),
        ("wrong-length", "stratum age_group=lt10;first_remission=lt24m is not complete"),
    ]
