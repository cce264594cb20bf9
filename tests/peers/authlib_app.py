"""An app played by Authlib: only configures and starts the library.

Prints one line of JSON with its addresses when it is ready. POST /control/client says which
client of which issuer it is: {issuer, client_id, client_secret or null, auth_method, …}.
/login starts a sign-in, /callback ends it and answers with everything that came of it.
"""

import argparse
import json
import logging
import secrets
import sys
import threading
from urllib.parse import urlencode

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, request
from requests import HTTPError
from werkzeug.serving import make_server

SETTINGS = {"client_secret": None, "auth_method": "client_secret_basic",
            "scope": "openid email profile offline_access"}


class App:
    """One client of one issuer, which the library discovers."""

    def __init__(self, flask, url):
        self.flask = flask
        self.url = url
        self.client = None
        self.last = None

    def become(self, wanted):
        """Discovers the issuer and becomes this client of it."""
        settings = {**SETTINGS, **wanted}
        secret = settings["client_secret"]
        oauth = OAuth(self.flask)
        self.client = oauth.register(
            "gateway",
            client_id=settings["client_id"],
            client_secret=secret,
            server_metadata_url=settings["issuer"].rstrip("/")
            + "/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings["scope"],
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": settings["auth_method"] if secret else "none",
            },
        )
        return self.client.load_server_metadata()

    def session(self):
        """The library's OAuth 2 session for the token endpoint and its neighbours."""
        metadata = self.client.load_server_metadata()
        return metadata, self.client._get_oauth_client(**metadata)


def finished(app):
    """What came of a sign-in: tokens, verified claims and userinfo."""
    token = app.client.authorize_access_token()
    claims = dict(token.pop("userinfo"))
    userinfo = dict(app.client.userinfo(token=token))
    app.last = {"tokens": dict(token), "claims": claims, "userinfo": userinfo}
    return app.last


def tokens(app, web):
    """What an app does with tokens after a sign-in."""

    @web.post("/refresh")
    def refresh():
        metadata, session = app.session()
        token = session.refresh_token(
            metadata["token_endpoint"], refresh_token=request.get_json()["refresh_token"])
        return jsonify(tokens=dict(token))

    @web.post("/userinfo")
    def userinfo():
        token = {"access_token": request.get_json()["access_token"], "token_type": "Bearer"}
        return jsonify(dict(app.client.userinfo(token=token)))

    @web.post("/itself")
    def itself():
        metadata, session = app.session()
        token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        found = session.get(request.get_json()["resource"])
        return jsonify(tokens=dict(token), status=found.status_code, found=found.json())

    @web.post("/introspect")
    def introspect():
        metadata, session = app.session()
        answer = session.introspect_token(
            metadata["introspection_endpoint"], token=request.get_json()["token"],
            token_type_hint=request.get_json().get("hint"))
        answer.raise_for_status()
        return jsonify(answer.json())

    @web.post("/revoke")
    def revoke():
        metadata, session = app.session()
        answer = session.revoke_token(
            metadata["revocation_endpoint"], token=request.get_json()["token"],
            token_type_hint=request.get_json().get("hint"))
        answer.raise_for_status()
        return jsonify(revoked=True)

    @web.post("/logout-url")
    def logout_url():
        metadata, _ = app.session()
        return jsonify(url=f"{metadata['end_session_endpoint']}?{urlencode(request.get_json())}")


def sign_in(app, web):
    """The addresses that the browser visits, and those that the test does."""

    @web.errorhandler(Exception)
    def refused(error):
        logging.exception("refused")
        failed = {"name": type(error).__name__, "message": str(error)}
        if isinstance(error, OAuthError):
            failed.update(error=error.error, error_description=error.description)
        if isinstance(error, HTTPError):
            failed["status"] = error.response.status_code
        app.last = {"failed": failed}
        return jsonify(app.last), 400

    @web.get("/favicon.ico")
    def icon():
        return "", 204

    @web.get("/login")
    def login():
        # login_hint, domain_hint, organization, connection, prompt: as the test wants.
        return app.client.authorize_redirect(f"{app.url}/callback", **request.args.to_dict())

    @web.get("/callback")
    def callback():
        return jsonify(finished(app))

    @web.get("/last")
    def last():
        return jsonify(app.last)

    @web.get("/logged-out")
    def logged_out():
        return jsonify(logged_out=True, **request.args.to_dict())

    @web.post("/control/client")
    def control_client():
        return jsonify(app.become(request.get_json()))


def main():
    """Starts the app on a free port of 127.0.0.1, or on the given one."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--issuer")
    arguments.add_argument("--client-id")
    arguments.add_argument("--client-secret")
    arguments.add_argument("--auth-method", default=SETTINGS["auth_method"])
    arguments.add_argument("--scope", default=SETTINGS["scope"])
    arguments.add_argument("--with-parent", action="store_true", help="end when stdin does")
    arguments = arguments.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)

    web = Flask("authlib_app")
    web.secret_key = secrets.token_bytes(32)
    web.config["SESSION_COOKIE_NAME"] = "authlib_app"
    http = make_server("127.0.0.1", arguments.port, web, threaded=True)
    app = App(web, f"http://127.0.0.1:{http.server_port}")
    sign_in(app, web)
    tokens(app, web)
    if arguments.with_parent:
        threading.Thread(target=lambda: (sys.stdin.read(), http.shutdown()), daemon=True).start()
    if arguments.issuer:
        app.become({"issuer": arguments.issuer, "client_id": arguments.client_id,
                    "client_secret": arguments.client_secret,
                    "auth_method": arguments.auth_method, "scope": arguments.scope})
    print(json.dumps({"url": app.url, "redirect_uri": f"{app.url}/callback",
                      "post_logout_redirect_uri": f"{app.url}/logged-out"}), flush=True)
    http.serve_forever()


if __name__ == "__main__":
    main()
