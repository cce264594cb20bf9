"""A collector of spans, which reads what it is sent by the messages that OpenTelemetry publishes.

Prints one line of JSON with its address when it is ready. GET /spans?count=N&wait=MILLIS answers with what came.
"""

import argparse
import json
import sys
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse


def flat(attributes):
    """Attributes as names and values."""
    return {one["key"]: next(iter(one["value"].values()), None) for one in attributes}


class Came:
    """The spans that came."""

    def __init__(self):
        self.changed = threading.Condition()
        self.all = []

    def take(self, body, headers):
        message = MessageToDict(ExportTraceServiceRequest.FromString(body))
        with self.changed:
            for resource in message["resourceSpans"]:
                for scope in resource["scopeSpans"]:
                    for span in scope["spans"]:
                        for name in ("traceId", "spanId", "parentSpanId"):
                            span[name] = b64decode(span.get(name, "")).hex()
                        span["attributes"] = flat(span.get("attributes", []))
                        span["resource"] = flat(resource["resource"]["attributes"])
                        span["authorization"] = headers.get("authorization")
                        self.all.append(span)
            self.changed.notify_all()

    def wait(self, count, millis):
        """Those that came, when there are so many or after so many milliseconds."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.all) >= count, millis / 1000)
            return list(self.all)


CAME = Came()


class Handler(BaseHTTPRequestHandler):
    def answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        spans = CAME.wait(int(query["count"][0]), int(query["wait"][0]))
        self.answer("application/json", json.dumps(spans).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/v1/traces" or self.headers["Content-Type"] != "application/x-protobuf":
            self.send_error(404)
            return
        CAME.take(body, self.headers)
        self.answer("application/x-protobuf", ExportTraceServiceResponse().SerializeToString())

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--with-parent", action="store_true")
    given = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    if given.with_parent:
        # Ends when whoever started it does, however that one ended.
        threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
