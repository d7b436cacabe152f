#!/usr/bin/env bash
# All tests, from a clean clone: installs what is missing (deploy/debian-packages.txt), builds, tests.
#   release  RelWithDebInfo: data-driven and integration tests (a real Kafka broker, ..)
#   dev      Debug with ASan and UBSan: unit and data-driven tests
#   fuzz     clang, libFuzzer: each fuzzer for KEYWATCH_FUZZ_SECONDS (30)
# usage: tests/run.sh [release] [dev] [fuzz]            (default: all three)
# Lint comes first in any case. Every part runs even when one before it failed; the last line is the
# verdict. Exit 1 if any failed.
# KEYWATCH_REQUIRE_INTEGRATION=0 lets integration tests skip where a peer is missing.
set -uo pipefail
cd "$(dirname "$0")/.."
start=$SECONDS
failed=()
summaries=()

say() { printf '\n== %s (%d s)\n' "$*" $((SECONDS - start)); }

verdict() {
  printf '\n'
  printf '%s\n' "${summaries[@]+"${summaries[@]}"}"
  if [ ${#failed[@]} -eq 0 ]; then
    echo "PASSED: every test, in $((SECONDS - start)) s"
    exit 0
  fi
  echo "FAILED: ${failed[*]} (after $((SECONDS - start)) s)"
  exit 1
}

build() {  # preset targets..
  local preset=$1
  shift
  say "build $preset"
  # Unity: several sources in one compiler run, a third of the time from nothing. What that asks of the
  # sources: a name in an anonymous namespace is used once per library (and per unit test program).
  # Line tables are all that a sanitizer's report needs.
  if ! cmake --preset "$preset" -DCMAKE_UNITY_BUILD=ON -DCMAKE_CXX_FLAGS_DEBUG=-g1 \
    >"build/$preset.configure.log" 2>&1; then
    cat "build/$preset.configure.log"
    failed+=("configure-$preset")
    return 1
  fi
  if ! cmake --build "build/$preset" ${@:+--target "$@"} -- -k 20 --quiet; then
    failed+=("build-$preset")
    return 1
  fi
}

tests() {  # preset, ctest arguments..
  local preset=$1 log=build/$1.ctest.log
  shift
  say "test $preset"
  ctest --test-dir "build/$preset" --output-on-failure --no-tests=error -j "$jobs" "$@" 2>&1 |
    tee "$log"
  local status=${PIPESTATUS[0]}
  summaries+=("$preset: $(grep -E '^[0-9]+% tests passed' "$log" || echo 'no summary')")
  [ "$status" -eq 0 ] || failed+=("test-$preset")
}

deploy/install-packages.sh build test || { failed+=(install); verdict; }
mkdir -p build
jobs=$(nproc)
export CMAKE_GENERATOR=Ninja
export CMAKE_CXX_COMPILER_LAUNCHER=ccache
export KEYWATCH_REQUIRE_INTEGRATION=${KEYWATCH_REQUIRE_INTEGRATION:-1}
parts=" ${*:-release dev fuzz} "

# The cheapest first: a mistake of layering or format need not wait for the build.
say lint
for check in tests/lint/check_*.py; do
  python3 "$check" || failed+=("$(basename "$check" .py)")
done

if [[ $parts == *" fuzz "* ]] && compgen -G 'tests/fuzz/fuzz_*.cc' >/dev/null; then
  build fuzz fuzzers && tests fuzz -L fuzz
fi
if [[ $parts == *" dev "* ]]; then
  build dev && tests dev -LE 'integration|fuzz|lint'
fi
if [[ $parts == *" release "* ]]; then
  build release && tests release -LE lint
fi
verdict
