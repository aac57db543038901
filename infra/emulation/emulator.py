"""The emulator as a process on loopback, in an environment of its own."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any, Final, Self

import httpx

from infra.local.home import PROJECT
from infra.ports import free_port

PYTHON: Final = PROJECT / ".venv-emulate" / "bin" / "python"
REGION: Final = "eu-central-1"
START_SECONDS: Final = 30


class EmulatorDown(RuntimeError):
    """It did not start; the message is the end of what it said."""


class Emulator:
    """ministack, with nothing kept: what it holds is gone when it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def log(self) -> Path:
        return self._folder / "emulator.log"

    def __enter__(self) -> Self:
        own = self._folder / "tmp"
        own.mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(own),
            "TMPDIR": str(own),
            "S3_DATA_DIR": str(own / "s3"),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self._port),
            "MINISTACK_REGION": REGION,
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "INFO",
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(PYTHON), "-m", "ministack"],
                env=environment,
                cwd=own,
                stdout=log,
                stderr=log,
            )
        self._await()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def client(self, service: str) -> Any:
        """A client of boto3 that speaks to this emulator."""
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - nobody checks it
        )

    def _await(self) -> None:
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends and self._process and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/_ministack/health", timeout=2).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise EmulatorDown(self.log.read_text(encoding="utf-8", errors="replace")[-2000:])
