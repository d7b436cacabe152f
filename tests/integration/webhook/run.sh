#!/bin/sh
# Verifies signed webhooks with npm's standardwebhooks and ajv, and CloudEvents with npm's cloudevents.
#   usage: run.sh WEBHOOK_SEND WORK_FOLDER
# The packages are fetched once into WORK_FOLDER. Exit 77 (skipped) when node or the packages are not to
# be had, unless KEYWATCH_REQUIRE_INTEGRATION=1.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=$1
work=$2

missing() {
  echo "webhook: $1" >&2
  [ "${KEYWATCH_REQUIRE_INTEGRATION:-0}" = 1 ] && exit 1
  exit 77
}

command -v node >/dev/null || missing "node is not installed"
command -v npm >/dev/null || missing "npm is not installed"
mkdir -p "$work"
cp "$here/verify.mjs" "$here/cloudevents.mjs" "$work/"
if ! cmp -s "$here/package-lock.json" "$work/package-lock.json" || [ ! -d "$work/node_modules" ]; then
  cp "$here/package.json" "$here/package-lock.json" "$work/"
  if ! (cd "$work" && npm ci --no-audit --no-fund --silent); then
    rm -f "$work/package-lock.json"
    missing "npm could not fetch the packages"
  fi
fi
node "$work/cloudevents.mjs" "$here/../../unit/connectors/format/golden"
exec node "$work/verify.mjs" "$program" "$here/../../../docs/formats/alert.schema.json"
