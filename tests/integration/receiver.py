"""A webhook receiver that records what it gets, and can misbehave on purpose."""
import base64
import hashlib
import hmac
import http.server
import threading
import time


class Receiver:
    """Listens on a free loopback port; `with Receiver() as receiver: receiver.url`.

    `behave` is called with (request number from 1, headers, body) before anything is answered. It
    returns a status, or (status, headers), or "hang" or "reset". Only requests that were answered
    2xx are in `accepted`; all are in `seen`.
    """

    def __init__(self, behave=lambda number, headers, body: 200):
        self.behave = behave
        self.seen = []       # (headers, body), in order of arrival
        self.accepted = []
        self.lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802 (the name that http.server calls)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.answer(self, {k.lower(): v for k, v in self.headers.items()}, body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a sender that was killed in the middle of a request

        self.server = Server(("127.0.0.1", 0), Handler)
        self.stopped = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, headers, body):
        with self.lock:
            self.seen.append((headers, body))
            number = len(self.seen)
        outcome = self.behave(number, headers, body)
        if outcome == "hang":
            self.stopped.wait(60)
            handler.close_connection = True
            return
        if outcome == "reset":
            handler.close_connection = True
            handler.connection.close()
            return
        status, more = outcome if isinstance(outcome, tuple) else (outcome, {})
        if 200 <= status < 300:
            with self.lock:
                self.accepted.append((headers, body))
        handler.send_response(status)
        for name, value in more.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def ids(self):
        """webhook-id of everything accepted, in order, with repetitions."""
        with self.lock:
            return [headers["webhook-id"] for headers, _ in self.accepted]

    def bodies(self):
        with self.lock:
            return [body for _, body in self.accepted]


def signature_is_valid(secret, headers, body):
    """Standard Webhooks: v1,<base64 of HMAC-SHA256 over id.timestamp.body>, not older than 5 min."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    return (wanted in headers["webhook-signature"].split(" ")
            and abs(time.time() - int(headers["webhook-timestamp"])) < 300)
