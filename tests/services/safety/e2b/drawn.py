"""Reports drawn at random: the full one with parts of it left out, and other texts in the rest."""

import dataclasses
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from services.safety.e2b.layout import field_name
from services.safety.e2b.model import Batch, DrugReaction
from services.safety.e2b.rules.dictionary import Element, elements
from services.safety.e2b.sections import is_empty
from services.safety.e2b.values import Stamp
from tests.services.safety.e2b.everything import everything

_BY_FIELD = {field_name(name): element for name, element in elements().items()}
_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=40
).filter(lambda text: text == text.strip() and "\ufffe" not in text and "\uffff" not in text)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """A batch of one report."""
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
