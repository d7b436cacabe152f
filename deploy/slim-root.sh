#!/bin/sh
# Lays out the root file system of the container image: the program, every library it needs, and what
# is opened by name at run time. Runs on the Debian that the program was compiled on, as root:
# deploy/Dockerfile calls it, and the container test, which then need not compile again.
#   usage: slim-root.sh PROGRAM RULES OUT      (OUT must not exist)
#
# Opened by name, so that ldd does not list it: certificates, OpenSSL's settings, time zones, and the
# files that the C library asks for names. Left out on purpose: the plugins of libsasl2, which only
# Kerberos (sasl.mechanism GSSAPI) needs; PLAIN, SCRAM and OAUTHBEARER are in librdkafka itself.
# Package records and licences are there so that scanners (and deploy/sbom.py) know what is inside.
set -eu
program=$1 rules=$2 out=$3
if [ -e "$out" ]; then
  echo "slim-root: $out exists: name a folder that does not" >&2
  exit 3
fi
libraries=$out.libraries
mkdir -p "$out/etc/keywatch" "$out/usr/lib/ssl" "$out/var/lib/dpkg/status.d" "$out/usr/share"
mkdir -m 1777 "$out/tmp"
install -d -o 10001 -g 10001 "$out/data"

install -d "$out/usr/bin"
strip -o "$out/usr/bin/keywatch" "$program"
chmod 755 "$out/usr/bin/keywatch"
cp -R "$rules" "$out/etc/keywatch/rules"
find "$out/etc/keywatch/rules" -name '*.test.yaml' -delete
chmod -R u=rwX,go=rX "$out/etc/keywatch"

ldd "$program" > "$libraries"
if grep 'not found' "$libraries" >&2; then
  echo "slim-root: a library of $program is missing here: run deploy/install-packages.sh build" >&2
  exit 4
fi
awk '$2 == "=>" {print $3} $1 ~ /^\// {print $1}' "$libraries" | sort -u > "$libraries.files"
rm "$libraries"
: > "$libraries"
while read -r file; do
  real=$(readlink -f "$file")
  install -D "$real" "$out$file"
  # dpkg knows a file by the path that its package gave it, which may lack /usr.
  owner=$(dpkg -S "$real" 2>/dev/null || dpkg -S "${real#/usr}" 2>/dev/null || dpkg -S "$file")
  echo "${owner%%: *}" >> "$libraries"
done < "$libraries.files"

install -Dm644 /etc/ssl/certs/ca-certificates.crt "$out/etc/ssl/certs/ca-certificates.crt"
install -Dm644 /etc/ssl/openssl.cnf "$out/usr/lib/ssl/openssl.cnf"
ln -s /etc/ssl/certs "$out/usr/lib/ssl/certs"
cp -a /usr/share/zoneinfo "$out/usr/share/zoneinfo"
rm -rf "$out/usr/share/zoneinfo/posix" "$out/usr/share/zoneinfo/right"
echo 'hosts: files dns' > "$out/etc/nsswitch.conf"
echo 'keywatch:x:10001:10001::/data:/sbin/nologin' > "$out/etc/passwd"
echo 'keywatch:x:10001:' > "$out/etc/group"
cp /usr/lib/os-release "$out/usr/lib/os-release"
ln -s ../usr/lib/os-release "$out/etc/os-release"

printf '%s\n' ca-certificates tzdata >> "$libraries"
sort -u "$libraries" | while read -r package; do
  name=${package%%:*}
  dpkg-query -s "$package" > "$out/var/lib/dpkg/status.d/$name"
  if [ -e "/usr/share/doc/$name/copyright" ]; then
    install -Dm644 "/usr/share/doc/$name/copyright" "$out/usr/share/doc/$name/copyright"
  fi
done
rm "$libraries" "$libraries.files"
