"""A SAML identity provider played by pysaml2: only configures and starts the library.

Prints one line of JSON with its addresses when it is ready. What it does is set while it
runs by POST /control/options, and whom it serves by POST /control/sp {"url": SP metadata}.
"""

import argparse
import json
import logging
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from base64 import b64encode
from pathlib import Path

from flask import Flask, jsonify, redirect, render_template_string, request
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.authn_context import PASSWORDPROTECTEDTRANSPORT
from saml2.config import IdPConfig
from saml2.metadata import create_metadata_string
from saml2.saml import NAMEID_FORMAT_EMAILADDRESS, NAMEID_FORMAT_PERSISTENT, NameID
from saml2.samlp import (
    STATUS_AUTHN_FAILED, STATUS_PARTIAL_LOGOUT, STATUS_RESPONDER, STATUS_SUCCESS, Status, StatusCode,
)
from saml2.server import Server
from saml2.sigver import (
    get_pem_wrapped_unwrapped, make_temp, pre_encryption_part, verify_redirect_signature,
)
from saml2.xmldsig import DIGEST_SHA1, DIGEST_SHA256, SIG_RSA_SHA1, SIG_RSA_SHA256
from werkzeug.serving import make_server

PEOPLE = {
    "ada": {"mail": "ada@{domain}", "givenName": "Ada", "sn": "Lovelace"},
    "grace": {"mail": "grace@{domain}", "givenName": "Grace", "sn": "Hopper"},
    "zoë": {"mail": "zoe@{domain}", "givenName": "Zoë", "sn": "O'Neill & <Söhne>"},
}

# The algorithms of xmlenc that xmlsec1 is asked for, with its name for the session key.
# "default" leaves pysaml2's own choice, which is 3DES.
ENCRYPTION = {
    "aes128-gcm": ("http://www.w3.org/2009/xmlenc11#aes128-gcm", "aes-128"),
    "aes256-gcm": ("http://www.w3.org/2009/xmlenc11#aes256-gcm", "aes-256"),
    "aes256-cbc": ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "aes-256"),
}

BINDINGS = {"redirect": BINDING_HTTP_REDIRECT, "post": BINDING_HTTP_POST}

# What it answers to a wish to sign out: status codes, the second below the first.
LOGOUT_ANSWERS = {
    "complete": (STATUS_SUCCESS, None),
    "partial": (STATUS_SUCCESS, STATUS_PARTIAL_LOGOUT),
    "failed": (STATUS_RESPONDER, None),
}

SIGNATURES = {
    "sha1": (SIG_RSA_SHA1, DIGEST_SHA1),
    "sha256": (SIG_RSA_SHA256, DIGEST_SHA256),
}

LOGIN_PAGE = """<!doctype html><html lang="en"><title>Sign in at the provider</title>
<h1>Sign in at the provider</h1>
<form method="post" action="/login">
{% for name, value in fields.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}<label>Name <input name="user" autocomplete="username" required></label>
<button type="submit">Sign in</button></form></html>"""

ANSWER_PAGE = """<!doctype html><html lang="en"><title>Going back</title>
<form method="post" action="{{ destination }}">
<input type="hidden" name="SAMLResponse" value="{{ response }}">
{% if relay_state %}<input type="hidden" name="RelayState" value="{{ relay_state }}">
{% endif %}<noscript><button type="submit">Continue</button></noscript></form>
<script>document.forms[0].submit()</script></html>"""


class ChosenEncryption(Server):
    """pysaml2's server, told which of xmlsec1's algorithms to use instead of 3DES."""

    encryption = None

    def _encrypt_assertion(self, encrypt_cert, sp_entity_id, response, node_xpath=None):
        if self.encryption is None:
            return super()._encrypt_assertion(encrypt_cert, sp_entity_id, response, node_xpath)
        algorithm, session_key = ENCRYPTION[self.encryption]
        name, cert = self.metadata.certs(sp_entity_id, "any", "encryption")[0]
        wrapped, unwrapped = get_pem_wrapped_unwrapped(cert)
        cert_file = make_temp(wrapped.encode("ascii"), decode=False)
        template = pre_encryption_part(
            msg_enc=algorithm, key_name=name, encrypt_cert=unwrapped
        )
        return self.sec.encrypt_assertion(
            response, cert_file.name, template, key_type=session_key, node_xpath=node_xpath
        )


