"""A service of a class, in Python's standard library, behind forward authentication.

    python3 service.py [port]   # on 127.0.0.1; prints the address that it listens on

It never sees a token: the proxy says by headers who makes a request, in which class, and
as what. So only the proxy may reach it, here by listening on the loopback interface.
"""

import base64
import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

from person import person_of


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self):
        try:
            super().handle()
        except ConnectionError:
            pass  # the proxy has closed a connection that it kept open

    def do_GET(self):
        path = self.path.partition("?")[0].split("/")[1:]
        if path == [""]:
            return self.answer(200, {"welcome": "to the notes of your classes"})
        if path == ["me"]:
            return self.answer(200, self.seen())
        if len(path) == 3 and path[0] == "classes" and self.about(path[1]):
            if path[2] == "notes":
                return self.answer(200, self.seen())
            if path[2] == "live" and self.headers.get("Upgrade", "").lower() == "websocket":
                return self.live()
        if len(path) > 3 and path[0] == "classes" and path[2] == "files" and self.about(path[1]):
            return self.answer(200, self.seen())
        self.answer(404, {"error": "there is no such page"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0].split("/")[1:]
        if len(path) == 3 and path[0] == "classes" and path[2] in ("notes", "release") and self.about(path[1]):
            return self.answer(201, {**self.seen(), "bytes": len(body)})
        self.answer(404, {"error": "there is no such page"})

    def about(self, class_):
        """Report whether the decision was about the class in the path.

        It always is while the proxy and this service read the same path. If they ever do
        not, this request belongs to another class than the person was let in for.
        """
        person = person_of(self.headers)
        return person is not None and person.class_ == unquote(class_)

    def seen(self):
        """Return who makes the request, and everything else that this service gets."""
        person = person_of(self.headers)
        return {
            "person": person and person._asdict(),
            "path": self.path,
            "headers": [[name, value] for name, value in self.headers.items()],
        }

    def live(self):
        """Greet on a WebSocket (RFC 6455, 4.2.2), with one text frame, and close it."""
        key = self.headers.get("Sec-WebSocket-Key", "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        text = ("hello " + person_of(self.headers).role).encode()
        self.wfile.write(bytes([0x81, len(text)]) + text + bytes([0x88, 0]))
        self.close_connection = True

    def answer(self, status, value):
        body = json.dumps(value).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = ThreadingHTTPServer(("127.0.0.1", port), Service)
    print("127.0.0.1:%d" % server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
