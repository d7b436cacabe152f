"""kube-score, built once from its Go module (a minute or two) where a new enough Go is; what it says."""
import pathlib
import re
import shutil
import subprocess

import broker

BUILD = pathlib.Path(__file__).resolve().parent / "kubernetes" / "build.sh"
VERSION = re.search(r"^score=(\S+)", BUILD.read_text(encoding="utf-8"), re.MULTILINE).group(1)
GO = (1, 24)
# IfNotPresent with a version or digest: a pod must also start while the registry is away.
IGNORED = ["--ignore-test", "container-image-pull-policy"]


def _need_go():
    wanted = f"{GO[0]}.{GO[1]} or newer, to build kube-score: https://go.dev/dl (Debian 12's is older)"
    if shutil.which("go") is None:
        raise broker.MissingPeer(f"no go on PATH; it has to be {wanted}")
    said = subprocess.run(["go", "version"], text=True, capture_output=True, check=False).stdout
    found = re.search(r"go(\d+)\.(\d+)", said)
    if not found or tuple(map(int, found.groups())) < GO:
        raise broker.MissingPeer(f"{said.strip() or 'go'}: it has to be {wanted}")


def _fetch(target):
    built = subprocess.run([BUILD, target, "kube-score"], text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, check=False)
    if built.returncode != 0:
        raise broker.MissingPeer(f"kube-score could not be built:\n{built.stdout[-2000:]}")


def program():
    """Its path; MissingPeer where it cannot be had."""
    _need_go()
    return broker.fetched("kube-score", VERSION, _fetch) / "kube-score"


def lines(manifests):
    """[one line for each check of each object]: `[OK] ..`, `[WARNING] ..`, `[CRITICAL] ..`."""
    done = subprocess.run([program(), "score", "--output-format", "ci", *IGNORED, "-"], text=True,
                          input=manifests, capture_output=True, check=False)
    if not done.stdout:
        raise AssertionError(f"kube-score said nothing: {done.stderr}")
    return done.stdout.splitlines()


def critical(manifests):
    return [line for line in lines(manifests) if line.startswith("[CRITICAL]")]
