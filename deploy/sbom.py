#!/usr/bin/env python3
"""A CycloneDX 1.5 list of what is in the image, from the package records that the image carries.

    podman create --name k keywatch && podman export k | deploy/sbom.py > keywatch.cdx.json

Reads the image's files as a tar from standard input (docker export gives the same). The components are
the program, with its hash, and each Debian package that a file came from, with its licences as the
package states them. The same image gives the same bytes.
"""
import hashlib
import json
import re
import sys
import tarfile
import uuid

PROGRAM = "usr/bin/keywatch"
RECORDS = "var/lib/dpkg/status.d/"
NAMESPACE = uuid.UUID("0d6c7a3e-0b0c-4d0e-9f7b-6b65797761ff")


def fields(record):
    """The one-line fields of a Debian control paragraph."""
    found = {}
    for line in record.splitlines():
        name, colon, value = line.partition(":")
        if colon and not line.startswith(" "):
            found[name] = value.strip()
    return found


def licences(text):
    """Names on the License lines of a machine-readable copyright file; [] for one in prose."""
    if not text.startswith("Format:"):
        return []
    names = re.findall(r"^License:[ \t]*(\S.*?)[ \t]*$", text, re.MULTILINE)
    return sorted(set(names))


def package(record, copyright_text, distribution):
    control = fields(record)
    name, version, architecture = control["Package"], control["Version"], control["Architecture"]
    quoted = version.replace("+", "%2B").replace(":", "%3A")
    purl = (f"pkg:deb/debian/{name.replace('+', '%2B')}@{quoted}"
            f"?arch={architecture}&distro={distribution}")
    component = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
                 "supplier": {"name": control.get("Maintainer", "Debian")}}
    names = licences(copyright_text)
    if names:
        component["licenses"] = [{"license": {"name": one}} for one in names]
    return component


def bill(files, version):
    """files: path -> bytes of the records, copyright files, os-release and the program."""
    release = dict(line.split("=", 1) for line in files["usr/lib/os-release"].decode().splitlines()
                   if "=" in line)
    distribution = "debian-" + release["VERSION_ID"].strip('"')
    components = []
    for path in sorted(files):
        if path.startswith(RECORDS):
            record = files[path].decode()
            text = files.get(f"usr/share/doc/{path[len(RECORDS):]}/copyright", b"")
            components.append(package(record, text.decode(errors="replace"), distribution))
    digest = hashlib.sha256(files[PROGRAM]).hexdigest()
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, json.dumps([digest, components]))}",
        "metadata": {"component": {
            "type": "application", "bom-ref": "keywatch", "name": "keywatch", "version": version,
            "hashes": [{"alg": "SHA-256", "content": digest}]}},
        "components": components,
        "dependencies": [{"ref": "keywatch", "dependsOn": [one["bom-ref"] for one in components]}],
    }


def read(stream):
    files = {}
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            path = member.name.removeprefix("./").removeprefix("/")
            if member.isfile() and (path in (PROGRAM, "usr/lib/os-release") or path.startswith(RECORDS)
                                    or path.endswith("/copyright")):
                files[path] = archive.extractfile(member).read()
    return files


def main():
    if sys.stdin.isatty() or len(sys.argv) > 2 or sys.argv[1:2] in (["-h"], ["--help"]):
        print("usage: podman export CONTAINER | sbom.py [VERSION] > keywatch.cdx.json", file=sys.stderr)
        return 2
    files = read(sys.stdin.buffer)
    missing = [path for path in (PROGRAM, "usr/lib/os-release") if path not in files]
    if missing:
        print(f"sbom: no {missing[0]} in the archive: give it `podman export` of a keywatch container",
              file=sys.stderr)
        return 4
    json.dump(bill(files, sys.argv[1] if len(sys.argv) == 2 else "0"), sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
