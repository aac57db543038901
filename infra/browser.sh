#!/bin/sh
# Installs Debian's Chromium, its fonts and poppler for the tests that look at pages as a browser
# and a printer show them. Without root, apt or network it says so, and those tests skip.
set -u

missing=
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
    command -v google-chrome >/dev/null 2>&1 || command -v google-chrome-stable >/dev/null 2>&1 ||
    missing="chromium fonts-dejavu-core"
command -v pdftoppm >/dev/null 2>&1 || missing="$missing poppler-utils"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "note: no $missing here, and no way to install it: the tests that need it will skip."
    exit 0
fi
echo "Installing from Debian's packages: $missing ..."
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 (several packages)
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } \
    >"$log" 2>&1; then
    tail -n 3 "$log"
    echo "note: that failed: the tests that need it will skip."
fi
rm -f "$log"
