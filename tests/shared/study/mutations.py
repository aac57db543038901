"""Ways to break the definition of NCT05748171, each with the one fault that it must give."""

from typing import NamedTuple


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
        "logrank, peto_peto]\n    source: record",
        "    events: [deth]\n    censoring: [last_known_alive]\n    tests: [logrank_stratified, "
        "logrank, peto_peto]\n    source: record",
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
    "arm_received_by_an_item_that_is_not_there": Mutation(
        "received: {anchor: first_dose, product: product,",
        "received: {anchor: first_dose, product: drug,",
        "analysis.received.product",
        "unknown item drug",
        "drug,",
    ),
    "arm_received_by_an_anchor_that_no_record_dates": Mutation(
        "received: {anchor: first_dose, product: product,",
        "received: {anchor: day1, product: product,",
        "analysis.received.anchor",
        "day1 is not dated by a record",
        "day1, product: product,",
    ),
    "product_of_two_arms": Mutation(
        "      - {code: DEX, name: Dexamethasone,",
        "      - {code: INO, name: Inotuzumab, source: record}\n"
        "      - {code: DEX, name: Dexamethasone,",
        "analysis.received.product",
        "INO is a product of 2 arms; it must be of one",
        "product, source: convention}",
    ),
    "withdrawal_form_that_does_not_exist": Mutation(
        "    form: withdrawal\n",
        "    form: withdrawn\n",
        "randomization.withdrawn_when.form",
        "withdrawn is not one of the forms; did you mean withdrawal?",
        "withdrawn\n    source",
    ),
    "withdrawal_by_an_item_of_another_form": Mutation(
        "    form: withdrawal\n",
        "    form: withdrawal\n    where: {item: status, op: eq, value: GONE}\n",
        "randomization.withdrawn_when.where.item",
        "unknown item status",
        "status, op: eq, value: GONE}",
    ),
    "end_of_collection_by_an_item_of_another_form": Mutation(
        "  where: {item: scope, op: eq, value: STUDY}\n",
        "  where: {item: status, op: eq, value: STUDY}\n",
        "collection_ends.where.item",
        "unknown item status",
        "status, op: eq, value: STUDY}",
    ),
    "end_of_collection_but_for_a_form_that_does_not_exist": Mutation(
        "collection_ends:\n  form: withdrawal\n",
        "collection_ends:\n  form: withdrawal\n  except_forms: [survival]\n",
        "collection_ends.except_forms[0]",
        "survival is not one of the forms; did you mean survival_status?",
        "survival]",
    ),
    "exit_whose_reason_is_no_item_of_its_form": Mutation(
        "      reason: reason\n      ends_follow_up: true\n",
        "      reason: whatfor\n      ends_follow_up: true\n",
        "disposition.exits[1].reason",
        "unknown item whatfor",
        "whatfor",
    ),
    "exit_by_an_item_of_another_form": Mutation(
        "where: {item: scope, op: eq, value: TREATMENT}}\n",
        "where: {item: status, op: eq, value: TREATMENT}}\n",
        "disposition.exits[0].select.where.item",
        "unknown item status",
        "status, op: eq, value: TREATMENT}}",
    ),
    "mark_of_a_course_that_is_nowhere": Mutation(
        "{label: Relapse, event: relapse}",
        "{label: Relapse, event: relapsed}",
        "disposition.course.marks[4].event",
        "relapsed is not one of the event_sources; did you mean relapse?",
        "relapsed}",
    ),
    "mark_of_a_course_without_a_date": Mutation(
        "{label: Relapse, event: relapse}",
        "{label: Relapse}",
        "disposition.course.marks[4]",
        "needs exactly one of anchor and event",
        "{label: Relapse}",
    ),
    "item_of_the_gate_in_another_unit": Mutation(
        'label: Marrow blasts at relapse, type: decimal, unit: "%"',
        'label: Marrow blasts at relapse, type: decimal, unit: "1"',
        "forms[2].items[3]",
        "marrow_blasts is an item of the gate too, of another type or unit",
        "{id: marrow_blasts, label: Marrow blasts at relapse",
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
