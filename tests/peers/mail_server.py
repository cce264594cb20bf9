"""A mail server, played by aiosmtpd: it takes mail by SMTP, and Python's own `email` reads what came.

Prints one line of JSON with its addresses when it is ready: `port` wants STARTTLS and a password, `plain` takes mail as it is
and knows no TLS. `ca` is the file of the certificate that signed its own.

Mail to `refused@…` is refused for good, to `later@…` for now, and for `slow@…` it answers when nobody waits any more.
"""

import asyncio
import datetime
import email
import email.policy
import ipaddress
import json
import ssl
import tempfile
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from peer import Came, serve

USER, PASSWORD = b"robot", b"p@ss/word"


class Arrived(Came):
    """What came, read by Python's own parser."""

    def __init__(self):
        super().__init__()
        self.tried = []

    def read(self, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        part = lambda kind: message.get_body((kind,))
        seen = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "signed_in": session.authenticated,
            "hello": session.host_name,
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "names": [name.lower() for name in message.keys()],
            "defects": [str(defect) for defect in message.defects],
            "type": message.get_content_type(),
            "plain": part("plain").get_content() if part("plain") else None,
            "html": part("html").get_content() if part("html") else None,
        }
        self.add(seen)


ARRIVED = Arrived()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        ARRIVED.tried.append(address)
        if address.startswith("refused@"):
            return "550 5.1.1 There is no such mailbox"
        if address.startswith("later@"):
            return "451 4.3.0 Come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if any(to.startswith("slow@") for to in envelope.rcpt_tos):
            await asyncio.sleep(120)
        ARRIVED.read(session, envelope)
        return "250 2.0.0 Taken"


def sign_in(server, session, envelope, mechanism, data):
    # Not handled: the library is to answer.
    return AuthResult(success=(data.login, data.password) == (USER, PASSWORD), handled=False)


class Anywhere(Controller):
    """At a port that the system chooses, which the library is told once it is known."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Safe(Anywhere):
    """Wants STARTTLS and a password."""

    def factory(self):
        return SMTP(
            self.handler,
            tls_context=self.tls,
            require_starttls=True,
            auth_required=True,
            authenticator=sign_in,
            hostname="mail.test",
        )


class Plain(Anywhere):
    """Takes mail as it is."""

    def factory(self):
        return SMTP(self.handler, hostname="mail.test")


def certificate(folder):
    """A certificate for localhost, and the authority that signed it."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def made(name, issuer, key, signer, authority):
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if not authority:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(signer, hashes.SHA256())

    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = made("Test authority", "Test authority", root_key, root_key, True)
    own = made("localhost", "Test authority", key, root_key, False)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(root.public_bytes(pem))
    (folder / "cert.pem").write_bytes(own.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


class Control(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        if url.path == "/tried":
            value = ARRIVED.tried
        else:
            value = ARRIVED.wait(int(query["count"][0]), int(query["wait"][0]))
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    folder = Path(tempfile.mkdtemp())
    certificate(folder)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    safe, plain = Safe(Handler(), hostname="127.0.0.1", port=0), Plain(Handler(), hostname="127.0.0.1", port=0)
    safe.tls = tls
    safe.start()
    plain.start()
    serve(Control, lambda _: {"port": safe.port, "plain": plain.port, "ca": str(folder / "ca.pem")})


if __name__ == "__main__":
    main()
