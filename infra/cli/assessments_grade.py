"""``induct assessments grade``: a laboratory value graded by CTCAE v4.03, with the way there."""

import json
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from infra.cli.console import Refused, say
from services.assessments.domain.packs.ctcae.grading import LabFacts, LabGrader
from services.assessments.domain.packs.ctcae.table import GradeTable, LabTerm
from services.assessments.domain.packs.ranges import SEXES, Range, ReferenceRanges, Sex
from services.assessments.domain.packs.result import Result, explain, to_json
from services.assessments.domain.packs.units import Quantity, UnitFault, UnitSystem
from shared.rules.loading import PackError, load_pack, pack_from_text
from shared.rules.terms import TermList

MOST_YEARS = 120


class Lookup(NamedTuple):
    """Where to look for limits of normal that were not typed."""

    ranges: Path | None
    laboratory: str | None
    sex: Sex | None
    age: Decimal | None
    on: date | None


def grade(
    term: Annotated[str, typer.Option(help="A term such as 'Anemia', or ANC, ALT, INR.")],
    value: Annotated[str, typer.Option(help="As reported: 0.49, '<5', '>90'.")],
    unit: Annotated[str, typer.Option(help="As reported: g/dL, 10*9/L, K/uL.")],
    sex: Annotated[str | None, typer.Option(help="F or M, to find the range in --ranges.")] = None,
    age: Annotated[
        str | None, typer.Option(help="Years, such as 7.5, to find the range in --ranges.")
    ] = None,
    lln: Annotated[str | None, typer.Option(help="Lower limit of normal.")] = None,
    uln: Annotated[str | None, typer.Option(help="Upper limit of normal.")] = None,
    baseline: Annotated[str | None, typer.Option(help="Value before treatment.")] = None,
    limits_unit: Annotated[
        str | None, typer.Option(help="Unit of the limits of normal, where not --unit.")
    ] = None,
    baseline_unit: Annotated[
        str | None, typer.Option(help="Unit of the baseline, where not --unit.")
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option(help="A circumstance that holds: on_anticoagulation, ...")
    ] = None,
    not_given: Annotated[
        list[str] | None, typer.Option(help="A circumstance that does not hold.")
    ] = None,
    ranges: Annotated[
        Path | None, typer.Option(help="File of a laboratory's ranges (TOML), for --lln, --uln.")
    ] = None,
    laboratory: Annotated[str | None, typer.Option(help="Which laboratory of --ranges.")] = None,
    on: Annotated[str | None, typer.Option(help="Day of the sample, for --ranges.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")] = False,
) -> None:
    """Grade a laboratory value by CTCAE v4.03 and tell every cut-point that was tried.

    Where a limit of normal or a baseline is needed and not known, the answer is NE, not grade 0.
    Sex and age matter only through the limits of normal. The grade is a proposal: an adverse
    event's grade is the investigator's.
    """
    units = UnitSystem.of(load_pack("units"))
    grader = LabGrader(load_pack("ctcae403"), units)
    found = _term(grader.table, term)
    lookup = Lookup(ranges, laboratory, _sex(sex), _age(age), _day(on))
    limits = _looked_up(lookup, found, units)

    def measured(text: str | None, its_unit: str | None) -> Quantity | None:
        return None if text is None else _measured(units, found, text, its_unit or unit)

    facts = LabFacts(
        _measured(units, found, value, unit),
        measured(lln, limits_unit) or (limits.low if limits else None),
        measured(uln, limits_unit) or (limits.high if limits else None),
        measured(baseline, baseline_unit),
        _circumstances(grader.table, given or [], not_given or []),
    )
    result = grader.grade(found.id, facts)
    if as_json:
        say(json.dumps(_document(found, facts, lookup, result), indent=2, ensure_ascii=False))
    else:
        say(_words(found, facts, result))


