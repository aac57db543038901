"""Seeded faults of what a case tells beside its events: drugs, history, tests, attachments."""

from dataclasses import replace
from typing import Any

from services.safety.e2b.model import (
    Dosage,
    HeldDocument,
    HistoryItem,
    LabResult,
    LinkedReport,
    Literature,
    OtherIdentifier,
    PastDrug,
)
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.values import Stamp
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.changes import Change, both, c_1, d, drug_of, put
from tests.services.safety.e2b.mutations import part

_FDA, _ICH = Profile.FDA_IND, Profile.ICH
LINKS = (LinkedReport("CZ-X-1"),)


def history(**told: Any) -> Change:
    return d(d_7_1_r=(HistoryItem("28.1", "90000003", **told),))


_TEST = LabResult(f_r_1=Stamp("20260401"), f_r_2_1="ALT", f_r_3_2="5", f_r_3_3="U/L")


CONTENT_CASES: list[tuple[str, Profile, Change, set[str]]] = [
    (
        "suspect and concomitant",
        _ICH,
        drug_of(1, g_k_2_2=" investigational  Conjugate"),
        {"INDUCT.G.k.2.2.UNIQUE"},
    ),
    (
        "given until before it began",
        _ICH,
        drug_of(1, g_k_4_r=(Dosage(g_k_4_r_4=Stamp("202603"), g_k_4_r_5=Stamp("20260228")),)),
        {"INDUCT.G.k.4.r.5.CROSS"},
    ),
    *(
        (
            f"{what} {number}",
            _ICH,
            drug_of(1, g_k_4_r=(Dosage(**told),)),
            {f"INDUCT.G.k.4.r.{rule}"},
        )
        for what, rule, doses in (
            (
                "form misshapen",
                "9.2b.FORMAT",
                (
                    {"g_k_4_r_9_2a": "1", "g_k_4_r_9_2b": "ROA-20001000"},
                    {"g_k_4_r_9_2a": "1", "g_k_4_r_9_2b": "PDF-11008000", "form_system": "1.2.3"},
                ),
            ),
            (
                "route misshapen",
                "10.2b.FORMAT",
                (
                    {"g_k_4_r_10_2a": "1", "g_k_4_r_10_2b": "001"},
                    {
                        "g_k_4_r_10_2a": "1",
                        "g_k_4_r_10_2b": "ROA-20001000",
                        "route_system": "2.16.840.1.113883.3.989.2.1.1.14",
                    },
                ),
            ),
            (
                "form half coded",
                "9.2a.CROSS",
                ({"g_k_4_r_9_2b": "PDF-11008000"}, {"g_k_4_r_9_2a": "1"}),
            ),
            (
                "route half coded",
                "10.2a.CROSS",
                ({"g_k_4_r_10_2b": "ROA-20001000"}, {"g_k_4_r_10_2a": "1"}),
            ),
        )
        for number, told in enumerate(doses)
    ),
    (
        "past drug taken until before it began",
        _ICH,
        d(d_8_r=(PastDrug("A", d_8_r_4=Stamp("2020"), d_8_r_5=Stamp("201912")),)),
        {"INDUCT.D.8.r.5.CROSS"},
    ),
    (
        "lasted longer than from first to last day",
        _ICH,
        both(
            put("e_i_5", Stamp("20260402")),
            put("e_i_6a", "5"),
            put("e_i_6b", "d"),
        ),
        {"INDUCT.E.i.6a.CROSS"},
    ),
    (
        "last dose before the first",
        _ICH,
        part(
            g_k=lambda held: tuple(
                replace(
                    drug,
                    g_k_9_i=tuple(
                        replace(
                            pair,
                            g_k_9_i_3_1a="2",
                            g_k_9_i_3_1b="d",
                            g_k_9_i_3_2a="97",
                            g_k_9_i_3_2b="h",
                        )
                        for pair in drug.g_k_9_i
                    ),
                )
                for drug in held
            )
        ),
        {"INDUCT.G.k.9.i.3.2a.CROSS"},
    ),
    ("event at no time", _FDA, put("e_i_4", None), {"FDA.E.i.4.CROSS"}),
    (
        "documents named and denied",
        _ICH,
        c_1(c_1_6_1_r=(HeldDocument("Letter of discharge"),)),
        {"INDUCT.C.1.6.1.CROSS"},
    ),
    (
        "other ids named and denied",
        _ICH,
        c_1(c_1_9_1_r=(OtherIdentifier("Partner", "P-1"),)),
        {"INDUCT.C.1.9.1.CROSS"},
    ),
    (
        "its own number as another",
        _ICH,
        c_1(c_1_9_1=True, c_1_9_1_r=(OtherIdentifier("Partner", reports.CASE),)),
        {"INDUCT.C.1.9.1.r.UNIQUE"},
    ),
    (
        "another id twice",
        _ICH,
        c_1(c_1_9_1=True, c_1_9_1_r=(OtherIdentifier("Partner", "P-1"),) * 2),
        {"INDUCT.C.1.9.1.r.UNIQUE"},
    ),
    (
        "linked to itself",
        _ICH,
        c_1(c_1_10_r=(LinkedReport(reports.CASE),)),
        {"INDUCT.C.1.10.r.UNIQUE"},
    ),
    ("linked twice", _ICH, c_1(c_1_10_r=LINKS * 2), {"INDUCT.C.1.10.r.UNIQUE"}),
    (
        "history that ended before it began",
        _ICH,
        history(d_7_1_r_2=Stamp("2020"), d_7_1_r_4=Stamp("201912")),
        {"INDUCT.D.7.1.r.4.CROSS"},
    ),
    (
        "history that ended and continues",
        _ICH,
        history(d_7_1_r_3=True, d_7_1_r_4=Stamp("2019")),
        {"INDUCT.D.7.1.r.3.CROSS"},
    ),
    (
        "limits of normal crossed",
        _ICH,
        part(f_r=lambda _: (replace(_TEST, f_r_4="10.5", f_r_5="9.5"),)),
        {"INDUCT.F.r.5.CROSS"},
    ),
    (
        "compressed attachment",
        _FDA,
        c_1(
            c_1_6_1=True,
            c_1_6_1_r=(HeldDocument("Scan", "QUJD", "image/jpeg", "B64", "DF"),),
        ),
        {"R0010"},
    ),
    (
        "attachment cut off",
        _ICH,
        c_1(c_1_6_1=True, c_1_6_1_r=(HeldDocument("Scan", "QUJDR", "image/jpeg", "B64"),)),
        {"INDUCT.CONTENT.FORMAT"},
    ),
    *(
        (
            f"attachment {what}",
            _ICH,
            c_1(c_1_6_1=True, c_1_6_1_r=(HeldDocument("Scan", content, kind, "B64", None, name),)),
            {f"INDUCT.CONTENT.{rule}"},
        )
        for what, kind, name, content, rule in (
            ("named otherwise", "image/jpeg", "scan.pdf", "QUJD", "MEDIA"),
            ("of no kind", None, "scan.pdf", "QUJD", "MEDIA"),
            ("too large", "image/jpeg", "scan.jpeg", "QUJD" * 3_750_001, "SIZE"),
        )
    ),
    (
        "literature of another kind",
        _ICH,
        part(c_4_r=lambda _: (Literature("A", "QUJD", "text/plain", "B64", None, "a.pdf"),)),
        {"INDUCT.CONTENT.MEDIA"},
    ),
]
