"""Deploy template.yaml into an emulator on this machine and keep it until Ctrl-C."""

import contextlib
import signal
import sys

from infra.emulation.deployment import deployed
from infra.local.home import Home

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with deployed(Home.from_environment()) as made:
        print(*(f"- {remark}" for remark in made.remarks), sep="\n")  # noqa: T201
        print(f"API: {made.url}\nAWS: {made.emulator.url}\nCtrl-C ends it.", flush=True)  # noqa: T201
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
