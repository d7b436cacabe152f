"""What the integration tests share: where things are, a topic, producing, running keywatch.

Every test file ends with `harness.main()`. A peer that is missing skips the file (exit 77), or fails
it when KEYWATCH_REQUIRE_INTEGRATION=1.
"""
import base64
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import broker

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RULES = ROOT / "tests" / "integration" / "rules"
# Of the shipped rules those whose alerts on a generated day can be counted on one's fingers.
FEW_RULES = sorted(str(path) for name in ("backup_new_ip", "key_release_*", "repeated_403_*")
                   for path in (ROOT / "rules" / "keyvault").glob(f"{name}.yaml")
                   if ".test." not in path.name and "after" not in path.name)
TOPIC = "audit"
SECRET = b"a secret of 24+ bytes, for tests"


def required():
    return os.environ.get("KEYWATCH_REQUIRE_INTEGRATION") == "1"


def tool(variable):
    """Path of a program that the build made, from the environment."""
    path = os.environ.get(variable, "")
    if not path or not os.access(path, os.X_OK):
        raise broker.MissingPeer(f"{variable} does not name a program: build it, and run by ctest")
    return path


def main(with_broker=True, needs=()):
    """`needs`: further functions that raise MissingPeer when something is not there."""
    try:
        for need in ([broker.jars] if with_broker else []) + list(needs):
            need()
    except broker.MissingPeer as missing:
        return _missing(missing)
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    if program.result.wasSuccessful() and program.result.skipped and not required():
        sys.exit(77)
    sys.exit(0 if program.result.wasSuccessful() else 1)


def _missing(reason):
    print(reason, file=sys.stderr)
    sys.exit(1 if required() else 77)


def wait_for(condition, what, timeout=30.0):
    """The first true value of condition(); fails after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:.0f} s for: {what}")
        time.sleep(0.05)


def create_topic(kafka, partitions=4):
    subprocess.run([tool("KEYWATCH_KAFKA_PRODUCE"), kafka.bootstrap, TOPIC,
                    f"--create={partitions}"], check=True)


def produce(kafka, messages):
    """messages: (partition or -1, broker time in ms or 0, value) each; values without line breaks."""
    lines = "".join(f"{partition}\t{timestamp}\t{value}\n" for partition, timestamp, value in messages)
    subprocess.run([tool("KEYWATCH_KAFKA_PRODUCE"), kafka.bootstrap, TOPIC], check=True,
                   input=lines.encode())


def acl(kafka, what, principal, kind, name, operation="read"):
    """what: allow or forbid; kind: topic or group. Of a broker with a Security."""
    subprocess.run([tool("KEYWATCH_KAFKA_ACL"), kafka.bootstrap, what, principal, kind, name,
                    operation], check=True)


class TestCase(unittest.TestCase):
    """A folder per test, kept and named when it fails."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="keywatch-test-"))
        self.addCleanup(self._clean)

    def _clean(self):
        outcome = self._outcome.result
        mine = [test for test, _ in outcome.failures + outcome.errors if test is self]
        if mine:
            print(f"kept: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


class Keywatch:
    """A `keywatch run` process. The configuration stays the same over restarts."""

    def __init__(self, folder, config):
        self.folder = folder
        self.config = folder / "keywatch.yaml"
        self.config.write_text(json.dumps(config, indent=2), encoding="utf-8")  # JSON is YAML
        self.log = folder / "keywatch.log"
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [tool("KEYWATCH_BIN"), "run", "--config", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """SIGTERM; returns the exit code."""
        if self.process is None or self.process.poll() is not None:
            return None if self.process is None else self.process.returncode
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def alive(self):
        if self.process.poll() is None:
            return True
        tail = self.log.read_text(errors="replace")[-3000:]
        raise AssertionError(f"keywatch ended with {self.process.returncode}:\n{tail}")

    def http_port(self):
        config = json.loads(self.config.read_text(encoding="utf-8"))
        return int(config["http"]["listen"].rsplit(":", 1)[1])

    def get(self, path):
        """(status, body) of its HTTP page; (0, "") while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port()}{path}",
                                        timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def ready(self):
        return self.alive() and self.get("/readyz")[0] == 200

    def metric(self, name, **labels):
        """Sum of the metric's series that have these labels; None when there is none."""
        found = None
        for line in self.get("/metrics")[1].splitlines():
            match = re.match(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if match is None or match.group(1) != name:
                continue
            have = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(2) or ""))
            if all(have.get(label) == value for label, value in labels.items()):
                found = (found or 0.0) + float(match.group(3))
        return found

    def idle(self):
        """How many records it has read, if all is read and delivered; otherwise None."""
        if (not self.ready() or self.metric("keywatch_source_lag_records") != 0
                or self.metric("keywatch_sink_queue_length") != 0):
            return None
        return self.metric("keywatch_events_received_total")

    def drain(self, timeout=120):
        """Waits until all is read and delivered, and nothing more has come for a second."""
        def settled():
            before = self.idle()
            if before is None:
                return False
            time.sleep(1)
            return self.idle() == before
        wait_for(settled, "everything read and delivered", timeout)

    def run_to_the_end(self):
        """Starts it, and stops it when all is read and delivered."""
        self.start()
        self.drain()
        code = self.stop()
        if code != 0:
            raise AssertionError(f"keywatch ended with {code} when told to stop, see {self.log}")


def service(folder, kafka, hook, **changes):
    """A Keywatch in a folder of its own: from TOPIC to the receiver `hook`.

    `changes` are top-level keys of the configuration to replace or add.
    """
    folder.mkdir(parents=True)
    return Keywatch(folder, {
        "version": 1,
        "data_dir": str(folder / "data"),
        "rules": {"paths": [str(RULES)]},
        "sources": [{
            "type": "kafka", "brokers": [kafka.bootstrap], "topics": [TOPIC],
            "group_id": f"keywatch-{folder.name}",
            # A static member takes its partitions up again at once; the dead one is not waited for.
            "properties": {"group.instance.id": "one", "session.timeout.ms": "6000"}}],
        "sinks": [{"type": "webhook", "url": hook.url,
                   "secrets": ["whsec_" + base64.b64encode(SECRET).decode()]}],
        "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
        "snapshot": {"interval": "100ms"},
        **changes})
