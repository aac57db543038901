"""What the randomization service tells the others. No event carries an arm."""

from services.randomization.schemas import Allocation
from shared.contracts.randomization import ListActivated, SiteOpened, SubjectRandomized


def site_opened(site: str, country: str) -> SiteOpened:
    return SiteOpened(site=site, country=country)


def list_activated(list_id: str) -> ListActivated:
    return ListActivated(list_id=list_id)


def subject_randomized(allocation: Allocation) -> SubjectRandomized:
    return SubjectRandomized(
        subject_id=allocation.subject,
        site=allocation.site,
        allocation_id=allocation.allocation_id,
        randomization_number=allocation.randomization_number,
        randomized_at=allocation.randomized_at,
        definition_version=allocation.definition_version,
    )
