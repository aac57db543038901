"""Runs functions of the template as Lambda does: in a process of its own, under its runtime."""

import base64
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.topology import Function
from shared.identity.issuer import Issuer
from tests.lambda_entries.runtime_api import FunctionError, RuntimeApi

START_SECONDS = 30
EVENTS = Path(__file__).parents[1] / "events"
PROJECT = Path(__file__).parents[2]
# The folder of `sam build`, where it is the packages that are tested.
PACKAGES = os.environ.get("INDUCT_PACKAGES")


def sample(name: str, **headers: str) -> dict[str, Any]:
    """A sample event of tests/events; ``headers`` replace those of an HTTP event."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    if headers:
        event["headers"] |= headers
    return event


def body_of(answer: dict[str, Any]) -> Any:
    """The JSON body of an HTTP answer, as API Gateway would hand it to the caller."""
    text = answer["body"]
    return json.loads(base64.b64decode(text) if answer["isBase64Encoded"] else text)


class KeyServer:
    """Serves an issuer's JWKS document over HTTP, and counts how often it is asked; and, as Secrets
    Manager does, ``secrets`` by their names."""

    def __init__(self, issuer: Issuer, secrets: Mapping[str, str]) -> None:
        outer = self
        self.asked = 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                content = json.dumps(issuer.key_set()).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_POST(self) -> None:
                assert self.headers["X-Amz-Target"] == "secretsmanager.GetSecretValue"
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                content = json.dumps({"SecretString": secrets[asked["SecretId"]]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"{self.endpoint}/.well-known/jwks.json"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _unpacked(function: Function) -> tuple[str, Path, dict[str, str]]:
    """The interpreter, the folder and what to add to the environment of a function: this project's,
    or, where ``make packed`` runs the tests, those of its package and of nothing else."""
    if PACKAGES is None or function.package_type == "Image":
        return sys.executable, PROJECT, {}
    found = subprocess.run([PROJECT / "infra/runtime.sh"], stdout=subprocess.PIPE, check=True)
    runtime = {"PYTHONPATH": os.environ["INDUCT_RUNTIME"], "PYTHONDONTWRITEBYTECODE": "1"}
    return found.stdout.decode().strip(), Path(PACKAGES) / function.logical_id, runtime


class Environment:
    """One execution environment of a function of the template, under Lambda's own runtime.

    Of ``values`` it is given those that the template names for the function, and no others, so that
    a variable left out there is missed here; ``beside`` are of Lambda or of the test. ``log`` is
    what it wrote.
    """

    def __init__(
        self, function: Function, values: Mapping[str, str], beside: Mapping[str, str], log: Path
    ) -> None:
        self._function = function
        self._log = log
        self._variables = {name: values[name] for name in function.environment} | beside
        self._api = RuntimeApi(function.timeout)

    def __enter__(self) -> Self:
        self._api.__enter__()
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(("INDUCT", "AWS"))}
        of_lambda = {
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_LAMBDA_FUNCTION_NAME": self._function.logical_id,
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "LAMBDA_TASK_ROOT": str(PROJECT),
        }
        python, folder, paths = _unpacked(self._function)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [python, "-m", "awslambdaric", self._function.handler],
                stdout=log,
                stderr=log,
                env=inherited | of_lambda | paths | self._variables,
                cwd=folder,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()  # as Lambda ends an environment: it is told nothing
        self._process.wait(timeout=20)
        self._api.__exit__(kind, error, trace)

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def invoke(self, event: Any) -> dict[str, Any]:
        """What the function answers. Raises ``FunctionError`` where it raises."""
        try:
            answer: dict[str, Any] = self._api.invoke(event, START_SECONDS + self._function.timeout)
        except queue.Empty:
            raise FunctionError(f"no answer: {self.log}") from None
        return answer
