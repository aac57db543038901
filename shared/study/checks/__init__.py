"""Checks of a definition that no single field can answer: names that must exist, rules that must
fit the items they speak of, a design that must add up."""

from collections.abc import Iterator

from shared.study.checks.collection import collection_findings
from shared.study.checks.design import design_findings
from shared.study.checks.edit_checks import edit_check_findings
from shared.study.checks.names import name_findings
from shared.study.checks.results import result_findings
from shared.study.checks.safety import safety_findings
from shared.study.checks.subgroups import subgroup_findings
from shared.study.draft import Draft
from shared.study.faults import Finding


def cross_reference_findings(draft: Draft) -> Iterator[Finding]:
    """Every fault that spans more than one field."""
    yield from name_findings(draft)
    yield from design_findings(draft)
    yield from collection_findings(draft)
    yield from result_findings(draft)
    yield from subgroup_findings(draft)
    yield from safety_findings(draft)
    yield from edit_check_findings(draft)
