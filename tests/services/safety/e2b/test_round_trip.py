"""A report goes out and comes back the same, and the schemas of ICH take it."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from services.safety.e2b.generate import NotWritableError, generate
from services.safety.e2b.model import Batch, LabResult
from services.safety.e2b.parse import parse
from services.safety.e2b.rules.dictionary import elements
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.sections import elements as mapped
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.drawn import batches
from tests.services.safety.e2b.everything import everything
from tests.services.safety.e2b.samples import SCENARIOS, needs_samples, sample, schemas

pytestmark = pytest.mark.long

# They stand in the message elsewhere than in the tables of paths: module matrix, envelopes.
_APART = {"N.1.", "N.2.", "C.1.2", "G.k.1", "G.k.9.i", "F.r.3.2", "F.r.3.3"}


def test_every_element_of_the_dictionary_has_a_place_in_the_message() -> None:
    placed = set(mapped().values())
    missing = {
        name for name in elements() if name not in placed and not name.startswith(tuple(_APART))
    }
    assert missing == set()


@needs_samples
def test_a_report_with_every_element_satisfies_the_schema_and_comes_back_the_same() -> None:
    whole = everything()
    raw = generate(whole)
    assert schemas().issues_of(raw) == []
    assert parse(raw) == whole


@pytest.mark.proves("SAF-5", kind="oracle")
@needs_samples
@pytest.mark.parametrize("profile", list(Profile))
def test_the_report_of_each_profile_satisfies_the_schema(profile: Profile) -> None:
    assert schemas().issues_of(generate(reports.batch(profile))) == []


@needs_samples
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_sample_of_the_fda_goes_out_valid_and_a_second_export_has_the_same_bytes(
    name: str,
) -> None:
    batch = parse(sample(name))
    first = generate(batch)
    assert schemas().issues_of(first) == []
    assert parse(first) == batch
    assert generate(parse(first)) == first


@pytest.mark.parametrize(
    ("qualifier", "value"), [(None, "5"), ("<", "5"), ("<=", "5"), (">", "0.1"), (">=", "7")]
)
def test_a_bound_on_a_result_comes_back_as_that_bound(qualifier: str | None, value: str) -> None:
    result = LabResult(f_r_2_1="ALT", f_r_3_2=value, f_r_3_2_qualifier=qualifier, f_r_3_3="U/L")
    whole = reports.changed(reports.batch(), f_r=(result,))
    raw = generate(whole)
    assert parse(raw).messages[0].report.f_r == (result,)


def test_a_character_that_xml_cannot_hold_is_refused_by_name() -> None:
    told = reports.report()
    whole = reports.changed(reports.batch(), h=replace(told.h, h_1="a\x00b"))
    with pytest.raises(NotWritableError):
        generate(whole)


@pytest.mark.proves("SAF-5", kind="property")
@settings(suppress_health_check=list(HealthCheck))
@given(batches())
def test_any_report_comes_back_the_same_and_exports_the_same_bytes(whole: Batch) -> None:
    raw = generate(whole)
    back = parse(raw)
    assert generate(back) == raw
    assert back == whole
