"""How a study randomizes, as a page made from its configuration.

It holds nothing that would help to guess a next allocation: no size that lists are drawn with, no
count by arm, nothing of what is left on a list.
"""

from services.randomization.documents import words
from services.randomization.documents.facts import AssumedValue, Cap, Factor, SpecificationFacts
from services.randomization.documents.markup import Content, Markup, datum, element
from services.randomization.documents.page import (
    Column,
    Frame,
    document,
    fact_list,
    identifier,
    key_facts,
    section,
    table,
)

_FOOT = (
    "Made from the configuration in force; whoever changes the one changes the other. The "
    "parameters that lists are drawn with are withheld until the database is locked. The manifest "
    "of each list fixes them by a salted hash."
)
_WITHHELD = "Withheld until the database is locked"


def specification_html(facts: SpecificationFacts) -> str:
    """The page."""
    frame = Frame(
        study=facts.study,
        title=facts.title,
        mode=facts.mode,
        name="Randomization specification",
        subtitle=f"In force on {words.universal_time(facts.as_of)}",
        tab="Randomization specification",
    )
    body = (
        key_facts(
            (
                ("Definition", datum(facts.definition_version), None),
                ("Mode", words.MODES[facts.mode], None),
                ("Study", datum(facts.state), None),
                ("Ratio", ":".join(str(arm.ratio) for arm in facts.arms), _arm_codes(facts)),
            )
        ),
        section("Method", (element("p", datum(text)) for text in facts.method)),
        section("Arms", _arms(facts)),
        section("Stratification", _factors(facts.factors)),
        section("Caps", _caps(facts.caps)),
        section("Rules", _rules(facts)),
        section("Who may do what", _roles(facts)),
        section("Lists", _lists(facts)),
        section("Versions", _versions(facts)),
        section("Assumed values", _assumed(facts.assumed)),
    )
    return document(frame, body, _FOOT)


def _arm_codes(facts: SpecificationFacts) -> Markup:
    return datum(" : ".join(arm.code for arm in facts.arms))


def _arms(facts: SpecificationFacts) -> Markup:
    columns = (Column("Arm"), Column("Name", wide=True), Column("Share", number=True))
    rows = [(identifier(arm.code), datum(arm.name), arm.ratio) for arm in facts.arms]
    return table("Arms", columns, rows)


def _factors(factors: tuple[Factor, ...]) -> Content:
    if not factors:
        return element("p", "The allocation is not stratified.")
    columns = (Column("Level"), Column("Meaning", wide=True), Column("Follows from", wide=True))
    return [
        (
            element("h3", datum(factor.label), " ", identifier(factor.code)),
            table(
                factor.label,
                columns,
                [
                    (
                        identifier(level.code),
                        datum(level.label),
                        datum(level.derivation or "Stated in the request"),
                    )
                    for level in factor.levels
                ],
            ),
        )
        for factor in factors
    ]


def _caps(caps: tuple[Cap, ...]) -> Markup:
    columns = (
        Column("Counts"), Column("Which", wide=True), Column("At most", number=True),
        Column("Alerts at", number=True), Column("Made in error"),
    )  # fmt: skip
    rows = [
        (
            cap.scope,
            datum(cap.target or ("all" if cap.scope == "study" else "each")),
            cap.limit,
            ", ".join(f"{percent} %" for percent in cap.alert_percents) or words.DASH,
            "counted" if cap.counts_in_error else "not counted",
        )
        for cap in caps
    ]
    return table("Caps", columns, rows)


def _rules(facts: SpecificationFacts) -> Markup:
    return fact_list(
        [
            ("Replacement", datum(facts.replacement)),
            ("Forced allocation", datum(facts.forced)),
            ("Outage", datum(facts.downtime)),
        ]
    )


def _roles(facts: SpecificationFacts) -> Markup:
    rows = [
        (datum(rights.role), element("ul", (element("li", datum(act)) for act in rights.may)))
        for rights in facts.roles
    ]
    return table("Who may do what", (Column("Role"), Column("May", wide=True)), rows)


def _lists(facts: SpecificationFacts) -> Markup:
    columns = (
        Column("List"), Column("State"), Column("Merkle root", wide=True),
        Column("Manifest SHA-256", wide=True),
    )  # fmt: skip
    rows = [
        (identifier(of.list_id), of.state, identifier(of.root), identifier(of.manifest_sha256))
        for of in facts.lists
    ]
    return table("Lists", columns, rows)


def _versions(facts: SpecificationFacts) -> Markup:
    return fact_list(
        [
            ("Study definition", identifier(facts.definition_version)),
            ("SHA-256 of the definition", identifier(facts.definition_sha256)),
            ("Algorithm", identifier(facts.algorithm_version)),
            ("Database schema", identifier(facts.schema_version)),
        ]
    )


def _assumed(values: tuple[AssumedValue, ...]) -> Content:
    columns = (Column("Where", wide=True), Column("Value", wide=True), Column("Why", wide=True))
    rows: list[tuple[Content, Content, Content]] = [
        (identifier(value.path), _WITHHELD, words.DASH)
        if value.withheld
        else (identifier(value.path), identifier(value.value), datum(value.note))
        for value in values
    ]
    lead = "Chosen because the trial's public record is silent; to be replaced by its protocol."
    return (element("p", lead) if rows else None, table("Assumed values", columns, rows))
