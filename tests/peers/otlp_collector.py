"""A collector of spans, which reads what it is sent by the messages that OpenTelemetry publishes.

Prints one line of JSON with its address when it is ready. GET /spans?count=N&wait=MILLIS answers with what came.
"""

import json
from base64 import b64decode
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from peer import Came, serve


def flat(attributes):
    """Attributes as names and values."""
    return {one["key"]: next(iter(one["value"].values()), None) for one in attributes}


def spans(body, headers):
    """The spans of a message, each with what it came with."""
    message = MessageToDict(ExportTraceServiceRequest.FromString(body))
    for resource in message["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for name in ("traceId", "spanId", "parentSpanId"):
                    span[name] = b64decode(span.get(name, "")).hex()
                span["attributes"] = flat(span.get("attributes", []))
                span["resource"] = flat(resource["resource"]["attributes"])
                span["authorization"] = headers.get("authorization")
                yield span


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
        came = CAME.wait(int(query["count"][0]), int(query["wait"][0]))
        self.answer("application/json", json.dumps(came).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/v1/traces" or self.headers["Content-Type"] != "application/x-protobuf":
            self.send_error(404)
            return
        CAME.add(*spans(body, self.headers))
        self.answer("application/x-protobuf", ExportTraceServiceResponse().SerializeToString())

    def log_message(self, *_):
        pass


def main():
    serve(Handler, lambda url: {})


if __name__ == "__main__":
    main()
