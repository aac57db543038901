"""An independent grader: reads admiral's R conditions (Apache-2.0) as they are and runs them.

It shares no code and no table with the product: it knows R's `case_when`, where the first condition
that is TRUE decides and NA is not TRUE, and nothing of CTCAE.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache

Number = Fraction | None
COLUMNS = ("GRADE_NA_CODE", "GRADE_4_CODE", "GRADE_3_CODE", "GRADE_2_CODE", "GRADE_1_CODE")
COMPARE: dict[type[ast.cmpop], Callable[[Fraction, Fraction], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
ARITHMETIC: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Mult: operator.mul,
}


def grade(row: Mapping[str, str], values: Mapping[str, Number]) -> str | None:
    """Grade "0" to "4" of AVAL with ANRLO, ANRHI, BASE, PCHG; None for R's NA."""
    for column in COLUMNS:
        for condition, outcome in _branches(row.get(column, "")):
            if _holds(condition, values):
                return outcome
    return "0"


def numbers(row: Mapping[str, str]) -> list[str]:
    """Every number in the conditions, as printed."""
    code = " ".join(row.get(column, "") for column in COLUMNS)
    code = re.sub(r'~\s*("\d"|NA_character_)', "", code)
    return sorted(set(re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", code)))


@cache
def _branches(code: str) -> list[tuple[ast.expr, str | None]]:
    found = re.findall(r'(.*?)~\s*(?:"(\d)"|NA_character_)\s*(?:,|$)', code)
    assert len(found) == code.count("~"), code
    return [(_parsed(condition), outcome or None) for condition, outcome in found]


def _parsed(condition: str) -> ast.expr:
    """R's `&`, `|` and `!` are weaker than comparison; Python's are not: hence the words."""
    text = condition.replace("is.na", "is_na").replace("&", " and ").replace("|", " or ")
    # Rounding to significant digits mends binary floats; exact fractions need none.
    text = text.replace(", signif_dig", "")
    return ast.parse(re.sub(r"!(?!=)", " not ", text).strip(), mode="eval").body


def _holds(node: ast.expr, values: Mapping[str, Number]) -> bool:
    """Whether a condition is TRUE: NA is not."""
    match node:
        case ast.BoolOp(op=joint):
            answers = [_holds(each, values) for each in node.values]
            return all(answers) if isinstance(joint, ast.And) else any(answers)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Call(func=ast.Name(id="is_na")) as call):
            return not _holds(call, values)
        case ast.Call(func=ast.Name(id="is_na"), args=[ast.Name(id=name)]):
            return values[name] is None
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            one, other = _value(left, values), _value(right, values)
            return one is not None and other is not None and COMPARE[type(sign)](one, other)
    raise AssertionError(ast.dump(node))


def _value(node: ast.expr, values: Mapping[str, Number]) -> Number:
    match node:
        case ast.Call(func=ast.Name(id="signif"), args=[inner]):
            return _value(inner, values)
        case ast.Name(id=name):
            return values[name]
        case ast.Constant():
            return Fraction(str(node.value))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as constant):
            return -Fraction(str(constant.value))
        case ast.BinOp(left=left, op=sign, right=right):
            one, other = _value(left, values), _value(right, values)
            if one is None or other is None:
                return None
            return ARITHMETIC[type(sign)](one, other)
    raise AssertionError(ast.dump(node))
