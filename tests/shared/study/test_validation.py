"""A broken definition is explained by exactly the faults it has, each at its line and path."""

from pathlib import Path
from typing import NamedTuple

import pytest

from shared.study.faults import DefinitionError, Fault
from shared.study.loading import load_text, validate_file, validate_text


class Mutation(NamedTuple):
    """Text of the shipped definition, what replaces it, and the one fault that must result."""

    old: str
    new: str
    path: str
    message: str
    marked: str
    """Text at whose first character (after the change) the fault is reported."""


MUTATIONS = {
    "unknown_field": Mutation(
        "  planned_subjects: 100\n",
        "  planned_subjects: 100\n  planed_sites: 60\n",
        "identity.planed_sites",
        "unknown field planed_sites; did you mean planned_subjects?",
        "planed_sites: 60",
    ),
    "wrong_type": Mutation(
        "planned_subjects: 100",
        'planned_subjects: "100"',
        "identity.planned_subjects",
        "must be a valid integer",
        '"100"',
    ),
    "duplicate_key": Mutation(
        '  phase: "2"\n',
        '  phase: "2"\n  phase: "3"\n',
        "identity.phase",
        "the key phase appears twice",
        'phase: "3"',
    ),
    "float_threshold": Mutation(
        'value: "0.0001"\n    unit: "1"\n    comparator: lt',
        'value: 0.0001\n    unit: "1"\n    comparator: lt',
        "thresholds[0].value",
        'a number that is no plain integer is written in quotes: "0.0001"',
        '0.0001\n    unit: "1"\n    comparator: lt',
    ),
    "not_a_number": Mutation(
        "cycle_days, label: Length of a cycle, value: 28",
        "cycle_days, label: Length of a cycle, value: .nan",
        "thresholds[2].value",
        'a number that is no plain integer is written in quotes: ".nan"',
        ".nan",
    ),
    "infinity_in_quotes": Mutation(
        "cycle_days, label: Length of a cycle, value: 28",
        'cycle_days, label: Length of a cycle, value: "Infinity"',
        "thresholds[2].value",
        'must be an integer or a decimal number written as text, such as "0.0001"',
        '"Infinity"',
    ),
    "yaml_reads_a_code_as_boolean": Mutation(
        "codes: [CNS1, CNS2, CNS3, UNK]",
        "codes: [CNS1, CNS2, CNS3, NO]",
        "forms[2].items[11].codes[3]",
        'YAML does not read this word as text; write it in quotes: "NO"',
        "NO]}",
    ),
    "block_size_does_not_hold_the_ratio": Mutation(
        "block_sizes: [3, 6, 9]",
        "block_sizes: [3, 4, 9]",
        "randomization.scheme.block_sizes[1]",
        "a block of 4 cannot hold the ratio: it is no multiple of 3",
        "4, 9]",
    ),
    "level_pattern": Mutation(
        "- code: lt24m",
        "- code: LT24M",
        "randomization.strata[1].levels[0].code",
        "must match ^[a-z0-9_.-]{1,40}$",
        "LT24M",
    ),
    "unknown_reference_arm": Mutation(
        "reference_arm: ALLR3",
        "reference_arm: ALLR4",
        "reference_arm",
        "ALLR4 is not one of the arms; did you mean ALLR3?",
        "ALLR4",
    ),
    "unknown_event_source": Mutation(
        "    events: [death]\n    censoring: [last_known_alive]\n    tests: [logrank_stratified, "
        "logrank]\n    source: record",
        "    events: [deth]\n    censoring: [last_known_alive]\n    tests: [logrank_stratified, "
        "logrank]\n    source: record",
        "endpoints[6].events[0]",
        "deth is not one of the event_sources; did you mean death?",
        "deth",
    ),
    "unknown_form": Mutation(
        "select: {form: second_malignancy,",
        "select: {form: second_cancer,",
        "event_sources[6].select.form",
        "second_cancer is not one of the forms; did you mean second_malignancy?",
        "second_cancer,",
    ),
    "unknown_date_item": Mutation(
        "date: diagnosis_date, on_or_after: randomization}",
        "date: diagnosed_on, on_or_after: randomization}",
        "event_sources[6].select.date",
        "unknown item diagnosed_on; did you mean diagnosis?",
        "diagnosed_on",
    ),
    "unknown_population": Mutation(
        "populations: [ITT, RESP, MRDEVAL]",
        "populations: [ITT, RESP, FAS]",
        "endpoints[0].populations[2]",
        "FAS is not one of the populations",
        "FAS]",
    ),
    "unknown_visit": Mutation(
        "    visits: [SCR, C1D15, C1D28]",
        "    visits: [SCR, C1D14, C1D28]",
        "forms[5].visits[1]",
        "C1D14 is not one of the visits; did you mean C1D1?",
        "C1D14",
    ),
    "unknown_horizon_anchor": Mutation(
        "horizon: {anchor: eot, years: 5}",
        "horizon: {anchor: end_of_treatment, years: 5}",
        "endpoints[4].horizon.anchor",
        "end_of_treatment is not one of the anchors",
        "end_of_treatment, years",
    ),
    "unknown_predicate_item": Mutation(
        "predicate: {item: cd22_positive, op: eq",
        "predicate: {item: cd20_positive, op: eq",
        "eligibility.rules[5].predicate.item",
        "unknown item cd20_positive; did you mean cd22_positive?",
        "cd20_positive",
    ),
    "unknown_item_deep_in_a_predicate": Mutation(
        "- {item: bilirubin, op: le, value_from: bilirubin_uln",
        "- {item: bilirubin, op: le, value_from: bilirubin_limit",
        "eligibility.rules[7].predicate.any[1].value_from",
        "unknown item bilirubin_limit; did you mean bilirubin_uln?",
        "bilirubin_limit",
    ),
    "code_outside_the_code_list": Mutation(
        "op: in, value: [CR, CRp, CRi]}",
        "op: in, value: [CR, CRq, CRi]}",
        "anchors[9].select.where.value[1]",
        "CRq is not a code of response; did you mean CR?",
        "CRq",
    ),
    "operator_does_not_fit_the_item": Mutation(
        "predicate: {item: cd22_positive, op: eq, value: true}",
        'predicate: {item: cd22_positive, op: ge, value: "1"}',
        "eligibility.rules[5].predicate.op",
        "ge needs a number, cd22_positive is none",
        'ge, value: "1"',
    ),
    "comparison_without_a_right_hand_side": Mutation(
        "predicate: {item: marrow_blasts, op: ge, value: 5}",
        "predicate: {item: marrow_blasts, op: ge}",
        "eligibility.rules[4].predicate",
        "ge needs exactly one of value and value_from",
        "{item: marrow_blasts, op: ge}",
    ),
    "unknown_threshold": Mutation(
        "- {item: sensitivity, op: meets, threshold: mrd_sensitivity}",
        "- {item: sensitivity, op: meets, threshold: sensitivity}",
        "forms[7].reflex.evaluable.all[1].any[1].all[1].threshold",
        "sensitivity is not one of the thresholds; did you mean mrd_sensitivity?",
        "sensitivity}\n              - all",
    ),
    "parameter_code_too_long": Mutation(
        "  - paramcd: PKTROUGH\n",
        "  - paramcd: INOTROUGH\n",
        "endpoints[11].paramcd",
        "must match ^[A-Z][A-Z0-9]{0,7}$",
        "INOTROUGH",
    ),
    "parameter_code_twice": Mutation(
        "  - paramcd: CART\n",
        "  - paramcd: HSCT\n",
        "endpoints[12].paramcd",
        "HSCT is used twice",
        "HSCT\n    kind: proportion\n    outcome: S9",
    ),
    "duplicate_item": Mutation(
        "{id: diagnosis, label: Diagnosis,",
        "{id: diagnosis_date, label: Diagnosis,",
        "forms[13].items[1].id",
        "diagnosis_date is used twice",
        "diagnosis_date, label: Diagnosis,",
    ),
    "outcome_without_endpoint": Mutation(
        "    outcome: S9\n",
        "    outcome: S3\n",
        "outcomes[9].row",
        "no endpoint computes outcome S9",
        "S9, name: Rate of CAR",
    ),
    "no_study_day_zero": Mutation(
        "anchor: day1, day: 1,",
        "anchor: day1, day: 0,",
        "visits[1].day",
        "there is no study day 0: the day before day 1 is day -1",
        "0, source: {kind: assumed, note: Visit schedule not public}}\n  - {id: C1D8",
    ),
    "item_that_names_a_person": Mutation(
        "{id: sex, label: Sex, type: code,",
        "{id: sex, label: Sex, identifier: true, type: code,",
        "forms[1].items[1].identifier",
        "a form holds no item that names a person; the subject id is enough",
        "true, type: code",
    ),
    "unknown_time_zone": Mutation(
        "receiver_time_zone: Europe/Paris",
        "receiver_time_zone: Europe/Pariss",
        "safety.receiver_time_zone",
        "is no IANA time zone",
        "Europe/Pariss",
    ),
    "unknown_kind_of_endpoint": Mutation(
        "  - paramcd: DOR\n    kind: time_to_event",
        "  - paramcd: DOR\n    kind: survival",
        "endpoints[4].kind",
        "must be one of 'time_to_event', 'proportion', 'adverse_events', 'concentration'",
        "survival\n    outcome: S2",
    ),
    "missing_source": Mutation(
        '    comparator: lt\n    source: {kind: assumed, note: "The record names no limit: strictly'
        ' below 0.01 %, so that 0.01 % itself is positive"}\n',
        "    comparator: lt\n",
        "thresholds[0].source",
        "the field source is missing",
        "id: mrd_negative\n    label: MRD negative",
    ),
    "unknown_source": Mutation(
        "    eu_ct: 2023-509810-13-00\n    source: record",
        "    eu_ct: 2023-509810-13-00\n    source: rumour",
        "identity.identifiers.source",
        "must be 'record', 'listing', 'guideline', 'regulation', 'publication', 'convention' "
        "or 'assumed'",
        "rumour",
    ),
    "tag_that_would_construct_an_object": Mutation(
        "  title: Inotuzumab",
        "  title: !!python/object/apply:os.system Inotuzumab",
        "identity.title",
        "YAML tags are refused",
        "!!python",
    ),
    "yaml_anchor": Mutation(
        '  phase: "2"',
        '  phase: &two "2"',
        "identity.phase",
        "YAML anchors and aliases are refused",
        "&two",
    ),
}


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
        ("      days: 7\n      authority: EU\n", "      days: seven\n      authority: EU\n"),
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
        "safety.clocks[1].days",
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