class Provider:
    """One identity provider; a change of options builds pysaml2's server anew."""

    def __init__(self, url, folder, entity_id):
        self.url = url
        self.folder = folder
        self.lock = threading.Lock()
        self.sp_urls = []
        self.options = {
            "entity_id": entity_id or f"{url}/metadata",
            "bindings": ["redirect", "post"],
            "sign_assertion": True,
            "sign_response": False,
            "signature": "sha256",
            "encrypt": None,
            "keys": 1,
            "sign_with_key": 1,
            "want_requests_signed": False,
            "domain": "globex.example",
            "name_id": "email",
            "attributes": ["mail", "givenName", "sn"],
            "slo": [],
            "logout": "complete",
            "sign_logout": True,
            "audience": None,
        }
        self.told = None
        self.server = self.build(self.options)

    def key(self, number):
        """The paths of a key and its self-signed certificate, made when first wanted."""
        key, cert = self.folder / f"key-{number}.pem", self.folder / f"cert-{number}.pem"
        if not cert.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                 "-subj", f"/CN=pysaml2 key {number}", "-keyout", key, "-out", cert],
                check=True, capture_output=True,
            )
        return str(key), str(cert)

    def config(self, options):
        """pysaml2's configuration for these options."""
        sign_with, keys = options["sign_with_key"], options["keys"]
        key, cert = self.key(sign_with)
        others = [self.key(number)[1] for number in range(1, keys + 1) if number != sign_with]
        endpoints = [(f"{self.url}/sso/{name}", BINDINGS[name]) for name in options["bindings"]]
        logout = [(f"{self.url}/slo/{name}", BINDINGS[name]) for name in options["slo"]]
        signature, digest = SIGNATURES[options["signature"]]
        return IdPConfig().load({
            "entityid": options["entity_id"],
            "xmlsec_binary": shutil.which("xmlsec1"),
            "key_file": key,
            "cert_file": cert,
            "additional_cert_files": others or None,
            "signing_algorithm": signature,
            "digest_algorithm": digest,
            "metadata": {"remote": [{"url": url} for url in self.sp_urls]},
            "service": {"idp": {
                "endpoints": {"single_sign_on_service": endpoints,
                              **({"single_logout_service": logout} if logout else {})},
                "name_id_format": [NAMEID_FORMAT_EMAILADDRESS, NAMEID_FORMAT_PERSISTENT],
                "policy": {"default": {"lifetime": {"minutes": 5}}},
                "want_authn_requests_signed": options["want_requests_signed"],
            }},
        })

    def build(self, options):
        """pysaml2's server for these options."""
        server = ChosenEncryption(config=self.config(options))
        if options["encrypt"] not in (None, "default"):
            server.encryption = options["encrypt"]
        return server

    def change(self, changes):
        """Takes new options over; unknown names are refused."""
        unknown = set(changes) - set(self.options)
        if unknown:
            raise ValueError(f"no such option: {', '.join(sorted(unknown))}")
        options = {**self.options, **changes}
        self.server = self.build(options)
        self.options = options

    def serve(self, sp_url):
        """Reads the service provider's metadata from its address, again if it is known."""
        if sp_url not in self.sp_urls:
            self.sp_urls.append(sp_url)
        self.server = self.build(self.options)
        return sorted(self.server.metadata.with_descriptor("spsso"))

    def forget(self):
        """Serves nobody any more."""
        self.sp_urls.clear()
        self.server = self.build(self.options)

    def read(self, fields):
        """What pysaml2 makes of an AuthnRequest: where the answer goes and what it answers."""
        binding = BINDING_HTTP_POST if fields["binding"] == "post" else BINDING_HTTP_REDIRECT
        parsed = self.server.parse_authn_request(
            fields["SAMLRequest"], binding,
            relay_state=fields.get("RelayState"),
            sigalg=fields.get("SigAlg"),
            signature=fields.get("Signature"),
        )
        arguments = self.server.response_args(parsed.message, [BINDING_HTTP_POST])
        return {name: arguments[name] for name in ("in_response_to", "destination", "sp_entity_id")}

    def start(self, sp_entity_id):
        """Where an answer that nobody asked for goes: the provider-started sign-in."""
        _, destination = self.server.pick_binding(
            "assertion_consumer_service", [BINDING_HTTP_POST], "spsso", entity_id=sp_entity_id
        )
        return {"in_response_to": None, "destination": destination, "sp_entity_id": sp_entity_id}

    def name_id(self, user):
        """What pysaml2 calls a person."""
        mail = PEOPLE[user]["mail"].format(domain=self.options["domain"])
        if self.options["name_id"] == "email":
            return NameID(format=NAMEID_FORMAT_EMAILADDRESS, text=mail)
        return NameID(format=NAMEID_FORMAT_PERSISTENT, text=f"persistent-{user}")

    def session_index(self):
        """The session that the last response began."""
        text = self.folder.joinpath("last-response.xml").read_text(encoding="utf-8")
        return re.search(r'SessionIndex="([^"]+)"', text)[1]

    def carry(self, name, message, destination, relay_state, is_response):
        """What the browser gets for a message of pysaml2 by this binding."""
        signature, _ = SIGNATURES[self.options["signature"]]
        sent = self.server.apply_binding(
            BINDINGS[name], str(message), destination, relay_state, response=is_response,
            sign=self.options["sign_logout"] and name == "redirect", sigalg=signature,
        )
        if name == "redirect":
            return redirect(dict(sent["headers"])["Location"], 303)
        return sent["data"]

    def start_logout(self, name, sp_entity_id, user, index, relay_state):
        """A request to sign a person out, which nobody asked for."""
        signature, digest = SIGNATURES[self.options["signature"]]
        _, destination = self.server.pick_binding(
            "single_logout_service", [BINDINGS[name]], "spsso", entity_id=sp_entity_id
        )
        _, message = self.server.create_logout_request(
            destination, sp_entity_id, name_id=self.name_id(user), session_indexes=index,
            sign=self.options["sign_logout"] and name == "post",
            sign_alg=signature, digest_alg=digest,
        )
        return self.carry(name, message, destination, relay_state, False)

    def answer_logout(self, name, fields):
        """pysaml2's answer to a service provider that wants a person signed out."""
        parsed = self.server.parse_logout_request(
            fields["SAMLRequest"], BINDINGS[name], relay_state=fields.get("RelayState"),
            sigalg=fields.get("SigAlg"), signature=fields.get("Signature"),
        ).message
        self.told = {
            "name_id": parsed.name_id.text,
            "session_index": [index.text for index in parsed.session_index],
        }
        top, below = LOGOUT_ANSWERS[self.options["logout"]]
        code = StatusCode(value=top, status_code=below and StatusCode(value=below))
        signature, digest = SIGNATURES[self.options["signature"]]
        response = self.server.create_logout_response(
            parsed, [BINDINGS[name]], status=Status(status_code=code),
            sign=self.options["sign_logout"] and name == "post",
            sign_alg=signature, digest_alg=digest,
        )
        _, destination = self.server.pick_binding(
            "single_logout_service", [BINDINGS[name]], "spsso", request=parsed
        )
        return self.carry(name, response, destination, fields.get("RelayState", ""), True)

    def end_logout(self, name, fields):
        """What pysaml2 makes of a service provider's answer."""
        parsed = self.server.parse_logout_request_response(fields["SAMLResponse"], BINDINGS[name])
        issuer = parsed.issuer()
        if name == "redirect":
            cert = self.server.metadata.certs(issuer, "any", "signing")[0][1]
            is_signed = verify_redirect_signature(fields, self.server.sec.sec_backend, cert)
        else:
            is_signed = not parsed.not_signed and "<ds:Signature" in str(parsed.xmlstr)
        codes, code = [], parsed.response.status.status_code
        while code is not None:
            codes.append(code.value.rsplit(":", 1)[1])
            code = code.status_code
        message = parsed.response.status.status_message
        return {"codes": codes, "is_signed": bool(is_signed), "issuer": issuer,
                "message": message and message.text, "relay_state": fields.get("RelayState")}

    def answer(self, user, where):
        """pysaml2's response for a person, or its refusal of somebody it does not know."""
        options = self.options
        signature, digest = SIGNATURES[options["signature"]]
        if user not in PEOPLE:
            return self.server.create_error_response(
                where["in_response_to"], where["destination"],
                (STATUS_AUTHN_FAILED, "Not assigned to this application"),
                sign=options["sign_response"], sign_alg=signature, digest_alg=digest,
            )
        if options["audience"]:
            # As a console lets an admin type it, whatever the service provider says of itself.
            where = {**where, "sp_entity_id": options["audience"]}
        person = {name: value.format(domain=options["domain"])
                  for name, value in PEOPLE[user].items()}
        return self.server.create_authn_response(
            {name: person[name] for name in options["attributes"]},
            userid=user, name_id=self.name_id(user),
            authn={"class_ref": PASSWORDPROTECTEDTRANSPORT},
            sign_assertion=options["sign_assertion"], sign_response=options["sign_response"],
            encrypt_assertion=options["encrypt"] is not None,
            sign_alg=signature, digest_alg=digest, **where,
        )


