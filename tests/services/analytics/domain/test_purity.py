import subprocess
import sys

# What the domain may not even load: it is computed in functions that must start fast.
HEAVY = ("lifelines", "pandas", "scipy", "matplotlib", "sqlalchemy", "fastapi", "boto3")


def test_the_domain_loads_no_library_but_numpy() -> None:
    code = (
        "import importlib, pkgutil, sys, services.analytics.domain as domain\n"
        "for module in pkgutil.walk_packages(domain.__path__, domain.__name__ + '.'):\n"
        "    importlib.import_module(module.name)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
