#!/bin/sh
# Installs what is missing of deploy/debian-packages.txt, and says so first.
#   usage: install-packages.sh [build] [test]        (default: build)
# Runs as root, or uses sudo. Does nothing, silently, when all is there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
stages=" ${*:-build} "

missing=
while read -r package stage command; do
  case $package in ''|'#'*) continue ;; esac
  case $stages in *" $stage "*) ;; *) continue ;; esac
  command=${command%%#*}
  command=${command%% *}
  [ -n "$command" ] && command -v "$command" >/dev/null 2>&1 && continue
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] && continue
  missing="$missing $package"
done < "$here/debian-packages.txt"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "install-packages: this is no Debian (no apt-get); install the equivalents of:$missing" >&2
  exit 3
fi
root=
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "install-packages: not root and no sudo; as root, run: apt-get install$missing" >&2
    exit 3
  fi
  root="sudo"
fi
echo "Installing Debian packages:$missing" >&2
# shellcheck disable=SC2086  # a list of words, and an optional one
{
  $root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
  $root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 $missing >&2
}
