"""Google's IAM Credentials API, which signs for service accounts, where HTTPS_PROXY leads.

Its address is fixed, so this is a proxy that clients CONNECT through, and that answers in its place.
"""

import base64
import json
import re
import socketserver
import ssl
import threading
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

HOST = "iamcredentials.googleapis.com"


class IamCredentials:
    """The API, for one `GoogleIdentity`: its principals may have its service account sign, unless they may not."""

    def __init__(self, google, folder):
        self.google = google
        self.may_sign = True
        self.requests = []
        self._certificate = str(folder / "iam.pem")
        with open(self._certificate, "wb") as file:
            file.write(certificate(HOST))

    def environment(self):
        """What leads Google's libraries here, and nothing else."""
        port = self._server.server_address[1]
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{port}",
            "NO_PROXY": "127.0.0.1",
            "REQUESTS_CA_BUNDLE": self._certificate,
        }

    def __enter__(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate)
        self._server = Server(("127.0.0.1", 0), type("Handler", (Handler,), {"iam": self, "context": context}))
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path, authorization, body):
        email = re.fullmatch(r"/v1/projects/-/serviceAccounts/(.+):signBlob(\?alt=json)?", path)[1]
        principal = self.google.principal(authorization.removeprefix("Bearer "))
        self.requests.append((principal, email))
        if principal is None:
            return 401, {"error": {"code": 401, "message": "Request had invalid authentication credentials."}}
        if not self.may_sign or email != self.google.email:
            message = "Permission 'iam.serviceAccounts.signBlob' denied on resource (or it may not exist)."
            return 403, {"error": {"code": 403, "message": message, "status": "PERMISSION_DENIED"}}
        data = base64.b64decode(json.loads(body)["payload"])
        signature = self.google._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return 200, {"keyId": "1", "signedBlob": base64.b64encode(signature).decode()}


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


class Handler(socketserver.StreamRequestHandler):
    iam = context = None

    def handle(self):
        method, target, _ = read_head(self.rfile)[0].split(" ")
        assert (method, target) == ("CONNECT", f"{HOST}:443")
        self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with self.context.wrap_socket(self.request, server_side=True) as tls, tls.makefile("rb") as file:
            line, *headers = read_head(file)
            headers = {name.lower(): value for name, _, value in (header.partition(": ") for header in headers)}
            body = file.read(int(headers["content-length"]))
            status, content = self.iam.answer(line.split(" ")[1], headers["authorization"], body)
            content = json.dumps(content).encode()
            tls.sendall(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n" % (status, len(content)))
            tls.sendall(b"Content-Type: application/json\r\nConnection: close\r\n\r\n" + content)


def read_head(file):
    lines = []
    while line := file.readline().decode().strip():
        lines.append(line)
    return lines


def certificate(host):
    """A key and a certificate that it signed itself, in PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return private + signed.public_bytes(form.Encoding.PEM)
