"""The specification of a study's randomization, made from what is in force."""

from collections.abc import Mapping
from typing import Any

from services.randomization import list_repository, view_repository
from services.randomization import specification_words as words
from services.randomization.documents import facts
from services.randomization.documents.words import DASH
from services.randomization.domain import generator
from services.randomization.list_answers import randomization_list
from services.randomization.specification_schemas import (
    Specification,
    SpecifiedArm,
    SpecifiedAssumption,
    SpecifiedCap,
    SpecifiedFactor,
    SpecifiedLevel,
    SpecifiedList,
    SpecifiedRole,
)
from shared.database.unit_of_work import UnitOfWork
from shared.identity.matrix import matrix
from shared.study import StudyDefinition, open_definition_hash
from shared.study.assumptions import assumed_values

ASSUMED_OF = ("arms", "eligibility", "randomization")


def read_specification(work: UnitOfWork) -> Specification:
    """Method, strata, limits, roles, lists and versions. Never what lists are drawn with, and
    never what is left of them."""
    definition = work.definition()
    randomization = definition.randomization
    study = list_repository.study_mode(work)
    return Specification(
        study=work.study,
        title=definition.identity.title,
        mode=study["mode"],
        state=study["state"],
        as_of=work.now,
        definition_version=definition.version,
        definition_sha256=open_definition_hash(definition),
        method=words.method(randomization),
        arms=[
            SpecifiedArm(code=arm.code, name=arm.name, ratio=arm.ratio) for arm in definition.arms
        ],
        factors=_factors(definition),
        caps=_caps(definition),
        replacement=words.replacement(randomization),
        forced=words.forced(randomization),
        downtime=words.downtime(randomization),
        roles=_roles(),
        lists=[_list(row) for row in list_repository.lists(work)],
        schema_version=view_repository.schema_version(work),
        algorithm_version=generator.VERSION,
        assumed=_assumed(definition),
    )


def specification_facts(found: Specification) -> facts.SpecificationFacts:
    """The same, as the page shows it."""
    return facts.SpecificationFacts(
        study=found.study,
        title=found.title,
        mode=found.mode,
        state=found.state,
        as_of=found.as_of,
        definition_version=found.definition_version,
        definition_sha256=found.definition_sha256,
        method=tuple(found.method),
        arms=tuple(facts.Arm(one.code, one.name, one.ratio) for one in found.arms),
        factors=tuple(
            facts.Factor(
                one.code,
                one.label,
                tuple(facts.Level(at.code, at.label, at.derivation) for at in one.levels),
            )
            for one in found.factors
        ),
        caps=tuple(
            facts.Cap(
                one.scope,
                one.target or "",
                one.limit,
                one.counts_in_error,
                tuple(one.alert_percents),
            )
            for one in found.caps
        ),
        replacement=found.replacement,
        forced=found.forced,
        downtime=found.downtime,
        roles=tuple(facts.RoleRights(one.role, tuple(one.may)) for one in found.roles),
        lists=tuple(
            facts.ListState(one.list_id, one.state, one.root, one.manifest_sha256 or DASH)
            for one in found.lists
        ),
        schema_version=found.schema_version,
        algorithm_version=found.algorithm_version,
        assumed=tuple(
            facts.AssumedValue(one.path, one.value or "", one.note or "") for one in found.assumed
        ),
    )


def _factors(definition: StudyDefinition) -> list[SpecifiedFactor]:
    return [
        SpecifiedFactor(
            code=factor.factor,
            label=factor.label,
            levels=[
                SpecifiedLevel(
                    code=level.code, label=level.label, derivation=words.derivation(level.when)
                )
                for level in factor.levels
            ],
        )
        for factor in definition.randomization.strata
    ]


def _caps(definition: StudyDefinition) -> list[SpecifiedCap]:
    return [
        SpecifiedCap(
            id=cap.id,
            scope=cap.scope,
            target=cap.target,
            limit=cap.limit,
            counts_in_error=cap.counts_in_error,
            alert_percents=list(cap.alerts),
        )
        for cap in definition.randomization.caps
    ]


def _roles() -> list[SpecifiedRole]:
    """What each role may ask of this service, as the role matrix has it."""
    prefix = "randomization."
    operations = [one for one in matrix().operations.values() if one.name.startswith(prefix)]
    return [
        SpecifiedRole(
            role=role.title,
            may=[
                one.name.removeprefix(prefix).replace("_", " ")
                for one in operations
                if role.name in one.roles
            ],
        )
        for role in matrix().roles.values()
    ]


def _list(row: Mapping[str, Any]) -> SpecifiedList:
    found = randomization_list(row)
    return SpecifiedList(
        list_id=found.list_id,
        state=found.state,
        root=found.root,
        manifest_sha256=found.manifest_sha256,
    )


def _assumed(definition: StudyDefinition) -> list[SpecifiedAssumption]:
    """What of the randomization and its gate is assumed; the rest of the study is not told here."""
    found = []
    for one in assumed_values(definition):
        if not one.path.startswith(ASSUMED_OF):
            continue
        shown = facts.AssumedValue(one.path, one.value, one.note)
        found.append(
            SpecifiedAssumption(
                path=one.path,
                value=None if shown.withheld else one.value,
                note=None if shown.withheld else one.note,
            )
        )
    return found
