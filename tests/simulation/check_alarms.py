"""I4: where something was given up, somebody is called; and nobody is called for nothing."""

import json
from collections.abc import Iterator

from tests.simulation.alarms import FILE
from tests.simulation.evidence import Evidence


def check(found: Evidence) -> Iterator[str]:
    file = found.folder / FILE
    if not file.exists():
        yield "nobody looked whether anything was given up"
        return
    for text in file.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        dead = sum(line["dead"].values())
        if line["gauge"] != dead:
            yield f"{dead} dead letters, and the watch says {line['gauge']}"
        if line["status"] != (dead == 0):
            yield f"{dead} dead letters, and the status calls that {line['status']}"
        if line["ringing"] != sorted(line["dead"]):
            yield f"dead letters of {sorted(line['dead'])}, and alarms of {line['ringing']} ring"
