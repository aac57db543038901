"""What the caller of a piece of work sees."""

from services.assessments.domain.sight import Sight
from shared.database.unit_of_work import UnitOfWork
from shared.identity.matrix import matrix


def sight_of(work: UnitOfWork) -> Sight:
    """The sight of the caller's role on the study's definition in force."""
    return Sight(work.definition(), matrix().roles[work.principal.role].sees_arm)
