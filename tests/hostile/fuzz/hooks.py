"""Read by schemathesis (`.venv-fuzz`): what a call needs that no generator can know.

What is negative by intention stays as it was generated: a missing key, a bad id.
"""

import atexit
import itertools
import json
import os
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

import requests
import schemathesis
from schemathesis import GenerationMode

from tests.hostile.fuzz import face_hooks

PLAN: dict[str, Any] = json.loads(Path(os.environ["INDUCT_FUZZ_PLAN"]).read_text())
FACE: str = PLAN.get("face", "")
_turns = itertools.count(1)
_statuses: Counter[str] = Counter()
atexit.register(lambda: Path(PLAN["counts"]).write_text(json.dumps(_statuses)))

# What a value is refused for by its form: all of it stands in the description, so that whatever
# fits that is refused by a rule of the trial or not at all. Not "int-type": JSON Schema takes 1.0
# for an integer, and strict types do not (B04).
OF_FORM = {
    "extra-forbidden", "literal-error", "enum", "string-type", "string-too-short",
    "string-too-long", "string-pattern-mismatch", "int-parsing", "bool-type",
    "bool-parsing", "list-type", "dict-type", "too-short", "too-long", "greater-than",
    "greater-than-equal", "less-than", "less-than-equal", "uuid-parsing",
}  # fmt: skip
# The words of our own types (shared/http/models.py), whose code is that of rules across fields too.
OF_TYPES = ("the text holds", "the year is", "a date is", "an instant", "a decimal is")


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Whatever is sent as a text is a text: a body of another type is none there."""
    return not (str(case.media_type).startswith("text/") and _meant_badly(case, "body"))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Ids of what is there, for three calls of four; a key of its own; a signature that fits."""
    turn = next(_turns)
    if turn % 4:
        _known(case, "path", case.path_parameters, PLAN["ids"])
        _known(case, "body", case.body, ("subject", "site", "run"))
        _known(case, "query", case.query, ("studyoid",))
        if FACE and not _meant_badly(case, "body"):
            face_hooks.name_known(FACE, case.body, PLAN["ids"], turn)
    if FACE == "desk" and not _meant_badly(case, "header"):
        face_hooks.sign(case, kwargs, PLAN, turn)
    elif not _meant_badly(case, "header"):
        _complete(case, turn)


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    _statuses[f"{response.status_code // 100}xx"] += 1


@schemathesis.check
def a_fitting_value_is_not_refused_for_its_form(context: Any, response: Any, case: Any) -> None:
    """The description promises no less than the service takes."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE or FACE == "rave":
        return
    if response.status_code == 422 and response.json()["type"].endswith(":invalid-content"):
        refused = [
            error
            for error in response.json()["errors"]
            if error["code"] in OF_FORM
            or (error["code"] == "value-error" and error["detail"].startswith(OF_TYPES))
        ]
        assert not refused, f"refused for its form: {refused}"


@schemathesis.check
def a_refusal_is_of_its_form(context: Any, response: Any, case: Any) -> None:
    """A problem document with a type of ours (RFC 9457); at the face of Rave a Response, but where
    no credentials came."""
    if response.status_code < 400 or case.method.upper() == "HEAD":
        return
    (media,) = response.headers["content-type"]
    if FACE != "rave":
        assert media == "application/problem+json"
        assert response.json()["type"].startswith("urn:induct:problem:")
    elif media.startswith("text/plain"):
        assert (response.status_code, response.text.startswith("Authorization")) == (401, True)
    else:
        assert media == "text/xml; charset=utf-8"
        assert response.text.startswith("<Response ReferenceNumber=")
        assert 'IsTransactionSuccessful="0"' in response.text


@schemathesis.check
def a_stranger_learns_nothing(context: Any, response: Any, case: Any) -> None:
    """Nothing but whether there is such a route at all, and how much is read at most."""
    if PLAN.get("stranger"):
        assert response.status_code in {401, 404, 405, 413}, "a stranger was let in"


@schemathesis.check
def who_is_known_is_let_in(context: Any, response: Any, case: Any) -> None:
    """Else a run at a face would try nothing but its door."""
    places = {name: case.path_parameters.get(name) for name in ("study", "sender")}
    known = FACE == "rave" or places == {name: PLAN["ids"][name] for name in places}
    if FACE and known and not PLAN["stranger"] and not _meant_badly(case, "header"):
        assert response.status_code != 401, "somebody known was not let in"


def _known(case: Any, part: str, values: Any, names: Collection[str]) -> None:
    if not isinstance(values, dict) or _meant_badly(case, part):
        return
    for name in values:
        if name in names and isinstance(values[name], str):
            values[name] = PLAN["ids"][name]


def _complete(case: Any, turn: int) -> None:
    headers = case.headers
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = f"{PLAN['keys']}-{turn}"
    if "If-Match" in headers:
        headers["If-Match"] = '"1"'
    rule = PLAN["signed"].get(f"{case.operation.method.upper()} {case.operation.path}")
    if rule is not None and turn % 8:
        headers["Induct-Signature"] = _signature(rule)
    else:
        headers.pop("Induct-Signature", None)


def _signature(rule: dict[str, str]) -> str:
    asked = rule | PLAN["signer"]
    answer = requests.post(PLAN["url"] + "/oauth2/signature", data=asked, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["signature"])


def _meant_badly(case: Any, part: str) -> bool:
    components = case.meta.components if case.meta is not None else {}
    return any(
        str(place.value) == part and found.mode == GenerationMode.NEGATIVE
        for place, found in components.items()
    )
