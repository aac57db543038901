"""The randomization app behind uvicorn, in a process of its own: ``python -m benchmarks.server``.

Reads its settings as one line of JSON, prints the port it listens on, and serves until its input
ends, so that it never outlives the benchmark.
"""

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.outcome import InvalidRun
from benchmarks.processes import Python, end

START_SECONDS = 20


@contextmanager
def serving(
    python: Python, database_url: str, folder: Path, runner: str, connections: int
) -> Iterator[int]:
    """The server as a process, for as long as the block lasts; gives its port.

    ``folder`` holds the issuer's key and takes the log. Raises ``InvalidRun`` where it does not
    start.
    """
    process = python.start("-m", "benchmarks.server")
    watchdog = threading.Timer(START_SECONDS, process.kill)
    watchdog.start()
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        job = {"url": database_url, "folder": str(folder), "runner": runner, "size": connections}
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        port = process.stdout.readline()
        watchdog.cancel()
        if not port:
            raise InvalidRun("the server did not start")
        yield int(port)
    finally:
        watchdog.cancel()
        end(process)


def _main() -> None:
    import uvicorn
    import uvloop

    from benchmarks.application import make_app
    from shared.http.logs import log_to

    job = json.loads(sys.stdin.readline())
    folder = Path(job["folder"])
    app = make_app(job["url"], folder, job["runner"], job["size"])
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", server_header=False
    )
    server = uvicorn.Server(config)

    def stop_when_alone() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=stop_when_alone, daemon=True).start()
    with (folder / "server.log").open("a", encoding="utf-8") as stream:
        log_to(stream)
        print(listener.getsockname()[1], flush=True)
        # The loop of `induct run`.
        uvloop.run(server.serve(sockets=[listener]))


if __name__ == "__main__":
    _main()
