"""How many examples hypothesis tries, in multiples of what the profile says."""

from typing import Any

from hypothesis import settings


def examples(share: float, **more: Any) -> settings:
    """Settings for a test whose example costs much less, or much more, than most: ``share`` of the
    profile's number. A number of its own would stay the same in the profile ``deep``.

    The profile is loaded before any module of tests is."""
    return settings(max_examples=max(2, round(share * settings().max_examples)), **more)
