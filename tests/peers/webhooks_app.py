"""An app that is told of events, played by standardwebhooks: the library verifies every message.

Prints one line of JSON with its addresses when it is ready. POST /control/secret gives it the endpoint's secret.
"""

import argparse
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from standardwebhooks import Webhook, WebhookVerificationError


class Told:
    """What it was told, and by which secret it verifies."""

    def __init__(self):
        self.changed = threading.Condition()
        self.webhook = None
        self.all = []

    def take(self, body, headers):
        """Takes a message if the library does."""
        seen = {"id": headers.get("webhook-id")}
        try:
            seen["event"] = self.webhook.verify(body, {name.lower(): value for name, value in headers.items()})
        except WebhookVerificationError as error:
            seen["refused"] = str(error)
        with self.changed:
            self.all.append(seen)
            self.changed.notify_all()
        return 204 if "event" in seen else 401

    def wait(self, count, millis):
        """What it was told, when it was told so often or after so many milliseconds."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.all) >= count, millis / 1000)
            told, self.all = self.all, []
            return told


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
        self.answer(200, TOLD.wait(int(query["count"][0]), int(query["wait"][0])))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/hooks":
            self.answer(TOLD.take(body, self.headers))
        else:
            TOLD.webhook = Webhook(json.loads(body)["secret"])
            self.answer(200, {})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--with-parent", action="store_true")
    given = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    if given.with_parent:
        # Ends when whoever started it does, however that one ended.
        threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    print(json.dumps({"url": url, "hooks": f"{url}/hooks"}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
