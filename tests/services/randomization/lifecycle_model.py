"""What the lifecycle of allocations should answer, worked out without database and service."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.study.caps import Cap

Said = tuple[int, str | None]
Body = Mapping[str, Any]
COUNTRIES = {"S01": "CZ", "S02": "FR", "S03": "CZ"}
FORCED_LIMIT = 2
NEW: Said = (201, None)


@dataclass(frozen=True)
class Given:
    """An allocation. ``body`` is None where it was forced, and so is no answer to any request."""

    site: str
    stratum: str
    arm: str
    body: Body | None


@dataclass
class Proposal:
    subject: str
    site: str
    stratum: str
    arm: str
    state: str = "proposed"


@dataclass
class Model:
    """A study's state. ``contents`` are the arms of its list by stratum."""

    contents: Mapping[str, Sequence[str]]
    caps: Sequence[Cap]
    states: dict[str, str] = field(
        default_factory=lambda: dict.fromkeys(("study", *COUNTRIES), "open") | {"list": "active"}
    )
    given: dict[str, Given] = field(default_factory=dict)
    used: Counter[str] = field(default_factory=Counter)
    in_error: set[str] = field(default_factory=set)
    corrected: dict[str, str] = field(default_factory=dict)
    keys: dict[str, tuple[Body, int]] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    attempts: list[tuple[str, str, int, str | None]] = field(default_factory=list)

    def allocation(self, body: Body, stratum: str, key: str, *, eligible: bool = True) -> Said:
        """What a request is answered; the state is as it is after it."""
        said = self._allocation(body, stratum, key, eligible)
        if said[1] is None:
            self.keys.setdefault(key, (body, said[0]))
        self.attempts.append((body["subject"], "allocation", *said))
        return said

    def _allocation(self, body: Body, stratum: str, key: str, eligible: bool) -> Said:
        subject, site = body["subject"], body["site"]
        if key in self.keys:
            return (200, None) if self.keys[key][0] == body else (422, "idempotency-key-reused")
        if subject in self.given:
            same = self.given[subject].body == body
            return (200, None) if same else (409, "already-allocated")
        if not eligible:
            return 422, "not-eligible"
        refused = self._closed_to(site, stratum)
        if refused is not None:
            return 409, refused
        arm = self.contents[stratum][self.used[stratum]]
        self.used[stratum] += 1
        self.given[subject] = Given(site, stratum, arm, body)
        return NEW

    def _closed_to(self, site: str, stratum: str) -> str | None:
        """Why nobody is allocated at a site and in a stratum just now."""
        left = self.used[stratum] < len(self.contents[stratum])
        reasons = {
            f"study-{self.states['study']}": self.states["study"] != "open",
            "site-not-open": self.states[site] != "open",
            "cap-reached": any(self._full(cap, site, stratum) for cap in self.caps),
            "list-suspended": self.states["list"] == "suspended",
            "stratum-exhausted": not left,
        }
        return next((reason for reason, holds in reasons.items() if holds), None)

    def _full(self, cap: Cap, site: str, stratum: str) -> bool:
        group = cap.group(site=site, country=COUNTRIES[site], stratum=stratum)
        return group is not None and self.counted(cap, group) >= cap.limit

    def counted(self, cap: Cap, group: str) -> int:
        """How many stand under a cap, by the cap's own rule for those in error."""
        return sum(
            cap.group(site=one.site, country=COUNTRIES[one.site], stratum=one.stratum) == group
            for subject, one in self.given.items()
            if cap.counts_in_error or subject not in self.in_error
        )

    def mark(self, subject: str) -> Said:
        if subject not in self.given:
            return 404, "not-found"
        if subject in self.in_error:
            return 409, "already-in-error"
        self.in_error.add(subject)
        return 200, None

    def correct(self, subject: str, stratum: str) -> Said:
        if subject not in self.given:
            return 404, "not-found"
        if stratum == self.corrected.get(subject, self.given[subject].stratum):
            return 422, "stratum-refused"
        self.corrected[subject] = stratum
        return 200, None

    def propose(self, proposal: Proposal) -> Said:
        """Where the answer is 201 the caller adds the proposal under the id it was given."""
        refused = self._forcing_refused() or self._child_refused(proposal.subject)
        if refused is None and any(
            other.subject == proposal.subject and other.state != "rejected"
            for other in self.proposals.values()
        ):
            refused = "forcing-refused"
        return NEW if refused is None else (409, refused)

    def decide(self, number: str, *, approve: bool) -> Said:
        proposal = self.proposals[number]
        refused = self._forcing_refused() if approve else None
        if refused is None and proposal.state != "proposed":
            refused = "forcing-refused"
        if refused is None and approve:
            refused = self._child_refused(proposal.subject)
        if refused is None and approve and self.states[proposal.site] == "closed":
            refused = "site-not-open"
        said: Said = (200, None) if refused is None else (409, refused)
        word = "forced-approve" if approve else "forced-reject"
        self.attempts.append((proposal.subject, word, *said))
        if refused is None:
            proposal.state = "approved" if approve else "rejected"
        if refused is None and approve:
            self.given[proposal.subject] = Given(
                proposal.site, proposal.stratum, proposal.arm, None
            )
        return said

    def _forcing_refused(self) -> str | None:
        if self.states["study"] == "closed":
            return "study-closed"
        forced = sum(one.body is None for one in self.given.values())
        return "forcing-refused" if forced >= FORCED_LIMIT else None

    def _child_refused(self, subject: str) -> str | None:
        return "already-allocated" if subject in self.given else None
