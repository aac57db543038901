"""Any draft can be judged, and is judged the same each time."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.safety.e2b.generate import generate
from services.safety.e2b.layout import field_name
from services.safety.e2b.model import Batch, Icsr, Message
from services.safety.e2b.rules.check import blocking, check
from services.safety.e2b.rules.dictionary import elements
from services.safety.e2b.rules.issues import Profile, Severity
from services.safety.e2b.validation import judge, judge_draft
from services.safety.e2b.values import NullFlavor, Stamp
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.drawn import batches
from tests.services.safety.e2b.mutations import with_value

pytestmark = pytest.mark.long

_BY_FIELD = {field_name(name): element for name, element in elements().items()}


@st.composite
def _nonsense(draw: st.DrawFn) -> tuple[str, Any]:
    """A field and anything that a file of a stranger can bring into it."""
    field = draw(st.sampled_from(sorted(_BY_FIELD)))
    choices: list[st.SearchStrategy[Any]] = [st.none(), st.sampled_from(NullFlavor)]
    if _BY_FIELD[field].kind == "date":
        choices.append(st.builds(Stamp, st.text(max_size=20)))
    else:
        choices.append(st.text(max_size=20))
    if _BY_FIELD[field].kind == "flag":
        choices.append(st.booleans())
    return field, draw(st.one_of(choices))


@settings(suppress_health_check=list(HealthCheck))
@given(batches(), _nonsense(), st.sampled_from(Profile))
def test_whatever_a_field_holds_the_draft_is_judged(
    batch: Batch, nonsense: tuple[str, Any], profile: Profile
) -> None:
    draft = with_value(batch, *nonsense)
    found = check(draft, profile, reports.context(initial=True, previous=reports.report()))
    again = check(draft, profile, reports.context(initial=True, previous=reports.report()))
    assert found == again
    assert blocking(found) == tuple(one for one in found if one.severity is Severity.REJECT)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(batches(), st.sampled_from(Profile))
def test_a_draft_is_judged_as_the_file_that_is_made_of_it(batch: Batch, profile: Profile) -> None:
    raw = generate(batch)
    of_draft = judge_draft(raw, batch, profile, _CONTEXT, None)
    assert of_draft == judge(raw, profile, _CONTEXT, None)


@pytest.mark.parametrize("profile", list(Profile))
def test_an_empty_report_lacks_what_every_report_must_have(profile: Profile) -> None:
    found = {one.id for one in check(Batch(messages=(Message(report=Icsr()),)), profile, _CONTEXT)}
    assert {
        "ICH.N.1.2.REQUIRED", "ICH.N.2.r.1.REQUIRED", "ICH.C.1.1.REQUIRED", "ICH.C.1.3.REQUIRED",
        "ICH.D.1.REQUIRED", "ICH.E.i.REQUIRED", "ICH.H.1.REQUIRED",
    } <= found  # fmt: skip


def test_an_issue_names_the_place_and_never_the_value() -> None:
    secret = "S-014 secret " * 10_000
    (found,) = check(with_value(reports.batch(), "h_2", secret), Profile.ICH, _CONTEXT)
    assert (found.id, found.path, found.section) == ("ICH.H.2.LENGTH", "N.2.r[1]/H", "H")
    assert "secret" not in repr(found)


_CONTEXT = reports.context()
