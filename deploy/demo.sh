#!/usr/bin/env bash
# Builds keywatch and shows it at work, without a broker: a generated day of Managed HSM and Key Vault
# traffic with attacks in it goes through the same path as live records; alerts appear as they are
# found; then the page of metrics and health stays until Ctrl-C.
#   usage: deploy/demo.sh [--once] [--listen ADDRESS:PORT]      --once: end after the day
# Installs the `build` packages of deploy/debian-packages.txt that are missing (as root or with sudo).
# Run again, it installs and builds only what changed.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/install-packages.sh build
export CMAKE_GENERATOR=Ninja
export CMAKE_CXX_COMPILER_LAUNCHER=ccache
if [ ! -x build/demo/app/keywatch ]; then
  echo "building keywatch, once: about 5 minutes on 2 cores" >&2
fi
cmake -S . -B build/demo -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DKEYWATCH_HARDEN=ON \
  -DCMAKE_UNITY_BUILD=ON >/dev/null
cmake --build build/demo --target keywatch -- --quiet
exec build/demo/app/keywatch demo --rules rules "$@"
