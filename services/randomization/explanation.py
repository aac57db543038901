"""Why a child got its arm: the record that lets somebody else decide it again."""

from typing import Any

from services.randomization.domain import generator
from services.randomization.domain.gate import Passage
from services.randomization.strategy import Choice
from shared.database.unit_of_work import UnitOfWork

POSITION_RULE = "the next unused position of the stratum in the first active list"


def of(work: UnitOfWork, passage: Passage, choice: Choice) -> dict[str, Any]:
    """The explanation of an allocation from a list. For unblinded readers only."""
    definition = work.definition()
    told = {
        "method": definition.randomization.scheme.method,
        "algorithm": generator.VERSION,
        "list_id": choice.list_id,
        "manifest_sha256": choice.published.sha256,
        "label": choice.label,
        "position": choice.position,
        "position_rule": POSITION_RULE,
        "commitment": choice.slot.sealed.commitment.hex(),
        "stratum": passage.stratum,
        "levels": dict(passage.levels),
        "definition_version": definition.version,
        "rules_passed": list(passage.rules),
        "cross_checked": list(passage.cross_checked),
        "caps_weighed": [cap.id for cap in definition.randomization.caps],
        **circumstances(work),
    }
    if choice.decision is not None:
        told["minimisation"] = _minimisation(choice)
    return told


def circumstances(work: UnitOfWork) -> dict[str, Any]:
    """Who, when, and by which request."""
    signature = work.signature
    return {
        "requested_by": work.principal.subject,
        "role": work.principal.role,
        "signed_by": None if signature is None else signature.signer,
        "request_id": work.origin.request_id,
        "at": work.now.isoformat(),
    }


def _minimisation(choice: Choice) -> dict[str, Any]:
    decision = choice.decision
    if decision is None:
        raise AssertionError("only minimisation has a decision")
    return {
        "draw": choice.opened.content,
        "counts_before": choice.counts,
        "imbalance": dict(decision.imbalance),
        "probabilities": {
            name: f"{p.numerator}/{p.denominator}" for name, p in decision.probabilities.items()
        },
        "fake_arm": decision.fake_arm.name,
    }
