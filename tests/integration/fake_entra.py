"""A fake of Entra ID's token endpoint: the client credentials grant, and nothing else of it.

POST /TENANT/oauth2/v2.0/token as learn.microsoft.com/entra/identity-platform/
v2-oauth2-client-creds-grant-flow describes it. Tokens are what `make_token` gives.
"""
import http.server
import json
import threading
import urllib.parse


class FakeEntra:
    """Listens on a free loopback port; `with FakeEntra(make_token) as entra: entra.authority`.

    make_token(form) returns a token's text. `refuse` is None, or an AADSTS text to refuse with.
    `lifetime` is what it says of its tokens, in seconds.
    """

    def __init__(self, make_token, lifetime=3600):
        self.make_token = make_token
        self.lifetime = lifetime
        self.refuse = None
        self.asked = []  # (path, form) of each request
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802 (the name that http.server calls)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(urllib.parse.parse_qsl(body))
                fake.asked.append((self.path, form))
                status, answer = fake.answer(form)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def authority(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, form):
        if self.refuse is not None:
            return 401, {"error": "invalid_client", "error_description": self.refuse}
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        return 200, {"token_type": "Bearer", "expires_in": self.lifetime,
                     "access_token": self.make_token(form)}

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
