"""What keywatch writes in formats of others, checked by other people's code: OCSF findings against the
published OCSF 1.8.0 schema (PyPI's ocsf-json-schema carries it)."""
import copy
import json
import pathlib
import subprocess
import sys
import unittest

import broker
import harness

GOLDEN = harness.ROOT / "tests" / "unit" / "connectors" / "format" / "golden"
PACKAGES = ["ocsf-json-schema==1.2.0", "jsonschema==4.23.0"]


def peers():
    """A folder with PACKAGES, made once."""
    folder = broker.PEERS / "ocsf"
    done = folder / "done"
    wanted = "\n".join(PACKAGES)
    if done.exists() and done.read_text() == wanted:
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    venv = subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], capture_output=True,
                          text=True)
    if venv.returncode != 0:
        raise broker.MissingPeer(f"python3-venv: {venv.stdout[-500:]}{venv.stderr[-500:]}")
    pip = subprocess.run([str(folder / "venv" / "bin" / "pip"), "install", "-q",
                          "--disable-pip-version-check", "--target", str(folder), *PACKAGES],
                         capture_output=True, text=True)
    if pip.returncode != 0:
        raise broker.MissingPeer(f"pip could not fetch {PACKAGES}: {pip.stderr[-500:]}")
    done.write_text(wanted)
    return folder


class Ocsf(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sys.path.insert(0, str(peers()))
        import jsonschema
        import ocsf_json_schema
        published = ocsf_json_schema.OcsfJsonSchemaEmbedded(
            ocsf_json_schema.get_ocsf_schema(version="1.8.0"))
        name = published.lookup_class_name_from_uid(class_uid=2004)
        cls.validators = {
            profiles: jsonschema.Draft202012Validator(
                published.get_class_schema(class_name=name, profiles=list(profiles)))
            for profiles in ((), ("cloud",))}

    def mistakes(self, finding):
        profiles = tuple(finding["metadata"].get("profiles", []))
        return [f"{list(error.absolute_path)}: {error.message[:200]}"
                for error in self.validators[profiles].iter_errors(finding)]

    def test_findings_are_valid(self):
        files = sorted(GOLDEN.glob("*.ocsf.json"))
        self.assertGreaterEqual(len(files), 5)
        for path in files:
            with self.subTest(path.name):
                self.assertEqual(self.mistakes(json.loads(path.read_text(encoding="utf-8"))), [])

    def test_the_schema_refuses(self):
        good = json.loads((GOLDEN / "release.ocsf.json").read_text(encoding="utf-8"))
        for spoil in (lambda f: f.pop("activity_id"), lambda f: f.update(severity_id="High"),
                      lambda f: f.update(severity_id=50), lambda f: f.update(made_up=1),
                      lambda f: f["finding_info"].pop("uid"), lambda f: f.pop("cloud"),
                      lambda f: f["metadata"].pop("product"),
                      lambda f: f["finding_info"]["attacks"].append({})):
            bad = copy.deepcopy(good)
            spoil(bad)
            self.assertNotEqual(self.mistakes(bad), [])


if __name__ == "__main__":
    try:
        peers()
    except broker.MissingPeer as missing:
        print(missing, file=sys.stderr)
        sys.exit(1 if harness.required() else 77)
    harness.main(with_broker=False)
