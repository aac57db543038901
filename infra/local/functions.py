"""Runs the functions of the template: in this process, or, for container images, in their own."""

import importlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from infra.bus.queues import Invocation
from infra.topology import Function
from shared.messaging.consumer import failure_causes


class FunctionFailed(RuntimeError):
    """The function raised; the message names the kind of error."""


def load(handler: str) -> Callable[[Mapping[str, Any], Any], Any]:
    """The callable that a handler path names."""
    module, _, name = handler.rpartition(".")
    found: Callable[[Mapping[str, Any], Any], Any] = getattr(importlib.import_module(module), name)
    return found


def invoke_here(function: Function, event: Mapping[str, Any]) -> Invocation:
    """Invoke a function in this process."""
    causes: dict[str, str] = {}
    token = failure_causes.set(causes)
    try:
        return Invocation(load(function.handler)(event, context_of(function)), causes)
    finally:
        failure_causes.reset(token)


def context_of(function: Function) -> Any:
    """What a handler may read of Lambda's context object."""
    return SimpleNamespace(
        function_name=function.logical_id,
        get_remaining_time_in_millis=lambda: function.timeout * 1000,
    )


class Child:
    """A process of its own for a function, as an image on Lambda has a container of its own.

    It is started at the first invocation and kept. Events go in and answers come out as lines of
    JSON; it ends when this process ends, however that ends, because its input does.
    """

    def __init__(self, function: Function) -> None:
        self._function = function
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def invoke(self, event: Mapping[str, Any]) -> Invocation:
        with self._lock:
            process = self._running()
            if process.stdin is None or process.stdout is None:
                raise AssertionError("the child was started with pipes")
            process.stdin.write(json.dumps(event) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        if not line:
            raise FunctionFailed(f"{self._function.logical_id} ended")
        answer = json.loads(line)
        if "error" in answer:
            raise FunctionFailed(answer["error"])
        return Invocation(answer["answer"], answer["causes"])

    def close(self) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            process.stdin.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "infra.local.child", self._function.handler],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        return self._process
