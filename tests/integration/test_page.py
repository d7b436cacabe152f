#!/usr/bin/env python3
"""The live page in a real Chromium (page/page.mjs), and the API and the events by plain requests.

A generated day of traffic is read first; then records are appended to a file that keywatch follows.
Pictures go to a folder of the test, or to KEYWATCH_SCREENSHOTS (the ones in docs/images).
"""
import filecmp
import http.client
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import broker
import harness
import records

HERE = harness.ROOT / "tests" / "integration" / "page"
PEERS = broker.PEERS / "page"
TOKEN = "a token for tests, long enough"
HOSTILE = "<script>window.stolen=1</script>\u202e"


def install():
    """playwright-core and axe-core, once, where node finds them."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    for what in ("node", "npm"):
        if not shutil.which(what):
            raise broker.MissingPeer(f"{what} is not installed")
    if not chromium:
        raise broker.MissingPeer("chromium is not installed")
    PEERS.mkdir(parents=True, exist_ok=True)
    lock = PEERS / "package-lock.json"
    fresh = lock.exists() and filecmp.cmp(lock, HERE / "package-lock.json", shallow=False)
    if not fresh or not (PEERS / "node_modules").exists():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, PEERS / name)
        if subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"],
                          cwd=PEERS, check=False).returncode:
            lock.unlink()
            raise broker.MissingPeer("npm could not fetch playwright-core and axe-core")
    return chromium


def ask(url, headers=None, data=None):
    """(status, headers, body); no redirect is followed."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    target = parts.path + ("?" + parts.query if parts.query else "")
    connection.request("POST" if data else "GET", target, body=data, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body


def events(url, headers, count):
    """The first `count` events of a stream as (id, kind, data)."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.request("GET", parts.path + "?" + parts.query, headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    assert answer.getheader("content-type") == "text/event-stream"
    found, fields = [], {}
    while len(found) < count:
        line = answer.readline().decode().rstrip("\n")
        if line == "" and "event" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
        if line == "":
            fields = {}
        elif not line.startswith(":"):
            name, value = line.split(": ", 1)
            fields[name] = value
    connection.close()
    return found


class LinkingSite:
    """Another site with a link to `target`; the browser knows it as localhost, not 127.0.0.1."""

    def __init__(self, target):
        page = f'<!doctype html><title>chat</title><a href="{target}">look</a>'.encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802 (the name that http.server calls)
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://localhost:{self.server.server_address[1]}/"


class Page(harness.TestCase):
    def service(self, name, listen, **http_keys):
        folder = self.folder / name
        folder.mkdir()
        service = harness.Keywatch(folder, {
            "version": 1, "data_dir": str(folder / "data"),
            "rules": {"paths": [*harness.FEW_RULES, str(harness.RULES)]},
            "sources": [{"name": "insights-logs-auditevent", "type": "file",
                         "paths": [str(self.day), str(self.drop)], "follow": True}],
            "sinks": [{"name": "siem", "type": "file", "path": str(folder / "alerts.jsonl")}],
            "http": {"listen": f"{listen}:{broker.free_ports(1)[0]}", **http_keys},
            "snapshot": {"interval": "100ms"}})
        service.start()
        self.addCleanup(service.stop)
        return service, f"http://127.0.0.1:{service.http_port()}"

    def purge(self, number):
        """A line that raises one alert of tests/integration/rules."""
        one = records.record(int(time.time() * 1000), "SecretPurge", correlation=f"purge-{number}",
                             address=HOSTILE)
        return records.message([one])

    def setUp(self):
        super().setUp()
        self.day = self.folder / "day.json"
        self.drop = self.folder / "drop.json"
        self.drop.write_text("", encoding="utf-8")
        subprocess.run([harness.tool("KEYWATCH_BIN"), "generate", "--format", "eventhub", "--records",
                        "20000", "--output", str(self.day)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def test_in_a_browser(self):
        chromium = self.peer(install)
        token_file = self.folder / "token"
        token_file.write_text(TOKEN + "\n", encoding="utf-8")
        service, base = self.service("open", "127.0.0.1")
        _, locked = self.service("locked", "0.0.0.0", token_file=str(token_file))
        harness.wait_for(lambda: service.ready() and
                         len(json.loads(service.get("/api/v1/alerts")[1])["alerts"]) >= 10,
                         "the alerts of the day")
        shots = os.environ.get("KEYWATCH_SCREENSHOTS") or str(self.folder)
        setup = {"base": base, "drop": str(self.drop), "purges": [self.purge(1), self.purge(2)],
                 "locked": locked, "token": TOKEN, "open": LinkingSite(locked + "/").url,
                 "shots": shots}
        run = subprocess.run(["node", str(HERE / "page.mjs"), json.dumps(setup)], cwd=PEERS,
                             env={**os.environ, "CHROMIUM": chromium}, check=False, timeout=400,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(run.stdout)
        self.assertEqual(run.returncode, 0, "page.mjs failed")

    def peer(self, get):
        try:
            return get()
        except broker.MissingPeer as missing:
            if harness.required():
                raise
            self.skipTest(str(missing))

    def test_who_may_see_it(self):
        closed, closed_url = self.service("closed", "0.0.0.0")
        harness.wait_for(closed.ready, "ready")
        for path in ("/", "/alerts/x", "/api/v1/alerts", "/api/v1/events"):
            status, _, body = ask(closed_url + path)
            self.assertEqual(status, 403, path)
            self.assertIn("http.token_file", body)
        self.assertEqual(ask(closed_url + "/metrics")[0], 200)
        self.assertEqual(ask(closed_url + "/healthz")[0], 200)

        token_file = self.folder / "token"
        token_file.write_text(TOKEN, encoding="utf-8")
        locked, url = self.service("locked", "0.0.0.0", token_file=str(token_file))
        harness.wait_for(locked.ready, "ready")
        status, headers, body = ask(url + "/api/v1/alerts")
        self.assertEqual((status, headers["www-authenticate"]), (401, 'Bearer realm="keywatch"'))
        self.assertIn("http.token_file", json.loads(body)["error"])
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        self.assertEqual(ask(url + "/api/v1/alerts", bearer)[0], 200)
        status, headers, _ = ask(url + "/login", data=urllib.parse.urlencode(
            {"token": TOKEN, "next": "https://evil.example/"}))
        self.assertEqual((status, headers["location"]), (303, "/"))
        self.assertGreater(locked.metric("keywatch_page_requests_total", outcome="unauthorized"), 0)
        self.assertNotIn(TOKEN, locked.log.read_text(encoding="utf-8"))

    def test_api(self):
        service, base = self.service("api", "127.0.0.1")
        harness.wait_for(lambda: service.ready() and
                         len(json.loads(service.get("/api/v1/alerts")[1])["alerts"]) >= 10,
                         "the alerts of the day")
        service.drain(20)
        # No web site makes a browser read this under a name of its own.
        self.assertEqual(ask(base + "/api/v1/alerts", {"Host": "evil.example"})[0], 403)
        _, headers, _ = ask(base + "/")
        self.assertIn("default-src 'none'; script-src 'self'", headers["content-security-policy"])
        self.assertEqual(headers["x-frame-options"], "DENY")

        everything = json.loads(ask(base + "/api/v1/alerts?limit=200")[2])["alerts"]
        paged, path = [], "/api/v1/alerts?limit=3"
        while path:
            page = json.loads(ask(base + path)[2])
            paged += page["alerts"]
            path = page["next"]
        self.assertEqual([a["id"] for a in paged], [a["id"] for a in everything])
        written = [json.loads(line) for line in
                   (self.folder / "api" / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
        self.assertEqual(sorted(a["id"] for a in written), sorted(a["id"] for a in everything))
        one = everything[0]
        whole = json.loads(ask(base + "/api/v1" + one["path"])[2])
        self.assertIn(whole["alert"], written, "unchanged")
        self.assertEqual(whole["deliveries"][0]["state"], "accepted")
        for name, value in (("severity", "High"), ("rule", one["rule"]["id"]),
                            ("resource", one["resources"][0]), ("text", one["title"].split()[0])):
            some = json.loads(ask(f"{base}/api/v1/alerts?{name}={urllib.parse.quote(value)}")[2])
            self.assertTrue(0 < len(some["alerts"]) <= len(everything), name)
        status, _, body = ask(base + "/api/v1/alerts?severity=Hihg")
        self.assertEqual(status, 400)
        self.assertIn("severity: expected High", json.loads(body)["error"])
        self.assertEqual(ask(base + "/api/v1/alerts/unknown")[0], 404)
        self.assertEqual(ask(base + "/alerts/unknown")[0], 404)

        rules = json.loads(ask(base + "/api/v1/rules")[2])
        self.assertAlmostEqual(sum(r["timeShare"] for r in rules["rules"]) + rules["scanTimeShare"], 1)
        source = json.loads(ask(base + "/api/v1/sources")[2])["sources"][0]
        self.assertEqual(source["records"], service.metric("keywatch_events_received_total"))
        sink = json.loads(ask(base + "/api/v1/sinks")[2])["sinks"][0]
        self.assertEqual((sink["name"], sink["queued"], sink["healthy"]), ("siem", 0, True))
        self.documented(base, one)
        self.resume(service, base, everything)

    def documented(self, base, alert):
        """Every member that the API gives is in docs/api.md."""
        page = (harness.ROOT / "docs" / "api.md").read_text(encoding="utf-8")
        named = set(re.findall(r"`(\w+)`", page))

        def names(value):
            if isinstance(value, dict):
                return set(value).union(*[names(v) for k, v in value.items()
                                          if k not in ("alert", "entities")])
            return set().union(*map(names, value)) if isinstance(value, list) else set()

        for path in ("alerts", alert["path"][1:], "rules", "sources", "sinks"):
            given = names(json.loads(ask(f"{base}/api/v1/{path}")[2]))
            self.assertEqual(sorted(given - named), [], f"/api/v1/{path}: not in docs/api.md")

    def resume(self, service, base, everything):
        """A client that was away gets what it missed, after a restart of keywatch too."""
        seqs = sorted(alert["seq"] for alert in everything)
        last = {"Last-Event-ID": str(seqs[-4])}
        got = events(base + "/api/v1/events?", last, 4)
        self.assertEqual([(seq, kind) for seq, kind, _ in got],
                         [(seqs[-4], "hello")] + [(seq, "alert") for seq in seqs[-3:]])
        self.assertEqual(got[1][2]["id"], next(a["id"] for a in everything if a["seq"] == seqs[-3]))
        service.kill()
        with open(self.drop, "a", encoding="utf-8") as drop:
            drop.write(self.purge(9) + "\n")
        service.start()
        harness.wait_for(service.ready, "ready again")
        got = events(base + "/api/v1/events?severity=High", {"Last-Event-ID": str(seqs[-1])}, 2)
        self.assertEqual(got[1][2]["rule"]["name"], "Secret purged")


if __name__ == "__main__":
    harness.main(with_broker=False)
