"""Seeded faults of pregnancies, parents, and the dose until the first reaction."""

from typing import Any

from services.safety.e2b.model import Dosage, Parent, ParentDrug, ParentHistoryItem
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.values import NullFlavor, Stamp
from tests.services.safety.e2b.changes import Change, d, drug_of

_ICH = Profile.ICH


def parent(**told: Any) -> Change:
    return d(d_10=Parent(**{"d_10_6": "2"} | told))


KIN_CASES: list[tuple[str, Profile, Change, set[str]]] = [
    (
        "foetus without a parent",
        _ICH,
        d(d_2_2_1a="20", d_2_2_1b="wk"),
        {"INDUCT.D.2.2.1a.CROSS"},
    ),
    *(
        (
            f"foetus of {number} {unit}",
            _ICH,
            d(d_2_2_1a=number, d_2_2_1b=unit, d_10=Parent(d_10_6="2")),
            found,
        )
        for number, unit, found in (
            ("46", "wk", {"INDUCT.D.2.2.1a.RANGE"}),
            ("45", "wk", set[str]()),
            ("4", "{trimester}", {"INDUCT.D.2.2.1a.RANGE"}),
            ("316", "d", {"INDUCT.D.2.2.1a.RANGE"}),
            ("12", "mo", {"INDUCT.D.2.2.1a.RANGE"}),
        )
    ),
    ("period of a boy", _ICH, d(d_5="1", d_6=Stamp("202602")), {"INDUCT.D.6.CROSS"}),
    ("period of a boy kept back", _ICH, d(d_5="1", d_6=NullFlavor.MSK), set()),
    (
        "period of a father",
        _ICH,
        parent(d_10_6="1", d_10_3=Stamp("202602")),
        {"INDUCT.D.10.3.CROSS"},
    ),
    *(
        (
            f"parent's disease {what}",
            _ICH,
            parent(d_10_7_1_r=(ParentHistoryItem("28.1", "90000003", **told),)),
            {f"INDUCT.D.10.7.1.r.{rule}.CROSS"},
        )
        for what, rule, told in (
            (
                "over before it began",
                "4",
                {"d_10_7_1_r_2": Stamp("2020"), "d_10_7_1_r_4": Stamp("2019")},
            ),
            ("over and going on", "3", {"d_10_7_1_r_3": True, "d_10_7_1_r_4": Stamp("2019")}),
        )
    ),
    (
        "parent's drug taken until before it was begun",
        _ICH,
        parent(d_10_8_r=(ParentDrug("A", d_10_8_r_4=Stamp("2020"), d_10_8_r_5=Stamp("2019")),)),
        {"INDUCT.D.10.8.r.5.CROSS"},
    ),
    *(
        (
            f"route of nobody's parent {number}",
            _ICH,
            drug_of(1, g_k_4_r=(Dosage(**told),)),
            {"INDUCT.G.k.4.r.11.CROSS"},
        )
        for number, told in enumerate(
            (
                {"g_k_4_r_11_1": "By mouth"},
                {"g_k_4_r_11_2a": "1", "g_k_4_r_11_2b": "ROA-20001000"},
            )
        )
    ),
    (
        "less in all than at once",
        _ICH,
        drug_of(0, g_k_5a="0.79", g_k_5b="mg/m2"),
        {"INDUCT.G.k.5a.CROSS"},
    ),
    ("as much in all as at once", _ICH, drug_of(0, g_k_5a="0.8", g_k_5b="mg/m2"), set()),
    ("less in another unit", _ICH, drug_of(0, g_k_5a="0.5", g_k_5b="mg"), set()),
    (
        "exposed after birth",
        _ICH,
        drug_of(1, g_k_6a="47", g_k_6b="wk"),
        {"INDUCT.G.k.6a.RANGE"},
    ),
]
