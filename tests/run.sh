#!/bin/sh
# Sets up everything that the tests need and runs them: format, lint, types, then every test.
# Arguments go to pytest, for example: sh tests/run.sh tests/runs -k resume
set -eu
cd "$(dirname "$0")/.."

if [ -z "${VIRTUAL_ENV:-}" ]; then
    [ -x .venv/bin/python ] || python3 -m venv .venv
    . .venv/bin/activate
fi
python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r tests/requirements.txt

# The journeys need a browser: Debian's where we may install it, else Playwright's own.
if ! command -v chromium >/dev/null 2>&1 && ! command -v chromium-browser >/dev/null 2>&1 &&
    ! command -v google-chrome >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get update -qq && apt-get install -y -qq chromium >/dev/null
    else
        python -m playwright install chromium
    fi
fi

ruff format --check .
ruff check .
mypy
OMP_WAIT_POLICY=PASSIVE python -m pytest -n 2 --dist loadfile --no-loadscope-reorder "$@" # threads that wait leave the core to the workers under test
