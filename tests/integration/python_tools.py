"""Checkers that come from PyPI, each in a virtual environment of its own under build/peers/python."""
import fcntl
import hashlib
import subprocess
import sys

import broker


def environment(*requirements):
    """bin folder of a virtual environment with these; made when it is not there."""
    key = hashlib.sha256(" ".join(requirements).encode()).hexdigest()[:12]
    folder = broker.PEERS / "python" / key
    done = folder / ".complete"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f"{key}.lock", "w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not done.exists():
            made = subprocess.run([sys.executable, "-m", "venv", "--clear", folder], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            if made.returncode != 0:
                raise broker.MissingPeer(f"no virtual environment can be made: {made.stdout}\n"
                                         "run deploy/install-packages.sh test")
            fetched = subprocess.run(
                [folder / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *requirements],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            if fetched.returncode != 0:
                raise broker.MissingPeer(f"pip could not fetch {' '.join(requirements)}:\n"
                                         f"{fetched.stdout[-2000:]}")
            done.touch()
    return folder / "bin"


def program(name, *requirements):
    """Path of a program that these packages bring."""
    return environment(*requirements) / name


def run(script, *requirements, stdin=b""):
    """Runs Python text with these packages; raises with its output when it fails."""
    result = subprocess.run([environment(*requirements) / "python", "-c", script], input=stdin,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if result.returncode != 0:
        raise AssertionError(result.stdout.decode()[-3000:])
    return result.stdout
