"""A real Prometheus (Debian's) in a folder of its own, and its HTTP API."""
import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import broker
import harness

CONFIG = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}/*.yaml]
scrape_configs:
  - job_name: keywatch
    static_configs: [{{targets: ["127.0.0.1:{target}"]}}]
"""


def check():
    """Raises MissingPeer when there is none."""
    if shutil.which("prometheus") is None:
        raise broker.MissingPeer("no prometheus on PATH: run deploy/install-packages.sh test")


class Prometheus:
    """Scrapes 127.0.0.1:`target` every second as job keywatch, with the rules of deploy/prometheus."""

    def __init__(self, folder, target):
        self.port = broker.free_ports(1)[0]
        folder.mkdir()
        (folder / "prometheus.yaml").write_text(
            CONFIG.format(rules=harness.ROOT / "deploy" / "prometheus", target=target), encoding="utf-8")
        self.log = folder / "prometheus.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={folder / 'prometheus.yaml'}",
                 f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address=127.0.0.1:{self.port}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)

    def get(self, path, **parameters):
        """`data` of an answer; an AssertionError with Prometheus' words when it is none."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error

    def ready(self):
        try:
            return any(one["health"] == "up" for one in self.get("targets")["activeTargets"])
        except (OSError, AssertionError):  # it starts
            return False

    def query(self, expression, at):
        """[{"metric": labels, "values": [(time, number)]}] at one time."""
        return [{"metric": one["metric"], "values": [_number(one["value"])]}
                for one in self.get("query", query=expression, time=at)["result"]]

    def query_range(self, expression, start, end, step):
        return [{"metric": one["metric"], "values": [_number(value) for value in one["values"]]}
                for one in self.get("query_range", query=expression, start=start, end=end,
                                    step=step)["result"]]


def _number(sample):
    return [float(sample[0]), float(sample[1])]
