"""What calls at a face need that no generator can know (`.venv-fuzz`): ids, names, signatures."""

import base64
import hashlib
import hmac
import itertools
import time
from collections.abc import Iterator, Mapping
from typing import Any

import requests

# What stands in a study: a generated name would come no further than to the first lookup.
EVENTS = ("SCR", "C1D28", "UNSCHEDULED")
FORMS = ("blood_count", "demographics", "consent", "adverse_event")
ITEMS = ("neutrophils", "sample_date", "sex", "consent_date", "term")
VALUES = ("1.05", "2024-02-26", "F", "Yes", "")


class Signed(requests.auth.AuthBase):
    """Signs the bytes as they go out (Standard Webhooks 1.0.0)."""

    def __init__(self, secret: str) -> None:
        self._key = base64.b64decode(secret.removeprefix("whsec_"))

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        headers = request.headers
        said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + raw
        code = base64.b64encode(hmac.new(self._key, said, hashlib.sha256).digest()).decode()
        headers["webhook-signature"] = f"v1,{code}"
        return request


def sign(case: Any, kwargs: dict[str, Any], plan: Mapping[str, Any], turn: int) -> None:
    """A message of its own, now, by the secret of the plan."""
    case.headers["webhook-id"] = f"{plan['keys']}-{turn}"
    case.headers["webhook-timestamp"] = str(int(time.time()))
    kwargs["auth"] = Signed(plan["secret"])


def name_known(face: str, body: Any, ids: Mapping[str, str], turn: int) -> None:
    """Put what is there in the place of what was made up."""
    if face == "desk" and isinstance(body, dict) and isinstance(body.get("data"), dict):
        known = {"case_number": ids["case"], "query_id": ids["desk_query"],
                 "obligations": [ids["obligation"]]}  # fmt: skip
        body["data"].update({name: known[name] for name in known if name in body["data"]})
    elif face == "rave" and isinstance(body, dict):
        body.pop("PriorFileOID", None)
        body["FileOID"] = f"fuzz-{turn}"
        numbers = itertools.count(turn)
        known = {"StudyOID": [ids["study"]], "SubjectKey": [ids["subject"], ids["screened"]],
                 "LocationOID": [ids["site"]], "StudyEventOID": EVENTS, "FormOID": FORMS,
                 "ItemOID": ITEMS, "Value": VALUES}  # fmt: skip
        for node in _nodes(body):
            if "TransactionType" in node and next(numbers) % 4:
                del node["TransactionType"]  # most of what is named cannot be inserted once more
            for name in known.keys() & node.keys():
                node[name] = known[name][next(numbers) % len(known[name])]


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from _nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _nodes(inner)
