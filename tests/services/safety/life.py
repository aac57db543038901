"""Steps of a case's life over HTTP, for tests: each asserts that it succeeded."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.api import ApiClient

Body = dict[str, Any]
NOW = datetime(2026, 2, 20, 12, 0, tzinfo=UTC)
RSI = "Investigator's brochure, not public"


def on(days: float) -> datetime:
    """So many days after the first report."""
    return NOW + timedelta(days=days)


class Life:
    """One case, step by step. The desk acts unless a step says otherwise."""

    def __init__(self, api: ApiClient, report: Body, **changes: Any) -> None:
        self.api = api
        self.content = {"suspect_product": "INO"} | report | changes
        self.case = self._done(
            api.post("/cases", json=self.content, at=NOW, role="safety_desk"), 201
        )

    @property
    def path(self) -> str:
        return f"/cases/{self.case['case_number']}"

    def post(self, where: str, body: Body, at: datetime, status: int = 201, **options: Any) -> Body:
        options = {"role": "safety_desk"} | options
        return self._done(self.api.post(self.path + where, json=body, at=at, **options), status)

    def read(self, **options: Any) -> Body:
        options = {"role": "safety_desk"} | options
        query = options.pop("query", "")
        return self._done(self.api.get(self.path + query, **options), 200)

    def follow_up(self, at: datetime, *, significant: bool = True, **changes: Any) -> Body:
        self.content = self._content() | {"received_at": at.isoformat()} | changes
        body = self.content | {"significant": significant}
        return self._step("/follow-ups", body, at)

    def amend(self, at: datetime, **changes: Any) -> Body:
        self.content = self._content() | changes
        body = {"reason": "typed wrongly"} | self.content
        return self._step("/amendments", body, at)

    def nullify(self, at: datetime, **body: Any) -> Body:
        return self._step("/nullification", {"reason": "not a case"} | body, at)

    def judge(self, at: datetime, role: str = "safety_desk", **judgement: Any) -> Body:
        judgement = {"event": "1", "reason": "judged on all data"} | judgement
        return self._kept(self.post("/judgements", {"judgement": judgement}, at, role=role))

    def causality(self, at: datetime, role: str, related: bool, product: str = "INO") -> Body:
        return self.judge(at, role, kind="causality", product=product, related=related)

    def expectedness(self, at: datetime, expected: bool) -> Body:
        return self.judge(at, kind="expectedness", product="INO", expected=expected, reference=RSI)

    def submit(
        self, at: datetime, authority: str, clocks: Sequence[str], *, complete: bool = False
    ) -> str:
        found = {each["clock"]: each["obligation_id"] for each in self.read(at=at)["obligations"]}
        body = {
            "authority": authority,
            "obligations": [found[clock] for clock in clocks],
            "sent_at": at.isoformat(),
            "complete": complete,
            "channel": "portal",
        }
        return self.post("/submissions", body, at)["submission_id"]

    def answer(self, at: datetime, submission: str, *, accepted: bool) -> Body:
        body = {"accepted": accepted, "received_at": at.isoformat()}
        return self._kept(self.post(f"/submissions/{submission}/acknowledgements", body, at))

    def report_to(self, at: datetime, authority: str, *clocks: str) -> Body:
        return self.answer(at, self.submit(at, authority, clocks), accepted=True)

    def owes(self, **options: Any) -> Body:
        """Due dates that are still to be met, by clock."""
        return {
            each["clock"]: each["due_on"]
            for each in self.read(**options)["obligations"]
            if each["state"] in ("open", "handed_off")
        }

    def states(self, **options: Any) -> Body:
        return {each["clock"]: each["state"] for each in self.read(**options)["obligations"]}

    def etag(self) -> str:
        return f'"{self.case["version"]}"'

    def _content(self) -> Body:
        return {k: v for k, v in self.content.items() if k not in ("subject", "site")}

    def _step(self, where: str, body: Body, at: datetime) -> Body:
        return self._kept(self.post(where, body, at, headers={"If-Match": self.etag()}))

    def _kept(self, case: Body) -> Body:
        self.case = case
        return case

    def _done(self, answer: Any, status: int) -> Body:
        assert answer.status_code == status, answer.text
        found: Body = answer.json()
        return found
