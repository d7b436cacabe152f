#!/usr/bin/env python3
"""A real Apache Kafka broker (KRaft, one process) for tests, on free loopback ports.

As a module: `with Broker(directory) as broker: ...`, then broker.bootstrap, .kill(), .start().
As a command, for tests in other languages:
    broker.py start DIRECTORY      prints host:port when it answers; data of an earlier start is kept
    broker.py stop|kill DIRECTORY  SIGTERM, or SIGKILL
The jars come from Maven Central once, into KEYWATCH_PEERS (default: build/peers in the tree).
"""
import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PEERS = pathlib.Path(os.environ.get("KEYWATCH_PEERS", HERE.parent.parent / "build" / "peers"))
CLUSTER_ID = "AAAAAAAAAAAAAAAAAAAAAQ"
START_TIMEOUT = 60  # after a SIGKILL the broker waits until its old session has ended

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{plain},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
num.partitions=4
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
log.segment.bytes=16777216
log.retention.ms=-1
num.network.threads=2
num.io.threads=2
background.threads=2
log.cleaner.dedupe.buffer.size=4194304
"""


class MissingPeer(Exception):
    """A tool or a download that the broker needs is not there."""


def fetched(name, wanted, fetch):
    """The folder `name` below PEERS. `fetch(folder)` fills it, once for each text `wanted`."""
    folder = PEERS / name
    done = folder / ".complete"
    PEERS.mkdir(parents=True, exist_ok=True)
    with open(PEERS / f"{name}.lock", "w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # another test may be fetching
        if done.exists() and done.read_text(encoding="utf-8") == wanted:
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        fetch(folder)
        done.write_text(wanted, encoding="utf-8")
    return folder


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise MissingPeer(f"no {tool} on PATH: run deploy/install-packages.sh test")


def fetch_jars(folder):
    need("mvn", "java", "kcat")
    for attempt in range(3):
        result = subprocess.run(
            ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies",
             "-DincludeScope=runtime", f"-DoutputDirectory={folder}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if result.returncode == 0:
            return
        time.sleep(2 * (attempt + 1))
    raise MissingPeer(f"mvn could not fetch the Kafka broker:\n{result.stdout[-2000:]}")


def jars():
    """The folder with the broker's jars; fetches them when they are not there."""
    return fetched("kafka", (HERE / "pom.xml").read_text(encoding="utf-8"), fetch_jars)


def free_ports(count):
    """Ports that were free a moment ago, all different."""
    with contextlib.ExitStack() as stack:
        ports = []
        for _ in range(count):
            sock = stack.enter_context(socket.socket())
            sock.bind(("127.0.0.1", 0))
            ports.append(sock.getsockname()[1])
        return ports


class Broker:
    """One broker with its data under `directory`. Ports and data stay the same over restarts.

    `more`: further lines of its properties; later ones win, {plain} and {controller} are its ports.
    With a `security` (broker_security.py) it also listens on secure_bootstrap.
    """

    def __init__(self, directory, more="", security=None):
        self.more = more
        self.security = security
        self.secure_port = None
        self.directory = pathlib.Path(directory).resolve()
        self.state = self.directory / "broker.json"
        self.log = self.directory / "broker.log"
        self.pid = None
        self.port = None
        self._process = None
        if self.state.exists():
            saved = json.loads(self.state.read_text(encoding="utf-8"))
            self.port, self.pid = saved["port"], saved["pid"]
            self.secure_port = saved.get("secure_port")

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.port}"

    @property
    def secure_bootstrap(self):
        return f"localhost:{self.secure_port}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        folder = jars()
        config = self.directory / "server.properties"
        if not config.exists():
            self.directory.mkdir(parents=True, exist_ok=True)
            self.port, self.secure_port, controller = free_ports(3)
            text = (PROPERTIES + self.more).format(plain=self.port, controller=controller,
                                                   data=self.directory / "data")
            if self.security is not None:
                text += self.security.properties(self.port, self.secure_port, controller)
            config.write_text(text, encoding="utf-8")
            self._java(folder, ["-Xmx256m"], "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID,
                       "-c", str(config)).wait(timeout=60)
        process = self._java(folder, ["-Xmx512m", "-Xms128m", "-XX:+UseSerialGC"], "kafka.Kafka",
                             str(config))
        self._process = process  # or its destructor would complain
        self.pid = process.pid
        self._save()
        self._wait_until_ready(process)

    def _java(self, folder, options, *command):
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                ["java", *options, "-XX:TieredStopAtLevel=1", "-cp", f"{folder}/*",
                 "-Dorg.slf4j.simpleLogger.defaultLogLevel=info", *command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def _wait_until_ready(self, process):
        end = time.monotonic() + START_TIMEOUT
        while time.monotonic() < end:
            if process.poll() is not None:
                raise RuntimeError(f"the broker ended at once, see {self.log}:\n"
                                   + self.log.read_text(errors="replace")[-2000:])
            answer = subprocess.run(["kcat", "-b", self.bootstrap, "-L", "-m", "1"], check=False,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if answer.returncode == 0:
                return
            time.sleep(0.1)
        self.kill()
        raise RuntimeError(f"the broker did not answer within {START_TIMEOUT} s, see {self.log}")

    def _save(self):
        self.state.write_text(json.dumps(
            {"port": self.port, "secure_port": self.secure_port, "pid": self.pid}), encoding="utf-8")

    def stop(self):
        self._end(signal.SIGTERM)

    def kill(self):
        self._end(signal.SIGKILL)

    def _end(self, number):
        if self.pid is None:
            return
        pid, self.pid = self.pid, None
        self._save()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        for _ in range(300):
            if not _runs(pid):
                break
            time.sleep(0.1)
        else:
            os.kill(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()  # reaps it; a broker that another command started is not our child


def _runs(pid):
    """False also for a zombie, whose parent has not looked yet."""
    try:
        status = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("start", "stop", "kill"):
        print("usage: broker.py start|stop|kill DIRECTORY", file=sys.stderr)
        return 2
    broker = Broker(sys.argv[2])
    getattr(broker, sys.argv[1])()
    if sys.argv[1] == "start":
        print(broker.bootstrap)
    return 0


if __name__ == "__main__":
    sys.exit(main())
