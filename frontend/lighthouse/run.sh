#!/usr/bin/env bash
# Runs the product on ports and data of its own, and Lighthouse against it. Lighthouse's packages are installed on demand.
set -euo pipefail
cd "$(dirname "$0")"
[ -d node_modules ] || npm install --no-package-lock --no-audit --no-fund --loglevel=error

port=${PORT:-8900}
data=$(mktemp -d)
PORT=$port MONGODB_PORT=$((port + 1)) TWILIO_SIMULATOR_PORT=$((port + 2)) MAIL_PORT=$((port + 3)) \
  SMTP_PORT=$((port + 4)) DATA_DIR=$data \
  ../../backend/.venv/bin/mysms demo > "$data/output" 2>&1 &
product=$!
trap 'kill "$product" 2> /dev/null; wait "$product" 2> /dev/null || true; rm -rf "$data"' EXIT
until curl --silent --fail --output /dev/null "http://127.0.0.1:$port/up"; do
  kill -0 "$product" || { cat "$data/output"; exit 1; }
  sleep 0.2
done
node measure.mjs "http://127.0.0.1:$port"
