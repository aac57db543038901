"""A trial as the calls that make it: who says what, to which service, at which instant.

Every call has a key that is made from what it says, so that a demo that was cut off can be run
again from its beginning: what was done is answered from memory, the rest is done.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any


@dataclass(frozen=True)
class Step:
    """One call. ``on`` is the calendar date on which it is made, at noon UTC; ``signed_for`` is the
    operation where somebody must sign it."""

    service: str
    path: str
    body: Mapping[str, Any]
    role: str
    on: date
    site: str = ""
    signed_for: str | None = None

    @property
    def at(self) -> str:
        return noon(self.on).isoformat()

    @property
    def sites(self) -> Sequence[str]:
        return (self.site,) if self.site else ()

    @property
    def key(self) -> str:
        """The same for the same call in every run of the demo."""
        said = json.dumps([self.service, self.path, self.body, self.at], sort_keys=True)
        return "demo-" + hashlib.sha256(said.encode()).hexdigest()[:32]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def site(code: str, name: str, country: str, time_zone: str, on: date) -> Step:
    body = {"site": code, "name": name, "country": country, "time_zone": time_zone}
    return Step("randomization", "/sites", body, "admin", on)


def registration(
    subject: str, at_site: str, born: str, sex: str, consented_on: date, on: date
) -> Step:
    body = {
        "subject": subject,
        "site": at_site,
        "birth_year_month": born,
        "sex": sex,
        "consented_on": consented_on.isoformat(),
    }
    return Step("assessments", "/subjects", body, "coordinator", on, at_site)


def allocation(
    subject: str,
    at_site: str,
    values: Mapping[str, Any],
    strata: Mapping[str, str],
    on: date,
    *,
    signed: bool = True,
) -> Step:
    body = {"subject": subject, "site": at_site, "values": dict(values), "strata": dict(strata)}
    operation = "randomization.request_allocation" if signed else None
    return Step("randomization", "/allocations", body, "coordinator", on, at_site, operation)


def sealing(body: Mapping[str, Any], on: date) -> Step:
    """A statistician seals a list."""
    return Step("randomization", "/lists", body, "statistician", on)


def approval(sealed: Mapping[str, Any], on: date) -> Step:
    """Another person puts it in force, naming what was sealed."""
    body = {"root": sealed["root"], "slots": sealed["slots"]}
    path = f"/lists/{sealed['list_id']}/activation"
    operation = "randomization.activate_list"
    return Step("randomization", path, body, "admin", on, signed_for=operation)


def assessment(
    subject: str,
    at_site: str,
    form: str,
    items: Mapping[str, Any],
    on: date,
    *,
    visit: str | None = None,
    repeat: int = 1,
) -> Step:
    body: dict[str, Any] = {"form": form, "repeat": repeat, "items": dict(items)}
    if visit is not None:
        body["visit"] = visit
    path = f"/subjects/{subject}/assessments"
    return Step("assessments", path, body, "coordinator", on, at_site)
