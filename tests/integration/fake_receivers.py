"""Fakes of Slack, Teams, PagerDuty and the Logs Ingestion API, which cannot be run here.

Each checks what it gets against the documented contract (fields, lengths, headers), strictly: a
breach is kept in `breaches` and answered as the real service would. All speak HTTPS.
"""
import contextlib
import http.server
import json
import re
import socket
import ssl
import subprocess
import threading


def certificates(folder):
    """A CA, a server certificate for 127.0.0.1 and a client certificate, in `folder`."""
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=folder)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test CA")
    for name, more in (("server", "subjectAltName=IP:127.0.0.1"),
                       ("client", "extendedKeyUsage=clientAuth")):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (folder / f"{name}.ext").write_text(more)
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "2", "-out", f"{name}.pem", "-extfile", f"{name}.ext")


def server_context(folder, client_certificate=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    if client_certificate:
        context.load_verify_locations(folder / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class Breach(Exception):
    """What was received is not as the contract says."""


def need(condition, what):
    if not condition:
        raise Breach(what)


class Fake:
    """`with FakeX(folder) as fake`: an HTTPS server on a free port. `failures` are answered first."""
    path = "/"
    content_types = ("application/json",)

    def __init__(self, folder, failures=(), client_certificate=False):
        self.failures = list(failures)  # (status, headers, body)
        self.accepted = []              # parsed bodies
        self.breaches = []
        self.requests = 0
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_POST(self):  # noqa: N802
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, answer = fake.answer(
                    self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer.encode())

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = server_context(folder, client_certificate).wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def base(self):
        return f"https://127.0.0.1:{self.server.server_address[1]}"

    @property
    def url(self):
        return self.base + self.path

    def answer(self, path, headers, body):
        self.requests += 1
        try:
            need(path == self.path, f"path {path}")
            need(headers.get("content-type") in self.content_types, "content-type")
            message = json.loads(body)
            self.check(message, headers, body)
        except (Breach, KeyError, TypeError, ValueError) as breach:
            self.breaches.append(f"{type(breach).__name__}: {breach}")
            return self.refuse(str(breach))
        if self.failures:
            return self.failures.pop(0)
        self.accepted.append(message)
        return self.accept(message)

    def check(self, message, headers, body):
        pass

    def refuse(self, why):
        return 400, {}, why

    def accept(self, _message):
        return 200, {}, "ok"


def whole_text(part):
    """All texts of a nested message."""
    if isinstance(part, dict):
        return " ".join(whole_text(value) for value in part.values())
    if isinstance(part, list):
        return " ".join(whole_text(value) for value in part)
    return part if isinstance(part, str) else ""


class FakeWebhook(Fake):
    """Anything that takes JSON."""
    content_types = ("application/json", "application/cloudevents+json; charset=utf-8")


class FakeSlack(Fake):
    """api.slack.com/messaging/webhooks, api.slack.com/reference/block-kit/blocks"""
    path = "/services/T000/B000/XXXX"

    def check(self, message, headers, body):
        need(set(message) <= {"text", "blocks"}, "unknown members")
        need(message["text"], "no_text")
        need(0 < len(message["blocks"]) <= 50, "invalid_blocks")
        need(len(body.decode()) < 13_000, "msg_blocks_too_long")
        self.mrkdwn(message["text"])
        for block in message["blocks"]:
            kind = block["type"]
            if kind == "header":
                self.text(block["text"], "plain_text", 150)
            elif kind == "section":
                need(("text" in block) != ("fields" in block), "section: text or fields")
                if "text" in block:
                    self.text(block["text"], None, 3000)
                else:
                    need(0 < len(block["fields"]) <= 10, "fields")
                    for field in block["fields"]:
                        self.text(field, None, 2000)
            elif kind == "context":
                need(0 < len(block["elements"]) <= 10, "elements")
                for element in block["elements"]:
                    self.text(element, None, 2000)
            else:
                raise Breach(f"block {kind}")

    def text(self, part, kind, most):
        need(part["type"] == kind if kind else part["type"] in ("plain_text", "mrkdwn"), "type")
        need(0 < len(part["text"]) <= most, f"{len(part['text'])} characters of {most}")
        need(set(part) <= {"type", "text"} | ({"emoji"} if part["type"] == "plain_text"
                                              else {"verbatim"}), "text object")
        if part["type"] == "mrkdwn":
            self.mrkdwn(part["text"])

    @staticmethod
    def mrkdwn(text):
        need("<" not in text and ">" not in text, "unescaped angle bracket")
        need(not re.search(r"&(?!amp;|lt;|gt;)", text), "unescaped ampersand")

    def refuse(self, why):
        return 400, {}, "invalid_blocks: " + why


class FakeTeams(Fake):
    """The Workflows trigger: one Adaptive Card, below 28 KB."""
    path = "/workflows/1/triggers/manual/paths/invoke"

    def check(self, message, headers, body):
        need(len(body) < 28_000, "Request entity too large")
        need(message["type"] == "message" and len(message["attachments"]) == 1, "message")
        attachment = message["attachments"][0]
        need(attachment["contentType"] == "application/vnd.microsoft.card.adaptive", "contentType")
        card = attachment["content"]
        need(card["type"] == "AdaptiveCard" and card["version"] in ("1.2", "1.3", "1.4"), "card")
        need(card["$schema"] == "http://adaptivecards.io/schemas/adaptive-card.json", "$schema")
        need(card["body"], "body")
        for block in card["body"]:
            need(block["type"] == "RichTextBlock" and block["inlines"], "block")
            for run in block["inlines"]:
                need(run["type"] == "TextRun" and isinstance(run["text"], str), "TextRun")
                need(set(run) <= {"type", "text", "size", "weight", "color", "isSubtle"}, "TextRun")
                need(run.get("color", "Default") in
                     ("Default", "Accent", "Warning", "Attention", "Good"), "color")

    def accept(self, _message):
        return 202, {}, ""


class FakePagerDuty(Fake):
    """Events API v2: developer.pagerduty.com/docs/send-alert-event"""
    path = "/v2/enqueue"

    def check(self, message, headers, body):
        need(len(body) <= 512_000, "size")
        need(re.fullmatch(r"[0-9a-zA-Z]{32}", message["routing_key"]), "routing_key")
        need(message["event_action"] in ("trigger", "acknowledge", "resolve"), "event_action")
        need(0 < len(message["dedup_key"]) <= 255, "dedup_key")
        need(set(message) <= {"routing_key", "event_action", "dedup_key", "payload", "images",
                              "links", "client", "client_url"}, "unknown members")
        if message["event_action"] != "trigger":
            return
        payload = message["payload"]
        need(set(payload) <= {"summary", "source", "severity", "timestamp", "component", "group",
                              "class", "custom_details"}, "unknown members of payload")
        need(0 < len(payload["summary"]) <= 1024, "summary")
        need(payload["source"], "source")
        need(payload["severity"] in ("critical", "error", "warning", "info"), "severity")
        need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", payload["timestamp"]),
             "timestamp")
        need(isinstance(payload["custom_details"], dict), "custom_details")

    def refuse(self, why):
        return 400, {}, json.dumps(
            {"status": "invalid event", "message": "Event object is invalid", "errors": [why]})

    def accept(self, message):
        return 202, {}, json.dumps({"status": "success", "message": "Event processed",
                                    "dedup_key": message["dedup_key"]})


class FakeLogsIngestion(Fake):
    """Azure Monitor's Logs Ingestion API, and Entra ID's token endpoint beside it.

    learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview
    """
    path = "/dataCollectionRules/dcr-0123456789abcdef/streams/Custom-Keywatch_CL?api-version=2023-01-01"
    columns = {}  # name -> type, of the stream

    def __init__(self, folder, columns, **more):
        super().__init__(folder, **more)
        self.columns = columns
        self.tokens = 0

    def answer(self, path, headers, body):
        if path == "/tenant-1/oauth2/v2.0/token":
            self.tokens += 1
            wanted = b"grant_type=client_credentials" in body and b"client_secret=s3cret" in body \
                and b"scope=https%3A%2F%2Fmonitor.azure.com%2F.default" in body
            if not wanted:
                self.breaches.append(f"token request: {body[:300]}")
            return (200 if wanted else 400), {"Content-Type": "application/json"}, json.dumps(
                {"token_type": "Bearer", "expires_in": 3600, "access_token": "token-1"})
        if headers.get("authorization") != "Bearer token-1":
            self.breaches.append(f"authorization {headers.get('authorization')}")
            return 401, {}, json.dumps({"error": {"code": "AuthenticationFailed"}})
        return super().answer(path, headers, body)

    def check(self, message, headers, body):
        need(len(body) <= 1_000_000, "ContentLengthLimitExceeded")
        need(isinstance(message, list) and message, "an array of rows")
        for row in message:
            for name, value in row.items():
                need(name in self.columns, f"column {name} is not of the stream")
                kind = self.columns[name]
                need(value is None or kind == "dynamic" or isinstance(value, str),
                     f"{name}: {kind}")
                need(len(json.dumps(value)) <= 65_536, f"{name}: larger than 64 KB")
            need(row["TimeGenerated"], "TimeGenerated")

    def refuse(self, why):
        return 400, {}, json.dumps({"error": {"code": "InvalidStream", "message": why}})

    def accept(self, _message):
        return 204, {}, ""


class SyslogReceiver:
    """RFC 5425: TLS, octet counting. Not a fake: it reads what any such receiver reads."""

    def __init__(self, folder):
        self.messages = []
        self.breaches = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.context = server_context(folder, client_certificate=True)

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    @property
    def address(self):
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def _serve(self):
        while True:
            try:
                plain, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._read, args=(plain,), daemon=True).start()

    def _read(self, plain):
        with contextlib.suppress(OSError):  # a handshake that failed is the sender's to report
            with self.context.wrap_socket(plain, server_side=True) as connection:
                stream = connection.makefile("rb")
                while True:
                    length = b""
                    while not length.endswith(b" "):
                        byte = stream.read(1)
                        if not byte:
                            return
                        length += byte
                    if not re.fullmatch(rb"[1-9]\d* ", length):
                        self.breaches.append(f"length {length!r}")
                        return
                    self.messages.append(stream.read(int(length)).decode("utf-8"))
