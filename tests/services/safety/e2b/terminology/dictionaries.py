"""An invented dictionary in the layout of MedDRA's ASCII files. No term of it is MedDRA's."""

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
