"""The other end of ``functions.Child``: ``python -m infra.local.child HANDLER``."""

import json
import sys
from types import SimpleNamespace

from infra.local.functions import load
from shared.messaging.consumer import failure_causes


def serve(handler_path: str) -> None:
    """Answer one line of JSON for each line of JSON, until the input ends."""
    handler = load(handler_path)
    answers = sys.stdout
    sys.stdout = sys.stderr  # a stray print must not be taken for an answer
    context = SimpleNamespace(
        function_name=handler_path, get_remaining_time_in_millis=lambda: 300_000
    )
    for line in sys.stdin:
        causes: dict[str, str] = {}
        failure_causes.set(causes)
        try:
            answer = {"answer": handler(json.loads(line), context), "causes": causes}
        except Exception as error:  # told to the host, which lets the message come again
            answer = {"error": type(error).__name__}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve(sys.argv[1])
