"""The confirmation of one allocation, for the reader who asks."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.randomization import list_repository, unblinded_repository, view_repository
from services.randomization.answers import MASKED, check_unaltered, sees_arm
from services.randomization.documents.facts import ConfirmationFacts, Signature
from services.randomization.view_answers import signatures_shown
from services.randomization.view_schemas import Confirmation, SignatureShown, StratumLevel
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import NotFound
from shared.study import StudyDefinition


def read_confirmation(work: UnitOfWork, subject: str) -> Confirmation:
    """Raises ``NotFound`` for a child without an allocation, or of another site, and
    ``AllocationAltered``.

    A commitment differs with the arm, so it is masked with it.
    """
    row = view_repository.find_confirmed(work, subject)
    if row is None:
        raise NotFound
    unblinded_repository.note_logged_read(work, "read_confirmation", subject)
    check_unaltered(work, row)
    definition = work.definition()
    told = sees_arm(work)
    return Confirmation(
        study=work.study,
        title=definition.identity.title,
        mode=list_repository.study_mode(work)["mode"],
        subject=row["subject_id"],
        site=row["site_id"],
        site_name=row["site_name"],
        country=row["country"],
        time_zone=row["time_zone"],
        randomization_number=row["randomization_number"],
        arm=row["arm"] if told else MASKED,
        arm_name=_arm_name(definition, row["arm"]) if told else None,
        stratum=_stratum(definition, row["levels"]),
        randomized_at=row["randomized_at"],
        requested_by=row["requested_by"],
        source=row["source"],
        signatures=signatures_shown(work, row["allocation_id"]),
        list_id=row["list_id"],
        manifest_sha256=row["manifest_sha256"],
        commitment=row["opening"]["commitment"] if told and row["opening"] else None,
        definition_version=row["definition_version"],
        in_error_at=row["in_error_at"],
    )


def confirmation_facts(found: Confirmation) -> ConfirmationFacts:
    """The same, as page and paper show it."""
    return ConfirmationFacts(
        study=found.study,
        title=found.title,
        mode=found.mode,
        subject=found.subject,
        site=found.site,
        site_name=found.site_name,
        country=found.country,
        time_zone=found.time_zone,
        randomization_number=found.randomization_number,
        arm=found.arm,
        arm_name=found.arm_name or "",
        stratum=tuple((one.factor, one.level) for one in found.stratum),
        randomized_at=found.randomized_at,
        requested_by=found.requested_by,
        source=found.source,
        signature=_first(found.signatures),
        list_id=found.list_id,
        manifest_sha256=found.manifest_sha256,
        definition_version=found.definition_version,
        commitment=found.commitment,
        in_error_at=found.in_error_at,
    )


def _first(signatures: Sequence[SignatureShown]) -> Signature | None:
    """The signature of the request; whatever was signed later is about something else."""
    if not signatures:
        return None
    one = signatures[0]
    return Signature(one.name, one.role, one.meaning, one.signed_at)


def _arm_name(definition: StudyDefinition, code: str) -> str:
    return next((arm.name for arm in definition.arms if arm.code == code), code)


def _stratum(definition: StudyDefinition, levels: Mapping[str, Any]) -> list[StratumLevel]:
    """In words, in configured order; codes where the definition in force has other levels."""
    found = []
    for factor in definition.randomization.strata:
        if factor.factor in levels:
            labels = {level.code: level.label for level in factor.levels}
            code = str(levels[factor.factor])
            found.append(StratumLevel(factor=factor.label, level=labels.get(code, code)))
    return found
