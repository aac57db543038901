"""Numbers as IBM mainframes and SAS XPORT hold them: base 16, 56 bits of fraction."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

MISSING = b"." + bytes(7)
"""The missing value of SAS."""

_BIAS = 64
_FRACTION_BITS = 56


# A dataset says the same numbers over and over: dates, flags, counts.
@lru_cache(maxsize=8192)
def ibm_float(value: Decimal | int) -> bytes:
    """The eight bytes of a number, rounded half to even from its exact decimal digits.

    Raises ``OverflowError`` where it is too large or too small for the format (about 1E75, 1E-78).
    """
    exact = abs(Fraction(value))
    if exact == 0:
        return bytes(8)
    exponent = (exact.numerator.bit_length() - exact.denominator.bit_length()) // 4 - 1
    while exact >= Fraction(16) ** exponent:
        exponent += 1
    fraction: int = round(exact / Fraction(16) ** exponent * 2**_FRACTION_BITS)
    if fraction == 2**_FRACTION_BITS:
        exponent, fraction = exponent + 1, fraction >> 4
    if not 0 <= exponent + _BIAS < 128:
        raise OverflowError("the number is beyond what the format holds")
    sign = 0x80 if value < 0 else 0
    return bytes([sign | (exponent + _BIAS)]) + fraction.to_bytes(7, "big")
