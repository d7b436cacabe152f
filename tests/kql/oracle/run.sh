#!/usr/bin/env bash
# Compares keywatch's KQL front end with Microsoft's on the rules, on every query of tests/kql, and on
# generated mutants of them.
# usage: run.sh KQL_CHECK WORK_DIRECTORY [--mutants N] [--seed N]
# Exit 77 (skipped) when node or the npm package is not to be had, unless KEYWATCH_REQUIRE_INTEGRATION=1.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
check=$1 work=$2
shift 2

missing() {
  echo "kql oracle: $1"
  [ "${KEYWATCH_REQUIRE_INTEGRATION:-0}" = 1 ] && exit 1
  exit 77
}

command -v node >/dev/null || missing "node is not installed"
command -v npm >/dev/null || missing "npm is not installed"
cp "$here/package.json" "$here/package-lock.json" "$work/"
if [ ! -e "$work/node_modules/@kusto/language-service-next/package.json" ]; then
  (cd "$work" && npm ci --no-audit --no-fund --silent) || missing "npm could not fetch the package"
fi
cd "$here/../../.."
{
  "$check" rules rules
  find tests/kql -name '*.test' -print0 | sort -z | xargs -0 "$check" cases
} >"$work/queries.jsonl"
NODE_PATH="$work/node_modules" node "$here/compare.js" "$check" "$work/queries.jsonl" "$@"
