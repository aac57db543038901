"""Invented dictionaries in the layouts of the licences' files. No term of them is real."""

from pathlib import Path

CURRENT, RETIRED, UNKNOWN = "90000001", "90000002", "90000009"


def write_meddra(folder: Path, version: str = "28.1") -> Path:
    """The four files that a version is loaded from."""
    files = {
        "meddra_release.asc": f"{version}$English$$$$\n",
        "soc.asc": "80000001$Imaginary disorders$Imag$\n",
        "pt.asc": "85000001$Purple liver$$80000001$$$$$$$$\n",
        "llt.asc": (
            f"{CURRENT}$Purple liver$85000001$$$$$$$Y$$\n"
            f"{RETIRED}$Liver, purple$85000001$$$$$$$N$$\n"
            "90000003$Purple liver, very$85000001$$$$$$$Y$$\n"
        ),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def write_whodrug(folder: Path) -> Path:
    """An invented export of drug names. No drug of it exists."""
    file = folder / "drugs.asc"
    file.write_text(
        "atc$drug_name$drug_code$other\n"
        "X01$Purplimab$000001$?\nX02$Greenimab$000002$?\nX03$Salt of Purplimab$000003$?\n",
        encoding="utf-8",
    )
    return file


def write_whodrug_b3(folder: Path) -> Path:
    """The same as files in the layout of B3: names, and classes of their codes."""
    rows = [
        ("00000101001", "Purplimab"), ("00000101002", "Purple injection"),
        ("00000201001", "Greenimab"), ("00000301001", "Unclassed"),
    ]  # fmt: skip
    names = "".join(
        f"{code}6N  001      01 854"[:30].ljust(30) + f"{name}\n" for code, name in rows
    )
    classes = (
        "000001010016X01    111 \n000001010016X02    112*\n000001010016X03    113 \n"
        "000002010016X04    111*\n"
    )
    (folder / "DD.txt").write_text(names, encoding="utf-8")
    (folder / "DDA.txt").write_text(classes, encoding="utf-8")
    return folder


def write_whodrug_c3(folder: Path) -> Path:
    """The same in the layout of C3: a line for each product, of which several go by one name."""
    rows = [
        ("11", "00000101001", "Purplimab"), ("12", "00000101001", "Purplimab"),
        ("13", "00000101002", "Purple injection"), ("14", "00000201001", "Greenimab"),
        ("15", "00000301001", "Unclassed"),
    ]  # fmt: skip
    products = "".join(
        f"{product:>10}{'':35}{code}{'1':>10}{'1':>10}Y{name:1500}{'':30}\n"
        for product, code, name in rows
    )
    classes = "".join(
        f"{number:>10}{atc:10}20260301{official or ' '}{product:>10}\n"
        for number, (product, atc, official) in enumerate(
            (
                ("11", "X01", ""), ("11", "X02", "Y"), ("12", "X09", "Y"), ("11", "X03", "Y"),
                ("13", "X02", "Y"), ("14", "X05", ""), ("14", "X04", ""),
            )
        )
    )  # fmt: skip
    (folder / "MP.txt").write_text(products, encoding="utf-8")
    (folder / "ThG.txt").write_text(classes, encoding="utf-8")
    return folder
