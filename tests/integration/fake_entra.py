"""A fake of Entra ID's token endpoint: the client credentials grant with each of its proofs, and a
managed identity's endpoint; nothing else of it.

POST /TENANT/oauth2/v2.0/token as learn.microsoft.com/entra/identity-platform/
v2-oauth2-client-creds-grant-flow describes it. What is proven by:
  a secret                 `secret`
  a certificate            a JWT as certificate-credentials describes it, signed with the key of
                           `certificate`
  a federated token        a JWT of `issuer_key` (a cluster) for `subject`
GET /msi/token as learn.microsoft.com/azure/app-service/overview-managed-identity describes it: who
knows `identity_header` runs on the machine that has the identity. (The metadata service of virtual
machines has an address that only Azure's network knows: it has no fake, only unit tests.)

Tokens are what `make_token` gives.
"""
import base64
import hashlib
import http.server
import json
import pathlib
import subprocess
import tempfile
import threading
import time
import urllib.parse

CLIENT = "c"
TENANT = "t"
ISSUER = "https://cluster.example"
SUBJECT = "system:serviceaccount:security:keywatch"
FEDERATION = "api://AzureADTokenExchange"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MOST_LIFETIME = 24 * 3600


class Refused(Exception):
    """An AADSTS text to refuse with."""


def _openssl(*arguments, **options):
    return subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, **options).stdout


def _encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def make_certificate(path):
    """A PEM file with a key and a certificate of its own, as an application is given one."""
    parts = [f"{path}.key.part", f"{path}.cert.part"]
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj",
             "/CN=keywatch-application", "-keyout", parts[0], "-out", parts[1])
    pathlib.Path(path).write_bytes(b"".join(pathlib.Path(part).read_bytes() for part in parts))
    return path


def federated_token(key, subject=SUBJECT, lifetime=3600):
    """What Kubernetes gives a pod: a JWT of the cluster's key (a PEM file with it)."""
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": subject, "aud": [FEDERATION], "iat": now, "nbf": now,
              "exp": now + lifetime}
    text = ".".join(_encode(json.dumps(part).encode())
                    for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    signature = _openssl("dgst", "-sha256", "-sign", str(key), input=text.encode())
    return f"{text}.{_encode(signature)}"


def _read_jwt(jwt, certificate, refusal):
    """(header, claims) of a JWT that the certificate's key has signed and that is valid now."""
    try:
        text, _, signature = jwt.rpartition(".")
        head, claims = (json.loads(_decode(part)) for part in text.split("."))
        signature = _decode(signature)
    except ValueError as error:
        raise Refused(f"AADSTS50027: JWT token is invalid or malformed ({error}).") from error
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "public").write_bytes(
            _openssl("x509", "-in", str(certificate), "-noout", "-pubkey"))
        (folder / "signature").write_bytes(signature)
        done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", str(folder / "public"),
                               "-signature", str(folder / "signature")], input=text.encode(),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if head.get("alg") != "RS256" or done.returncode != 0:
        raise Refused(refusal)
    now = time.time()
    if not claims["nbf"] <= now + 5 or not now - 5 <= claims["exp"] <= now + MOST_LIFETIME:
        raise Refused("AADSTS700024: Client assertion is not within its valid time range.")
    return head, claims


class FakeEntra:
    """Listens on a free loopback port; `with FakeEntra(make_token) as entra: entra.authority`.

    make_token(form) returns a token's text; `form` is the query's for a managed identity. `refuse`
    is None, or an AADSTS text to refuse with. `lifetime` is what it says of its tokens, in seconds.
    """

    def __init__(self, make_token, lifetime=3600):
        self.make_token = make_token
        self.lifetime = lifetime
        self.refuse = None
        self.secret = "a-secret"
        self.certificate = None  # a file of make_certificate()
        self.issuer_key = None  # likewise
        self.identity_header = None
        self.asked = []  # (path, form) of each request
        self._used = set()  # ids of assertions
        self._lock = threading.Lock()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802 (the name that http.server calls)
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(urllib.parse.parse_qsl(body))
                fake.asked.append((self.path, form))
                self.send(*fake.answer(self.path, form))

            def do_GET(self):  # noqa: N802
                url = urllib.parse.urlsplit(self.path)
                query = dict(urllib.parse.parse_qsl(url.query))
                fake.asked.append((url.path, query))
                self.send(*fake.answer_identity(url.path, query,
                                                self.headers.get("X-IDENTITY-HEADER")))

            def send(self, status, answer):
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

    @property
    def identity_endpoint(self):
        return f"{self.authority}/msi/token"

    def answer(self, path, form):
        if path != f"/{TENANT}/oauth2/v2.0/token":
            return 400, {"error": "invalid_request",
                         "error_description": "AADSTS90002: Tenant not found."}
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type"}
        try:
            if self.refuse is not None:
                raise Refused(self.refuse)
            if form.get("client_id") != CLIENT:
                raise Refused("AADSTS700016: Application was not found in the directory.")
            self._check_proof(path, form)
        except Refused as refused:
            return 401, {"error": "invalid_client", "error_description": str(refused)}
        return 200, {"token_type": "Bearer", "expires_in": self.lifetime,
                     "access_token": self.make_token(form)}

    def answer_identity(self, path, query, header):
        if path != "/msi/token" or query.get("api-version") != "2019-08-01":
            return 400, {"statusCode": 400, "message": "Unsupported path or api-version"}
        if self.identity_header is None or header != self.identity_header:
            return 401, {"statusCode": 401, "message": "No managed identity for this header"}
        return 200, {"token_type": "Bearer", "resource": query["resource"],
                     "expires_on": str(int(time.time()) + self.lifetime),
                     "access_token": self.make_token(query)}

    def _check_proof(self, path, form):
        if "client_assertion" not in form:
            if form.get("client_secret") != self.secret:
                raise Refused("AADSTS7000215: Invalid client secret provided.")
            return
        if form.get("client_assertion_type") != JWT_BEARER or "client_secret" in form:
            raise Refused("AADSTS50027: expected one assertion, of type jwt-bearer.")
        if self.issuer_key is not None:
            self._check_federated(form["client_assertion"])
        else:
            self._check_certificate(form["client_assertion"], self.authority + path)

    def _check_federated(self, jwt):
        _, claims = _read_jwt(jwt, self.issuer_key,
                              "AADSTS700211: No matching federated identity record found.")
        if claims["iss"] != ISSUER or FEDERATION not in claims["aud"] or claims["sub"] != SUBJECT:
            raise Refused("AADSTS700213: No matching federated identity record found for the "
                          f"presented assertion subject {claims['sub']}.")

    def _check_certificate(self, jwt, audience):
        unknown = "AADSTS700027: The certificate used to sign the client assertion is not registered."
        head, claims = _read_jwt(jwt, self.certificate, unknown)
        der = _openssl("x509", "-in", str(self.certificate), "-outform", "DER")
        if head.get("x5t#S256") != _encode(hashlib.sha256(der).digest()):
            raise Refused(unknown)
        if claims["aud"] != audience or claims["iss"] != CLIENT or claims["sub"] != CLIENT:
            raise Refused("AADSTS50027: aud, iss or sub of the assertion is not what it must be.")
        with self._lock:
            if claims["jti"] in self._used:
                raise Refused("AADSTS50027: this assertion was used before.")
            self._used.add(claims["jti"])

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
