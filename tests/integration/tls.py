"""A certificate authority of the tests' own, and a webhook receiver that speaks TLS."""
import ssl
import subprocess

import receiver


class Authority:
    """`ca.pem` in `folder`; server(name) makes NAME.pem (key and certificate, for localhost)."""

    def __init__(self, folder, subject="keywatch tests"):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "ca.pem"
        self._openssl("req", "-x509", *self._new_key("ca.key"), "-subj", f"/CN={subject}",
                      "-days", "2", "-out", "ca.pem")

    def server(self, name):
        """Path of a PEM file for 127.0.0.1 and localhost: private key (PKCS #8), then the chain."""
        self._openssl("req", *self._new_key(f"{name}.key"), "-subj", "/CN=localhost",
                      "-out", f"{name}.csr")
        (self.folder / f"{name}.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext",
                      "-out", f"{name}.crt")
        whole = self.folder / f"{name}.pem"
        whole.write_bytes(b"".join((self.folder / part).read_bytes()
                                   for part in (f"{name}.key", f"{name}.crt", "ca.pem")))
        return whole

    @staticmethod
    def _new_key(name):
        return ["-newkey", "rsa:2048", "-nodes", "-keyout", name]

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


class Receiver(receiver.Receiver):
    """As receiver.Receiver, with a server certificate: PEM file of key and chain."""

    def __init__(self, pem, **options):
        super().__init__(**options)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        # The handshake is made by the connection's thread, not by the one that accepts.
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)

    @property
    def url(self):
        return f"https://localhost:{self.server.server_address[1]}/hook"
