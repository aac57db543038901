"""Section G of the report that a case makes: its drugs, and what is thought of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from services.safety.domain.as_told import stamp
from services.safety.domain.clinical import Administration, Concomitant
from services.safety.domain.concomitants import had_by, told_of
from services.safety.domain.icsr_case import CaseFile
from services.safety.domain.icsr_codes import action_codes, codes
from services.safety.domain.icsr_dosage import (
    coded_indication,
    measured,
    told_how,
    with_details,
)
from services.safety.domain.judged import plain
from services.safety.e2b.causality import Opinion, Party, assessment
from services.safety.e2b.identity import entity_id
from services.safety.e2b.model import Dosage, Drug, DrugNote, DrugReaction, Substance
from services.safety.e2b.rules.issues import Profile
from shared.study import StudyDefinition


def drugs(
    definition: StudyDefinition, case: CaseFile, identity: str, profile: Profile, created: datetime
) -> tuple[Drug, ...]:
    """The drugs of a case under the worldwide number ``identity``: suspect, then concomitant."""
    return (
        *(_suspect(definition, case, identity, each, profile) for each in case.report.products),
        *_concomitants(case, identity, created),
    )


def _concomitants(case: CaseFile, identity: str, created: datetime) -> Iterator[Drug]:
    seen: Counter[str] = Counter()
    recorded = had_by(case.medications, created.astimezone(UTC).date())
    for each in told_of(case.report.concomitants, recorded):
        name = plain(each.name)
        seen[name] += 1
        # By name and turn, so that a date that is learned later makes no other drug of it.
        found = Drug(
            entity=entity_id(identity, "concomitant", f"{name}\n{seen[name]}"),
            g_k_1=codes("fixed")["concomitant"],
            g_k_2_1_1a=None if each.product_code is None else each.product_code.version,
            g_k_2_1_1b=None if each.product_code is None else each.product_code.code,
            g_k_2_2=each.name,
            g_k_4_r=_taken(each),
            g_k_7_r=coded_indication(each.indication, each.coding),
        )
        yield with_details(found, each)


def _taken(drug: Concomitant) -> tuple[Dosage, ...]:
    found = replace(
        told_how(drug),
        **measured("g_k_4_r_1a", "g_k_4_r_1b", drug.amount),
        **measured("g_k_4_r_2", "g_k_4_r_3", drug.every),
        **measured("g_k_4_r_6a", "g_k_4_r_6b", drug.lasted),
        g_k_4_r_4=stamp(drug.started),
        g_k_4_r_5=stamp(drug.ended),
        g_k_4_r_8=drug.dose,
    )
    return () if found == Dosage() else (found,)


def _suspect(
    definition: StudyDefinition, case: CaseFile, identity: str, product: str, profile: Profile
) -> Drug:
    known = next(
        (each for arm in definition.arms for each in arm.products if each.code == product), None
    )
    how = next(
        (each for each in case.report.administrations if each.product == product),
        Administration(product),
    )
    name = product if known is None else known.name
    substances = () if known is None else known.substances
    found = Drug(
        entity=entity_id(identity, "drug", product),
        g_k_1=codes("fixed")["suspect"],
        g_k_2_2=name,
        g_k_8=action_codes().get(case.report.actions.get(product, "UNK")),
        g_k_2_3_r=tuple(Substance(each.name, each.version, each.code) for each in substances)
        or (Substance(name),),
        g_k_4_r=_given(case, how),
        g_k_7_r=coded_indication(how.indication, how.coding),
        g_k_9_i=tuple(
            DrugReaction(
                g_k_9_i_1=entity_id(identity, "reaction", event.number),
                g_k_9_i_4=_recurrence(case, event.number, product),
                g_k_9_i_2_r=_opinions(case, event.number, product, profile),
                **_latency(case, event.number, product),
            )
            for event in case.report.events
        ),
        g_k_10_r=tuple(DrugNote(codes("circumstance")[each]) for each in how.circumstances),
    )
    return with_details(found, how)


def _given(case: CaseFile, how: Administration) -> tuple[Dosage, ...]:
    """The doses on record with what is told of all of them. Of several batches it is not known
    which dose came from which: each stands for itself, and so does what is told without a dose."""
    way = told_how(how)
    one = how.batches[0] if len(how.batches) == 1 else None
    doses = tuple(
        replace(
            way,
            g_k_4_r_1a=dose.amount,
            g_k_4_r_1b=None if dose.amount is None else dose.unit,
            g_k_4_r_4=stamp(dose.on),
            g_k_4_r_5=stamp(dose.on),
            g_k_4_r_7=one,
        )
        for dose in case.given
        if dose.product == how.product
    )
    if not doses and not how.batches:
        return () if way == Dosage() else (way,)
    apart = () if doses and one is not None else how.batches
    return (*doses, *(replace(way, g_k_4_r_7=each) for each in apart))


def _latency(case: CaseFile, event: str, product: str) -> dict[str, str]:
    return {
        field: value
        for each in case.report.latencies
        if (each.event, each.product) == (event, product)
        for field, value in (
            *measured("g_k_9_i_3_1a", "g_k_9_i_3_1b", each.after_start).items(),
            *measured("g_k_9_i_3_2a", "g_k_9_i_3_2b", each.after_last_dose).items(),
        )
    }


def _recurrence(case: CaseFile, event: str, product: str) -> str | None:
    said = [
        each.outcome
        for each in case.report.recurrences
        if (each.event, each.product) == (event, product)
    ]
    return codes("recurrence").get(said[0]) if said else None


def _opinions(case: CaseFile, event: str, product: str, profile: Profile) -> tuple[Any, ...]:
    """The last word of each party; a party that has not spoken has no opinion."""
    said: dict[Party, bool] = {}
    for fact in case.facts:
        about = fact.value
        if fact.kind == "causality" and (about["event"], about["product"]) == (event, product):
            said[Party(about["party"])] = about["related"]
    return tuple(
        assessment(Opinion(party, suspected=said[party]), profile)
        for party in (Party.SPONSOR, Party.INVESTIGATOR)
        if party in said
    )