def _term(table: GradeTable, name: str) -> LabTerm:
    try:
        return table.find(name)
    except KeyError:
        pass
    terms = TermList(load_pack("ctcae403_terms"))
    known = terms.find(name)
    if known is not None:
        grades = ", ".join(map(str, known.grades))
        raise Refused(f"CTCAE v4.03 grades {known.name} by no number; its grades are {grades}.")
    # An analyte has a term for too much and one for too little: its name alone says neither.
    of_analyte = [
        each.name for each in table.terms.values() if each.analyte == name.strip().casefold()
    ]
    near = of_analyte or get_close_matches(
        name, [each.name for each in table.terms.values()], 3, 0.5
    )
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise Refused(f"term_unknown: CTCAE v4.03 has no term {name}.{hint}")


def _measured(units: UnitSystem, term: LabTerm, text: str, unit: str) -> Quantity:
    try:
        return units.measure(term.analyte, text, unit)
    except UnitFault as fault:
        raise Refused(f"{fault.code}: {fault}.") from None
    except ValueError as fault:
        raise Refused(f"{text}: {fault}.") from None


def _circumstances(table: GradeTable, given: list[str], not_given: list[str]) -> dict[str, bool]:
    stated = dict.fromkeys(given, True) | dict.fromkeys(not_given, False)
    unknown = sorted(set(stated) - set(table.assumptions))
    if unknown:
        known = ", ".join(sorted(table.assumptions))
        raise Refused(f"No grade depends on {unknown[0]}; known are {known}.")
    both = sorted(set(given) & set(not_given))
    if both:
        raise Refused(f"{both[0]} cannot hold and not hold.")
    return stated


def _sex(text: str | None) -> Sex | None:
    if text is None:
        return None
    for sex in SEXES:
        if text.strip().upper() == sex:
            return sex
    raise Refused("--sex is F or M.")


def _age(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        age = Decimal(text)
    except InvalidOperation:
        age = Decimal(-1)
    if not age.is_finite() or not 0 <= age < MOST_YEARS:
        raise Refused("--age is a number of years, such as 7.5.")
    return age


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise Refused("--on is a date, such as 2024-02-25.") from None


def _looked_up(lookup: Lookup, term: LabTerm, units: UnitSystem) -> Range | None:
    if lookup.ranges is None:
        return None
    where = (lookup.laboratory, lookup.sex, lookup.age, lookup.on)
    laboratory, sex, age, on = where
    if laboratory is None or sex is None or age is None or on is None:
        raise Refused("A range is found by --laboratory, --sex, --age and --on: give all four.")
    try:
        text = lookup.ranges.read_text("utf-8")
        known = ReferenceRanges(pack_from_text(text, lookup.ranges.name), units)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The ranges cannot be read: {error}.") from None
    except PackError as error:
        raise Refused(str(error)) from None
    except KeyError:
        raise Refused("The file of the ranges has no table `ranges`.") from None
    return known.find(term.analyte, laboratory, sex, age, on)


def _document(term: LabTerm, facts: LabFacts, lookup: Lookup, result: Result) -> dict[str, object]:
    exists = TermList(load_pack("ctcae403_terms")).find(term.ctcae)
    return {
        "term": term.name,
        "ctcae_term": term.ctcae,
        "organ_class": exists.organ_class if exists else None,
        "grades_of_term": list(exists.grades) if exists else [],
        "grade": None if result.value is None else int(str(result.value)),
        "value": _quantity(facts.value),
        "lln": _quantity(facts.lln),
        "uln": _quantity(facts.uln),
        "baseline": _quantity(facts.baseline),
        "sex": lookup.sex,
        "age": None if lookup.age is None else format(lookup.age, "f"),
        "result": to_json(result),
    }


def _quantity(quantity: Quantity | None) -> dict[str, str] | None:
    if quantity is None:
        return None
    return {
        "text": quantity.text,
        "unit": quantity.unit_text,
        "canonical": str(quantity.canonical),
        "canonical_unit": quantity.canonical_unit,
    }


def _words(term: LabTerm, facts: LabFacts, result: Result) -> str:
    value = facts.value
    shown = f"grade {result.value}" if result.value is not None else f"NE ({result.reason})"
    return (
        f"{term.name}, {value.text} {value.unit_text}: {shown}\n"
        f"The investigator's grade stands; this one is read from the number alone.\n\n"
        f"{explain(result)}"
    )
