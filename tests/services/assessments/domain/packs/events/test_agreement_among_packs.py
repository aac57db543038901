"""What the pack `events` counts from is what the packs eot, response and mrd derive."""

import random
from datetime import date

from services.assessments.domain.packs import disease
from services.assessments.domain.packs.events.milestones import milestones
from services.assessments.domain.packs.events.occurrences import Subject, occurrence
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.result import Result
from shared.rules.loading import load_pack
from tests.services.assessments.domain.packs.events.courses import (
    EVENTS,
    MRD,
    Entry,
    dose,
    facts,
    hsct,
    mrd,
    recovery,
    response,
    therapy,
)

PACKS = {name: load_pack(name) for name in disease.PACKS}
SEEDS = range(60)


def _facts(seed: int) -> SubjectFacts:
    draw = random.Random(seed)
    entries: list[Entry] = [dose(draw.randint(1, 3))]
    if draw.random() < 0.8:
        entries.append(recovery(draw.randint(24, 32)))
    if draw.random() < 0.6:
        entries.append(therapy(draw.randint(18, 45)))
    entries += [
        response(draw.randint(15, 35), draw.choice(("CR", "CRi", "SD", "PD", "NE")))
        for _ in range(draw.randint(1, 2))
    ]
    entries += [
        mrd(draw.randint(20, 80), draw.choice(("0.00005", "0.0001", "0.02")), sample=f"s{number}")
        for number in range(draw.randint(0, 3))
    ]
    if draw.random() < 0.7:
        entries.append(hsct(draw.randint(50, 120)))
    return facts(*entries)


def _derived(found: SubjectFacts) -> dict[str, Result]:
    return {each.derivation: each for each in disease.disease_results(found, PACKS)}


def test_end_of_treatment_is_that_of_the_pack_eot() -> None:
    for seed in SEEDS:
        found = _facts(seed)
        ours = milestones(found, EVENTS).eot
        theirs = _derived(found)["eot"].value
        assert (ours.span.exact if ours.exists else None) == theirs, f"seed {seed}"


def test_first_response_is_that_of_the_investigator_in_the_pack_response() -> None:
    seen = 0
    for seed in SEEDS:
        found = _facts(seed)
        derived = _derived(found)
        if derived["eot"].status != "final":
            continue
        ours = milestones(found, EVENTS).first_response
        value = derived["first_response_investigator"].value
        theirs = value if isinstance(value, date) else None
        assert (ours.span.exact if ours.exists else None) == theirs, f"seed {seed}"
        seen += theirs is not None
    assert seen > 10


def test_persistence_is_that_of_the_pack_mrd() -> None:
    seen = 0
    for seed in SEEDS:
        found = _facts(seed)
        subject = Subject(found, EVENTS, MRD, milestones(found, EVENTS))
        ours = occurrence("mrd_persistence", subject)
        value = _derived(found)["mrd_persistence"].value
        theirs = value if isinstance(value, date) else None
        assert (ours.span.exact if ours.exists else None) == theirs, f"seed {seed}"
        seen += theirs is not None
    assert seen > 5
