"""TLS, logins, tokens and ACLs for a test's broker: `Broker(directory, security=Security(folder))`.

The broker then has a second listener, `broker.secure_bootstrap`, that speaks SASL_SSL with
  PLAIN        user USER, password `security.password`; Event Hubs' way with a connection string
  OAUTHBEARER  JWTs signed with `security.sign(claims)`, verified against a JWKS file
and lets nobody do anything without an ACL, but the plain listener, which stands for its operator.
"""
import base64
import json
import pathlib
import subprocess

USER = "$ConnectionString"
AUDIENCE = "https://localhost"

PROPERTIES = """\
listeners=PLAINTEXT://127.0.0.1:{plain},SECURE://0.0.0.0:{secure},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SECURE://localhost:{secure}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.client.auth=none
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
connections.max.reauth.ms=3600000
listener.name.secure.sasl.enabled.mechanisms=PLAIN,OAUTHBEARER
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
listener.name.secure.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;
listener.name.secure.oauthbearer.sasl.server.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler
sasl.oauthbearer.jwks.endpoint.url=file://{jwks}
sasl.oauthbearer.expected.audience={audience}
"""


def _openssl(*arguments, **options):
    return subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, **options).stdout


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_ca(folder, name):
    """A certificate authority: NAME.pem and NAME.key."""
    folder.mkdir(parents=True, exist_ok=True)
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}",
             "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"),
             "-addext", "basicConstraints=critical,CA:TRUE",
             "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    return folder / f"{name}.pem"


class Security:
    """Everything under `folder`, made at once and kept for a broker that is started again."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.ca = make_ca(self.folder, "ca")
        self.password = ("Endpoint=sb://localhost/;SharedAccessKeyName=listen;"
                         "SharedAccessKey=c2VjcmV0")
        self._make_server_certificate()
        self._key = self.folder / "jwt.key"
        _openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                 "-out", str(self._key))
        modulus = _openssl("rsa", "-in", str(self._key), "-noout", "-modulus").decode()
        number = bytes.fromhex(modulus.strip().split("=")[1])
        (self.folder / "jwks.json").write_text(json.dumps({"keys": [{
            "kty": "RSA", "kid": "test", "use": "sig", "alg": "RS256",
            "n": _base64url(number), "e": "AQAB"}]}), encoding="utf-8")

    def _make_server_certificate(self):
        folder = self.folder
        _openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
                 "-keyout", str(folder / "server.key"), "-out", str(folder / "server.csr"))
        (folder / "server.ext").write_text(
            "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        _openssl("x509", "-req", "-in", str(folder / "server.csr"), "-CA", str(self.ca),
                 "-CAkey", str(folder / "ca.key"), "-CAcreateserial", "-days", "30",
                 "-extfile", str(folder / "server.ext"), "-out", str(folder / "server.pem"))
        (folder / "keystore.pem").write_bytes(b"".join(
            (folder / name).read_bytes() for name in ("server.key", "server.pem", "ca.pem")))

    def properties(self, plain, secure, controller):
        """Of server.properties; they stand behind the broker's own and win."""
        return PROPERTIES.format(
            plain=plain, secure=secure, controller=controller, user=USER, password=self.password,
            keystore=self.folder / "keystore.pem", jwks=self.folder / "jwks.json",
            audience=AUDIENCE)

    def sign(self, claims, key=None):
        """A JWT; `key` is another key's file, for one that the broker does not know."""
        head = _base64url(json.dumps({"alg": "RS256", "typ": "JWT", "kid": "test"}).encode())
        text = f"{head}.{_base64url(json.dumps(claims).encode())}"
        signature = _openssl("dgst", "-sha256", "-sign", str(key or self._key), input=text.encode())
        return f"{text}.{_base64url(signature)}"
