"""Lambda with the operations function in it."""

import io
import json
from typing import Any

from infra.aws import operations


class Lambda:
    """What goes in and out is JSON, as there."""

    def __init__(self) -> None:
        self.answered: list[bytes] = []

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        assert (FunctionName, Qualifier) == ("induct-live-Operations", "live")
        try:
            told = json.dumps(operations.handler(json.loads(Payload), None)).encode()
        except Exception as error:
            told = json.dumps({"errorMessage": str(error)}).encode()
            return {"Payload": io.BytesIO(told), "FunctionError": "Unhandled"}
        self.answered.append(told)
        return {"Payload": io.BytesIO(told)}
