#!/usr/bin/env python3
"""The pack over the resource-specific table: the prelude is another, the rules and tests are the same.

usage: resource_specific.py check | run KEYWATCH
  check  every rule holds the prelude of rules/prelude word for word, or reads AzureDiagnostics itself
         for columns that the prelude does not have (OWN_COLUMNS)
  run    the rules with the prelude of AZKVAuditLogs pass their tests
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

RULES = pathlib.Path(__file__).resolve().parents[2] / "rules"
AREAS = ("keyvault", "managedhsm")
# Settings that a record of the control plane carries, in columns that only AzureDiagnostics has.
OWN_COLUMNS = {"self_granted_access", "ekm_proxy_failures", "vault_protection_weakened",
               "vault_access_policy_granted", "firewall_opened", "repeated_403_by_address",
               "repeated_403_by_caller"}


def prelude(name):
    return textwrap.indent((RULES / "prelude" / f"{name}.kql").read_text(encoding="utf-8"), "  ")


def rules():
    for area in AREAS:
        for path in sorted((RULES / area).glob("*.yaml")):
            if not path.name.endswith(".test.yaml"):
                yield path, path.read_text(encoding="utf-8")


def check():
    wrong = []
    for path, text in rules():
        if prelude("azure_diagnostics") not in text:
            wrong.append(f"{path}: expected the text of rules/prelude/azure_diagnostics.kql")
        rest = text.replace(prelude("azure_diagnostics"), "")
        reads_table = re.search(r"^\s*[^/\n]*\bAzureDiagnostics\b", rest.split("\nquery:")[1], re.M)
        if bool(reads_table) != (path.stem in OWN_COLUMNS):
            wrong.append(f"{path}: " + ("reads AzureDiagnostics beside the prelude: use its columns, "
                                        "or add the rule to OWN_COLUMNS" if reads_table else
                                        "reads no table of its own: take it out of OWN_COLUMNS"))
        query = re.search(r"\nquery: \|\n((?:  .*\n|\n)+)", text)
        length = len(textwrap.dedent(query.group(1))) if query else 0
        if not 0 < length <= 10_000:
            wrong.append(f"{path}: a query of {length} characters, Sentinel takes 1 to 10,000")
    print("\n".join(wrong) or "every rule holds the prelude")
    return 1 if wrong else 0


def run(keywatch):
    with tempfile.TemporaryDirectory(prefix="keywatch-rules-") as folder:
        out = pathlib.Path(folder)
        shutil.copytree(RULES / "watchlists", out / "watchlists")
        for path, text in rules():
            if path.stem in OWN_COLUMNS:
                continue
            target = out / path.parent.name / path.name
            target.parent.mkdir(exist_ok=True)
            target.write_text(text.replace(prelude("azure_diagnostics"), prelude("azkv_audit_logs")),
                              encoding="utf-8")
            test = path.with_name(path.name.replace(".yaml", ".test.yaml"))
            shutil.copy(test, target.parent)
        done = subprocess.run([keywatch, "rules", "test", str(out)], capture_output=True, text=True,
                              check=False)
        lines = (done.stdout + done.stderr).splitlines()
        print("\n".join(line for line in lines if not line.startswith("PASS")))
        return done.returncode


if __name__ == "__main__":
    sys.exit(check() if sys.argv[1:] == ["check"] else run(sys.argv[2]))
