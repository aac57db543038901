"""From what is kept of derivations to what is answered."""

from collections.abc import Mapping
from typing import Any

from services.assessments.derivation_repository import derivation_id
from services.assessments.derivation_schemas import (
    Derivation,
    DerivationTrace,
    DerivationVersion,
    Explained,
    Impact,
    ImpactCause,
    Input,
    Moved,
    RulePack,
    RuleTried,
    Said,
)
from services.assessments.domain import derivation_words
from services.assessments.domain.derivation_history import DerivationHistory, KeptVersion
from services.assessments.domain.outcomes import affected
from services.assessments.domain.rederived import Face, Step
from services.assessments.domain.subject_state import SubjectState
from shared.rules.model import Pack


def derivation(history: DerivationHistory) -> Derivation:
    """A derivation at its latest version. ``history`` is what the caller's role sees of it."""
    return Derivation(**_derivation(history))


def explained(
    history: DerivationHistory, result: Mapping[str, Any] | None, position: int | None
) -> Explained:
    """A derivation with its trace in JSON and in words; no ``result`` where it must not be told."""
    name, face = history.name, history.latest.face
    words = (
        derivation_words.said(name, face)
        if result is None
        else derivation_words.explained(name, face, result)
    )
    return Explained(
        **_derivation(history),
        explanation=words,
        trace=None if result is None else _trace(result),
        versions=[_version(version) for version in history.versions],
        as_of_position=position,
    )


def impact(row: Mapping[str, Any]) -> Impact:
    """A derivation that moved between two positions."""
    return Impact(
        subject=row["subject_id"],
        site=row["site_id"],
        derivation=row["name"],
        derivation_id=row["derivation_id"],
        before=None if row["before"] is None else Said(**row["before"]),
        after=Said(**row["after"]),
        outcomes=list(affected(row["name"])),
        causes=[
            ImpactCause(
                submission_id=cause["submission_id"],
                cause=cause["cause"],
                kind=cause["kind"],
                recorded_by=cause["actor"],
                role=cause["role"],
                recorded_at=cause["recorded_at"],
            )
            for cause in row["causes"]
        ],
    )


def moved(study: str, state: SubjectState, step: Step) -> Moved:
    """A derivation that deriving anew moves."""
    return Moved(
        subject=state.subject,
        site=state.site,
        derivation=step.after.name,
        derivation_id=derivation_id(study, state.subject, step.after.name),
        before=None if step.before is None else said(step.before),
        after=said(step.after.face),
        outcomes=list(step.outcomes),
    )


def said(face: Face) -> Said:
    value, status, reason = face
    return Said(value=value, status=status, reason=reason)


def rule_pack(pack: Pack) -> RulePack:
    return RulePack(id=pack.id, version=pack.version, sha256=pack.sha256)


def _derivation(history: DerivationHistory) -> dict[str, Any]:
    latest = history.latest
    value, status, reason = latest.face
    return {
        "value": value,
        "status": status,
        "reason": reason,
        "derivation_id": history.derivation_id,
        "derivation": history.name,
        "subject": history.subject,
        "site": history.site,
        "version": latest.number,
        "pack": history.pack,
        "outcomes": list(affected(history.name)),
        "recorded_at": latest.recorded_at,
    }


def _version(version: KeptVersion) -> DerivationVersion:
    value, status, reason = version.face
    return DerivationVersion(
        value=value,
        status=status,
        reason=reason,
        version=version.number,
        recorded_at=version.recorded_at,
        cause=version.cause,  # type: ignore[arg-type]
        submission_id=version.submission_id,
        recorded_by=version.actor,
        role=version.role,
    )


def _trace(result: Mapping[str, Any]) -> DerivationTrace:
    return DerivationTrace(
        rule=result["rule"],
        tried=[RuleTried(**tried) for tried in result["tried"]],
        inputs=[
            Input(form=form, record_id=record, version=version, items=items)
            for form, record, version, items in result["inputs"]
        ],
        notes=result["notes"],
        details=result["details"],
        pack=RulePack(**result["pack"]),
    )
