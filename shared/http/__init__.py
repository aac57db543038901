"""The HTTP habits of all services.

FastAPI asks of every parameter whether it is a model of Pydantic 1, and imports ``pydantic.v1`` to
know. Nobody here uses it, and it costs a cold start more than all code of ours together; FastAPI
takes its absence for a no.
"""

import sys

sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]
