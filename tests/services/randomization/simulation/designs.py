"""The example designs that ship as documentation, and short ways to one's own."""

import json
from pathlib import Path
from typing import Any

from services.randomization.domain.simulation import Design, read_design

FOLDER = Path(__file__).resolve().parents[4] / "docs" / "examples" / "designs"
TWO_TO_ONE = [{"code": "INO", "ratio": 2}, {"code": "ALLR3", "ratio": 1}]
ONE_TO_ONE = [{"code": "A", "ratio": 1}, {"code": "B", "ratio": 1}]
BLOCKS = {"method": "permuted_blocks", "block_sizes": [3, 6, 9]}


def example(name: str) -> Design:
    return read_design(json.loads((FOLDER / f"{name}.json").read_text("utf-8")))


def raw(**changes: Any) -> dict[str, Any]:
    return {"arms": TWO_TO_ONE, "scheme": BLOCKS, "subjects": 30, **changes}
