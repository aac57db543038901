"""What the generator makes of fixed secrets, printed; to be run by any Python there is."""

import hashlib
import json
import sys
from fractions import Fraction

from services.randomization.domain import biased_coin, commitments, generator, merkle

RATIO = {"INO": 2, "ALLR3": 1}
LABELS = ("f1=a;f2=x", "f1=b;f2=x")
GOLDEN = (bytes(range(32)), "TEST-LIST-1")


def golden() -> dict[str, str]:
    """The published vectors: contents of both strata, first draw, root over all commitments."""
    secret, list_id = GOLDEN
    made = {label: blocks(secret, list_id, label) for label in LABELS}
    leaves = [
        commitments.commitment(
            list_id, label, n, commitments.salt(secret, list_id, label, n), content
        )
        for label in LABELS
        for n, content in enumerate(made[label], start=1)
    ]
    contents = {label: "".join(arm[0] for arm in made[label]) for label in LABELS}
    draw = generator.draws(secret, list_id, 1)[0]
    return contents | {"draw": draw, "root": merkle.root(leaves).hex()}


def many() -> str:
    """One digest over lists of every method from two hundred secrets."""
    digest = hashlib.sha256()
    for n in range(200):
        secret = hashlib.sha256(f"secret {n}".encode()).digest()
        arms = list(RATIO)
        made = [
            *blocks(secret, f"L{n}", "a=b"),
            *generator.draws(secret, f"L{n}", 20),
            *biased_coin.efron(
                secret, f"L{n}", "a=b", arms=arms, probability=Fraction(2, 3), capacity=40
            ),
            *biased_coin.big_stick(secret, f"L{n}", "a=b", arms=arms, limit=2, capacity=40),
        ]
        digest.update(json.dumps(made).encode())
    return digest.hexdigest()


def blocks(secret: bytes, list_id: str, label: str) -> list[str]:
    made = generator.permuted_blocks(
        secret, list_id, label, ratio=RATIO, block_sizes=(3, 6, 9), capacity=24
    )
    return list(made)


if __name__ == "__main__":
    told = {"version": sys.version_info[:2], "golden": golden(), "many": many()}
    sys.stdout.write(json.dumps(told))
