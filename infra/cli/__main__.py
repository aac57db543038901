"""``python -m infra.cli`` is ``induct``."""

from infra.cli.main import main

main()
