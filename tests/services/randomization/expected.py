"""What the lists of the tests hold, as the statistician who made them would know."""

from services.randomization.domain import slots
from tests.support.definitions import shipped

STUDY = "NCT05748171"
UNDER_24 = "age_group=lt10;first_remission=lt24m"
FROM_24 = "age_group=lt10;first_remission=ge24m"
# Values of a child in the second of these strata.
LATE = {"first_diagnosis_date": "2021-08-10"}


def contents(
    list_id: str, label: str, secret: str = "5f" * 32, capacity: int | None = None
) -> list[str]:
    """The contents of a stratum in the order of its positions."""
    definition = shipped(STUDY)
    made = slots.generate(definition, list_id, bytes.fromhex(secret), capacity=capacity)
    return [slot.content for slot in made if slot.label == label]
