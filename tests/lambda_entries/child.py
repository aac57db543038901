"""A stand-in for Lambda's runtime: one warm process that is given events, one a line of JSON."""

import importlib
import json
import sys
from types import SimpleNamespace


def serve(module: str) -> None:
    entry = importlib.import_module(module)
    answers, sys.stdout = sys.stdout, sys.stderr
    context = SimpleNamespace(
        function_name=module,
        aws_request_id="8f507cfc-xmpl-4697-b07a-ac58fc914c95",
        get_remaining_time_in_millis=lambda: 15_000,
    )
    for line in sys.stdin:
        name, event = json.loads(line)
        try:
            answer = {"answer": getattr(entry, name)(event, context)}
        except Exception as error:  # as the runtime would: it reports the error and lives on
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve(sys.argv[1])
