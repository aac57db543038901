"""A report goes out and comes back the same, and the schemas of ICH take it."""

import dataclasses
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.safety.e2b.generate import NotWritableError, generate
from services.safety.e2b.layout import field_name
from services.safety.e2b.model import Batch, DrugReaction, LabResult
from services.safety.e2b.parse import parse
from services.safety.e2b.rules.dictionary import Element, elements
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.sections import elements as mapped
from services.safety.e2b.sections import is_empty
from services.safety.e2b.values import Stamp
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.everything import everything
from tests.services.safety.e2b.samples import SCENARIOS, needs_samples, sample, schemas

_BY_FIELD = {field_name(name): element for name, element in elements().items()}
# They stand in the message elsewhere than in the tables of paths: module matrix, envelopes.
_APART = {"N.1.", "N.2.", "C.1.2", "G.k.1", "G.k.9.i", "F.r.3.2", "F.r.3.3"}
_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=40
).filter(lambda text: text == text.strip() and "\ufffe" not in text and "\uffff" not in text)


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


@st.composite
def _batches(draw: st.DrawFn) -> Batch:
    """The full report with any part of it left out, and other texts in the rest."""
    return _thinned(everything(), draw)


def _thinned(item: Any, draw: st.DrawFn) -> Any:
    changes: dict[str, Any] = {}
    for each in dataclasses.fields(item):
        held = getattr(item, each.name)
        if each.name in {"messages", "report", "e_i", "g_k", "g_k_9_i"}:
            changes[each.name] = _inside(held, draw)
        elif isinstance(held, tuple):
            changes[each.name] = _inside(held, draw) if draw(st.booleans()) else ()
        elif dataclasses.is_dataclass(held) and not isinstance(held, Stamp):
            thinned = _thinned(held, draw)
            gone = each.name in {"c_5", "d_10"} and is_empty(thinned)
            changes[each.name] = None if gone else thinned
        elif each.name == "g_k_9_i_2_r_3" and item.g_k_9_i_2_r_3_eu_1 is not None:
            continue  # one result: a code of the EU stands in the place of the words
        elif each.name in _BY_FIELD and each.name not in _TIED:
            changes[each.name] = draw(_values(_BY_FIELD[each.name], held))
    return replace(item, **changes)


def _inside(held: Any, draw: st.DrawFn) -> Any:
    if isinstance(held, tuple):
        items = tuple(_thinned(one, draw) for one in held)
        return tuple(one for one in items if not _blank(one))
    return _thinned(held, draw)


def _blank(item: Any) -> bool:
    """Said of nothing: a pair of drug and reaction that only points leaves no trace either."""
    return is_empty(replace(item, g_k_9_i_1=None) if isinstance(item, DrugReaction) else item)


def _values(element: Element, held: Any) -> st.SearchStrategy[Any]:
    choices = [st.none(), st.just(held)]
    if element.nulls and element.kind != "code":
        choices.append(st.sampled_from(sorted(element.nulls)))
    if element.kind == "text" and element.id not in _NUMBERS:
        choices.append(_TEXT)
    if element.kind == "flag":
        choices.append(st.booleans())
    return st.one_of(choices)


# Envelope and pointers; attributes that mean nothing without the element that they describe.
_TIED = frozenset({"g_k_9_i_1", "c_1_2", "n_2_r_4", "f_r_3_2", "f_r_3_3", "f_r_4", "f_r_5"})
_NUMBERS = frozenset({"F.r.4", "F.r.5"})


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(_batches())
def test_any_report_comes_back_the_same_and_exports_the_same_bytes(whole: Batch) -> None:
    raw = generate(whole)
    back = parse(raw)
    assert generate(back) == raw
    assert back == whole
