"""A client of the public HTTP interface, for the commands that use it as anybody would."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Self

import httpx

from infra.cli.console import Refused
from infra.local.home import Home
from shared.identity.matrix import matrix

PATIENCE_SECONDS = 60


class Client:
    """Calls a running stack as any role, in one study.

    A call that meets a server that is away is repeated with the same Idempotency-Key, for up to a
    minute: that is what the key is for.
    """

    def __init__(self, home: Home, study: str) -> None:
        self._home = home
        self._issuer = home.issuer()
        self._study = study
        self._tokens: dict[tuple[str, tuple[str, ...]], str] = {}
        self._http = httpx.Client(base_url=home.url, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def post(
        self,
        service: str,
        path: str,
        body: Any,
        *,
        role: str,
        key: str,
        sites: Sequence[str] = (),
        at: str | None = None,
        signed_for: str | None = None,
    ) -> dict[str, Any]:
        """POST and answer the body. Raises ``Refused`` with the problem where it is refused.

        ``signed_for`` names the operation where the call must be signed: somebody who may sign it
        at these sites does.
        """
        headers = {"Idempotency-Key": key} | ({"Induct-Simulated-Time": at} if at else {})
        if signed_for is not None:
            headers["Induct-Signature"] = self._signature(signed_for, sites)
        return self._json("POST", service, path, role, sites, json=body, headers=headers)

    def get(
        self, service: str, path: str, *, role: str, sites: Sequence[str] = (), **query: Any
    ) -> dict[str, Any]:
        return self._json("GET", service, path, role, sites, params=query)

    def send(
        self, service: str, path: str, content: bytes, *, role: str, key: str, sites: Sequence[str]
    ) -> dict[str, Any]:
        """POST bytes as they are and answer the body."""
        headers = {"Idempotency-Key": key}
        return self._json("POST", service, path, role, sites, content=content, headers=headers)

    def download(self, service: str, path: str, *, role: str, accept: str = "*/*") -> bytes:
        return self._call("GET", service, path, role, (), headers={"Accept": accept}).content

    def stream(self, service: str, path: str, *, role: str) -> Iterator[bytes]:
        """GET a file piece by piece. Raises ``Refused`` where it is refused or breaks off."""
        headers = {"Authorization": f"Bearer {self._token(role, ())}"}
        url = f"/{service}/v1/studies/{self._study}{path}"
        try:
            with self._http.stream("GET", url, headers=headers) as answer:
                if not answer.is_success:
                    answer.read()
                    raise Refused(f"GET {url}: {told(answer)}")
                yield from answer.iter_bytes()
        except httpx.TransportError as error:
            raise Refused(f"GET {url}: the file broke off; ask again.") from error

    def _json(self, method: str, service: str, path: str, role: str, sites: Sequence[str],
              **options: Any) -> dict[str, Any]:  # fmt: skip
        found: dict[str, Any] = self._call(method, service, path, role, sites, **options).json()
        return found

    def _call(self, method: str, service: str, path: str, role: str, sites: Sequence[str],
              **options: Any) -> httpx.Response:  # fmt: skip
        headers = options.pop("headers", {}) | {
            "Authorization": f"Bearer {self._token(role, sites)}"
        }
        url = f"/{service}/v1/studies/{self._study}{path}"
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self._once(method, url, headers, options)
            # A server that says when to come again means it: 503, 429, or news still on its way.
            if answer is not None and "Retry-After" not in answer.headers:
                break
            if time.monotonic() > ends:
                raise Refused(_impatience(self._home.url, answer))
            time.sleep(0.1)
        if not answer.is_success:
            raise Refused(f"{method} {url}: {told(answer)}")
        return answer

    def _once(
        self, method: str, url: str, headers: dict[str, str], options: dict[str, Any]
    ) -> httpx.Response | None:
        try:
            return self._http.request(method, url, headers=headers, **options)
        except httpx.TransportError:
            return None

    def _signature(self, operation: str, sites: Sequence[str]) -> str:
        from shared.identity.issuer import SignatureRequest

        rule = matrix().operations[operation].signature
        if rule is None:
            raise Refused(f"{operation} is not signed.")
        role = matrix().roles[min(rule.roles)]
        return self._issuer.signature(
            SignatureRequest(
                client=f"{role.name}-cli",
                name=f"{role.title} on this machine",
                role=role.name,
                meaning=rule.meaning,
                studies=[self._study],
                sites=["*"] if role.all_sites else sites,
            )
        )

    def _token(self, role: str, sites: Sequence[str]) -> str:
        wanted = tuple(sites) if not matrix().roles[role].all_sites else ("*",)
        if (role, wanted) not in self._tokens:
            self._tokens[role, wanted] = self._issuer.token(
                client=f"{role}-cli", role=role, studies=[self._study], sites=wanted
            )
        return self._tokens[role, wanted]


def _impatience(url: str, answer: httpx.Response | None) -> str:
    if answer is None:
        return f"Nobody answers at {url}. Start it with: make run"
    return f"{url} asked for patience for {PATIENCE_SECONDS} s: {told(answer)}"


def told(answer: httpx.Response) -> str:
    """What a refusal says (RFC 9457), a line for each of its errors; another body as it is."""
    try:
        problem = answer.json()
        head = f"{answer.status_code} {problem['title']}"
        kind = problem["type"].rpartition(":")[2]
        lines = [
            f"  {each['pointer']}: {each['code']}: {each['detail']}"
            for each in problem.get("errors", [])
        ]
    except (ValueError, TypeError, KeyError):
        return f"{answer.status_code} {answer.text}"
    detail = f": {problem['detail']}" if problem.get("detail") else ""
    return "\n".join([f"{head}{detail} ({kind})", *lines])
