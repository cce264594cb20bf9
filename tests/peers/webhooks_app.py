"""An app that is told of events, played by standardwebhooks: the library verifies every message.

Prints one line of JSON with its addresses when it is ready. POST /control/secret gives it the endpoint's secret.
"""

import json
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from peer import Came, serve
from standardwebhooks import Webhook, WebhookVerificationError


class Told(Came):
    """What it was told, and by which secret it verifies."""

    def __init__(self):
        super().__init__()
        self.webhook = None

    def verify(self, body, headers):
        """Takes a message if the library does."""
        seen = {"id": headers.get("webhook-id")}
        try:
            seen["event"] = self.webhook.verify(body, {name.lower(): value for name, value in headers.items()})
        except WebhookVerificationError as error:
            seen["refused"] = str(error)
        self.add(seen)
        return 204 if "event" in seen else 401


TOLD = Told()


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, value=None):
        body = b"" if value is None else json.dumps(value, default=str).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        self.answer(200, TOLD.take(int(query["count"][0]), int(query["wait"][0])))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/hooks":
            self.answer(TOLD.verify(body, self.headers))
        else:
            TOLD.webhook = Webhook(json.loads(body)["secret"])
            self.answer(200, {})


def main():
    serve(Handler, lambda url: {"hooks": f"{url}/hooks"})


if __name__ == "__main__":
    main()
