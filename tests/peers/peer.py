"""What peers that are told something have in common: what came to them, and the door at which tests ask for it."""

import argparse
import json
import sys
import threading
from http.server import ThreadingHTTPServer


class Came:
    """What came, in its order."""

    def __init__(self):
        self.changed = threading.Condition()
        self.all = []

    def add(self, *more):
        with self.changed:
            self.all.extend(more)
            self.changed.notify_all()

    def wait(self, count, millis):
        """All of it, once there is so much or after so many milliseconds."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.all) >= count, millis / 1000)
            return list(self.all)

    def take(self, count, millis):
        """The same, and forgets it."""
        with self.changed:
            came = self.wait(count, millis)
            self.all = []
            return came


def serve(handler, ready):
    """Answers on a free port of 127.0.0.1, or on the given one, and prints what `ready` makes of its address."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--with-parent", action="store_true")
    given = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", given.port), handler)
    if given.with_parent:
        # Ends when whoever started it does, however that one ended.
        threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    print(json.dumps({"url": url, **ready(url)}), flush=True)
    server.serve_forever()
