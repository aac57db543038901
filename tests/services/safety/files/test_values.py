"""What facts files may say keeps step with the kinds of facts that there are."""

from typing import get_args

from services.safety.domain.facts import Kind
from services.safety.files.values import VALUES


def test_every_kind_of_fact_can_be_written_and_no_other() -> None:
    assert set(VALUES) == set(get_args(Kind))
