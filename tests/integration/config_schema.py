"""The JSON Schema that `keywatch config schema` prints, held against configurations.

jsonschema checks, ruamel.yaml reads as YAML 1.2: what editors do.
"""
import json
import subprocess

import harness
import python_tools

PACKAGES = ("jsonschema==4.23.0", "ruamel.yaml==0.18.6")
CHECK = """
import io, json, sys
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
given = json.load(sys.stdin)
Draft202012Validator.check_schema(given["schema"])
validator = Draft202012Validator(given["schema"])
out = {}
for name, text in given["texts"].items():
    try:
        value = YAML(typ="safe", pure=True).load(io.StringIO(text))
    except Exception as error:
        out[name] = ["no YAML: " + str(error)]
        continue
    out[name] = ["/".join(map(str, e.absolute_path)) + ": " + e.message[:300]
                 for e in validator.iter_errors(value)]
print(json.dumps(out))
"""


def printed():
    return subprocess.run([harness.tool("KEYWATCH_BIN"), "config", "schema"], check=True,
                          capture_output=True, text=True).stdout


def mistakes(texts):
    """name -> text becomes name -> what the schema has against it, a list."""
    given = json.dumps({"schema": json.loads(printed()), "texts": texts})
    return json.loads(python_tools.run(CHECK, *PACKAGES, stdin=given.encode()))


def ready():
    """Raises broker.MissingPeer when the packages cannot be had."""
    python_tools.environment(*PACKAGES)
