"""Makes server processes in a moment: it has imported everything, and forks.

``python -m tests.simulation.zygote`` reads orders, a line of JSON each, and answers the process id
of a server made to that order. It starts no thread and opens no connection of its own.
"""

import gc
import importlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from infra.database.cast import SERVICES
from infra.local.home import TEMPLATE
from infra.topology import Topology, read_topology
from tests.simulation import serving


def main() -> None:
    topology = read_topology(TEMPLATE)
    _import_all(topology)
    gc.freeze()  # what all have in common is copied by nobody's collector
    signal.signal(signal.SIGCHLD, lambda *_: _collect())
    _say({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(order, topology)
        _say({"pid": child})


def _import_all(topology: Topology) -> None:
    for service in SERVICES:
        importlib.import_module(f"services.{service}.entrypoint")
    for function in topology.functions:
        if function.package_type != "Image":
            importlib.import_module(function.handler.rpartition(".")[0])


def _collect() -> None:
    """Let the dead go: a zombie would look alive to who waits for its end."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _become(order: Mapping[str, Any], topology: Topology) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.update(order["environment"])
    code = 1
    try:
        serving.serve(order, topology)
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def _say(what: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