def answer_page(provider, user, where, relay_state):
    """The page that carries the response to the service provider."""
    response = str(provider.answer(user, where))
    provider.folder.joinpath("last-response.xml").write_text(response, encoding="utf-8")
    return render_template_string(
        ANSWER_PAGE, destination=where["destination"], relay_state=relay_state,
        response=b64encode(response.encode("utf-8")).decode("ascii"),
    )


def sign_on(provider, binding, fields):
    """Answers at once for a person whose cookie is known, else asks who it is."""
    fields = {**fields, "binding": binding}
    with provider.lock:
        where = provider.read(fields)
        user = request.cookies.get("provider_user")
        if user:
            return answer_page(provider, user, where, fields.get("RelayState", ""))
    return render_template_string(LOGIN_PAGE, fields=fields)


def web(provider):
    """The provider's addresses."""
    app = Flask("pysaml2_provider")

    @app.errorhandler(Exception)
    def refused(error):
        logging.exception("refused")
        return f"{type(error).__name__}: {error}", 400

    @app.get("/favicon.ico")
    def icon():
        return "", 204

    @app.get("/metadata")
    def metadata():
        with provider.lock:
            text = create_metadata_string(None, config=provider.server.config)
        return app.response_class(text, content_type="application/samlmetadata+xml")

    @app.get("/sso/redirect")
    def sso_redirect():
        return sign_on(provider, "redirect", request.args.to_dict())

    @app.post("/sso/post")
    def sso_post():
        return sign_on(provider, "post", request.form.to_dict())

    @app.post("/login")
    def login():
        fields = request.form.to_dict()
        with provider.lock:
            where = provider.read(fields)
            return answer_page(provider, fields["user"], where, fields.get("RelayState", ""))

    @app.get("/start")
    def start():
        with provider.lock:
            where = provider.start(request.args["sp"])
            return answer_page(provider, request.args["user"], where,
                               request.args.get("relay_state", ""))

    def logout(name, fields):
        with provider.lock:
            if "SAMLRequest" in fields:
                return provider.answer_logout(name, fields)
            return jsonify(provider.end_logout(name, fields))

    @app.get("/slo/redirect")
    def slo_redirect():
        return logout("redirect", request.args.to_dict())

    @app.post("/slo/post")
    def slo_post():
        return logout("post", request.form.to_dict())

    @app.get("/logout")
    def start_logout():
        given = request.args
        with provider.lock:
            index = [provider.session_index()] if given.get("index") == "last" else None
            return provider.start_logout(given["binding"], given["sp"], given["user"], index,
                                         given.get("relay_state", ""))

    @app.get("/frame")
    def frame():
        address = "/logout?" + request.query_string.decode("ascii")
        return render_template_string('<!doctype html><iframe src="{{ address }}"></iframe>', address=address)

    @app.get("/control/told")
    def control_told():
        return jsonify(provider.told)

    @app.post("/control/sp")
    def control_sp():
        with provider.lock:
            return jsonify(service_providers=provider.serve(request.get_json()["url"]))

    @app.post("/control/forget")
    def control_forget():
        with provider.lock:
            provider.forget()
            return jsonify({})

    @app.post("/control/options")
    def control_options():
        with provider.lock:
            provider.change(request.get_json())
            return jsonify(provider.options)

    @app.get("/control/last-response")
    def last_response():
        text = provider.folder.joinpath("last-response.xml").read_text(encoding="utf-8")
        return app.response_class(text, content_type="application/xml")

    return app


def main():
    """Starts the provider on a free port of 127.0.0.1, or on the given one."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--entity-id", help="any text; default: the metadata address")
    arguments.add_argument("--sp", action="append", default=[], help="SP metadata address")
    arguments.add_argument("--options", type=json.loads, default={}, help="JSON object")
    arguments.add_argument("--with-parent", action="store_true", help="end when stdin does")
    arguments = arguments.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    # An exit, unlike the signal alone, removes the folder with the keys.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    http = make_server("127.0.0.1", arguments.port, Flask("starting"), threaded=True)
    url = f"http://127.0.0.1:{http.server_port}"
    with tempfile.TemporaryDirectory(prefix="pysaml2-") as folder:
        provider = Provider(url, Path(folder), arguments.entity_id)
        provider.change(arguments.options)
        for sp_url in arguments.sp:
            provider.serve(sp_url)
        http.app = web(provider)
        if arguments.with_parent:
            threading.Thread(target=lambda: (sys.stdin.read(), http.shutdown()), daemon=True).start()
        print(json.dumps({"url": url, "metadata": f"{url}/metadata",
                          "entity_id": provider.options["entity_id"]}), flush=True)
        http.serve_forever()


if __name__ == "__main__":
    main()
