"""A broken definition is explained by exactly the faults it has, each at its line and path."""

from pathlib import Path

import pytest

from shared.study.faults import DefinitionError, Fault
from shared.study.loading import load_text, validate_file, validate_text
from tests.shared.study.mutations import MUTATIONS


@pytest.fixture(scope="session")
def text(shipped: dict[str, Path]) -> str:
    return shipped["NCT05748171"].read_text("utf-8")


def broken(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{text.count(old)} places for {old!r}"
    return text.replace(old, new)


def place(text: str, marked: str) -> tuple[int, int]:
    assert text.count(marked) == 1, f"{text.count(marked)} places for {marked!r}"
    before = text[: text.index(marked)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_each_mutation_gives_exactly_its_fault_at_its_place(text: str, name: str) -> None:
    mutation = MUTATIONS[name]
    mutated = broken(text, mutation.old, mutation.new)
    line, column = place(mutated, mutation.marked)
    assert validate_text(mutated) == [Fault(line, column, mutation.path, mutation.message)]


def test_anchors_that_depend_on_each_other_are_named_in_order(text: str) -> None:
    mutated = broken(text, "anchors: [new_therapy]\n", "anchors: [new_therapy, eot]\n")
    (fault,) = validate_text(mutated)
    assert fault.path == "anchors[7]"
    assert fault.message == (
        "anchors depend on each other: day_before_new_therapy -> eot -> day_before_new_therapy"
    )


def test_a_misspelt_field_is_recognized(text: str) -> None:
    mutated = broken(text, '  phase: "2"\n', '  fase: "2"\n')
    assert [(fault.path, fault.message) for fault in validate_text(mutated)] == [
        ("identity.phase", "the field phase is missing"),
        ("identity.fase", "unknown field fase; did you mean phase?"),
    ]


def test_all_faults_are_reported_at_once_in_order_of_lines(text: str) -> None:
    chosen = [
        "wrong_type", "block_size_does_not_hold_the_ratio", "unknown_reference_arm",
        "unknown_predicate_item", "unknown_visit", "unknown_event_source", "float_threshold",
        "unknown_time_zone",
    ]  # fmt: skip
    mutated = text
    for name in chosen:
        mutated = broken(mutated, MUTATIONS[name].old, MUTATIONS[name].new)
    faults = validate_text(mutated)
    assert {fault.path for fault in faults} == {MUTATIONS[name].path for name in chosen}
    assert len(faults) == len(chosen)
    assert faults == sorted(faults)


def test_a_fault_within_an_entry_hides_no_other_reference_of_that_entry(text: str) -> None:
    mutated = broken(
        text,
        "    horizon: {anchor: eot, years: 5}\n",
        "    horizon: {anchor: end, years: 5}\n    colour: red\n",
    )
    assert {fault.path for fault in validate_text(mutated)} == {
        "endpoints[4].horizon.anchor",
        "endpoints[4].colour",
    }


def test_a_fault_within_a_section_hides_no_other_fault_of_that_section(text: str) -> None:
    mutated = text
    for old, new in (
        ("boolean}\n    - {id: ast,", "bool}\n    - {id: ast,"),
        ("predicate: {item: marrow_blasts, op: ge, value: 5}",
         "predicate: {item: marrow_blast, op: ge, value: 5}"),
        ("    - id: ELIG-11\n", "    - id: rule 11\n"),
        ("      hours: 24\n", "      hours: day\n"),
        ("    - {code: disability, label: Persistent or significant disability, item: disability,",
         "    - {code: disability, label: Persistent or significant disability, item: disabled,"),
        ("{id: transplant_date, label: Date of transplantation, type: date,",
         "{id: transplant_date, label: Date of transplantation, type: day,"),
        ("select: {form: hsct, date: transplant_date, on_or_after: first_dose}",
         "select: {form: hsct, date: donor, on_or_after: first_dose}"),
    ):  # fmt: skip
        mutated = broken(mutated, old, new)
    assert {fault.path for fault in validate_text(mutated)} == {
        "eligibility.items[14].type",
        "eligibility.rules[4].predicate.item",
        "eligibility.rules[10].id",
        "safety.clocks[0].hours",
        "safety.seriousness[3].item",
        "forms[10].items[0].type",
        "event_sources[11].select.date",
    }


@pytest.mark.parametrize(
    "section", ["identity", "arms", "randomization", "eligibility", "forms", "anchors", "analysis"]
)
@pytest.mark.parametrize("junk", ["5", "[]", "{}", "text", "[null, 5, [x]]", "", "{x: [1]}"])
def test_a_section_of_the_wrong_shape_is_a_fault_and_never_an_error(
    text: str, section: str, junk: str
) -> None:
    lines = text.splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if line.startswith(f"{section}:"))
    end = next(n for n in range(start + 1, len(lines)) if lines[n][0] not in (" ", "\n", "#"))
    faults = validate_text("".join([*lines[:start], f"{section}: {junk}\n", *lines[end:]]))
    assert faults


def test_an_entry_that_cannot_be_read_is_still_known_by_its_id(text: str) -> None:
    mutated = broken(text, "    kind: earliest\n", "    kind: first_of\n")
    assert [fault.path for fault in validate_text(mutated)] == ["anchors[8].kind"]


def test_text_that_is_no_yaml_is_explained_by_line() -> None:
    (fault,) = validate_text("format: 1\nidentity: [1,\narms: }\n")
    assert (fault.line, fault.path) == (3, "")
    assert fault.message.startswith("not valid YAML: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("- 1\n", "a definition is a mapping of sections"),
        ("format: 1\n---\nformat: 1\n", "a file holds one document"),
        ("format: \x00\n", "not valid YAML"),
        ("[" * 50 + "]" * 50, "nested deeper than 40 levels"),
        ("? [a]\n: 1\n", "a key is plain text"),
        ("x" * 1_000_001, "the file is longer than 1000000 characters"),
    ],
)
def test_a_file_that_holds_no_definition_has_one_fault(content: str, message: str) -> None:
    (fault,) = validate_text(content)
    assert message in fault.message


def test_an_alias_bomb_is_refused_without_being_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    faults = validate_text("\n".join(lines))
    assert any("aliases are refused" in fault.message for fault in faults)


def test_a_file_that_is_not_utf8_has_one_fault(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("title: Kinderkrebsregister Köln".encode("latin-1"))
    assert [fault.message for fault in validate_file(path)] == ["the file is not UTF-8 text"]


def test_loading_a_broken_definition_raises_every_fault_in_words(text: str) -> None:
    mutated = broken(text, "reference_arm: ALLR3", "reference_arm: ALLR4")
    with pytest.raises(
        DefinitionError, match=r"draft.yaml: 1 fault\nline \d+, column 16: "
    ) as info:
        load_text(mutated, "draft.yaml")
    assert info.value.faults == tuple(validate_text(mutated))
