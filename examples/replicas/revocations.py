#!/usr/bin/env python3
"""Publishes and reads the revocations of a service, with Python's standard library.

  revocations.py 127.0.0.1:6379 project-test-… list
  revocations.py 127.0.0.1:6379 project-test-… revoke session session-test-…

The format is in docs/replicas.md. A password comes from REDIS_PASSWORD.
"""
import os
import socket
import sys


class Redis:
    """As much of Redis's protocol (RESP2) as streams need."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=5)
        self.lines = self.socket.makefile("rb")
        if os.environ.get("REDIS_PASSWORD"):
            self("AUTH", os.environ["REDIS_PASSWORD"])

    def __call__(self, *words):
        parts = [str(word).encode() for word in words]
        sent = b"*%d\r\n" % len(parts)
        for part in parts:
            sent += b"$%d\r\n%s\r\n" % (len(part), part)
        self.socket.sendall(sent)
        return self.reply()

    def reply(self):
        line = self.lines.readline()
        if not line:
            raise ConnectionError("Redis has closed the connection")
        kind, rest = line[:1], line[1:].strip()
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"+":
            return rest.decode()
        size = int(rest)
        if size < 0:
            return None
        if kind == b"*":
            return [self.reply() for _ in range(size)]
        return self.lines.read(size + 2)[:-2].decode()


def revoke(redis, project, kind, id):
    """Revokes a session, a member or a class. Redis gives the entry its time."""
    key = "{grimoire:%s}:revocations" % project
    fields = ("v", "1", "kind", kind, "id", id)
    at = redis("XADD", key, "NOMKSTREAM", "*", *fields)
    if at is None:  # a stream begins with an entry that says so
        redis("XADD", key, "*", "v", "1", "kind", "start")
        at = redis("XADD", key, "NOMKSTREAM", "*", *fields)
    return at


def live(redis, project):
    """Yields kind, id and time, in milliseconds, of every revocation that counts."""
    for at, pairs in redis("XRANGE", "{grimoire:%s}:revocations" % project, "-", "+"):
        entry = dict(zip(pairs[::2], pairs[1::2]))
        if entry.get("v") != "1" or entry.get("kind") not in ("session", "member", "class"):
            continue  # what is not known is skipped
        yield entry["kind"], entry.get("id", ""), int(entry.get("at", at).split("-")[0])


if __name__ == "__main__":
    if len(sys.argv) not in (4, 6) or sys.argv[3] not in ("list", "revoke"):
        sys.exit(__doc__)
    redis, project = Redis(sys.argv[1]), sys.argv[2]
    if sys.argv[3] == "revoke":
        print(revoke(redis, project, sys.argv[4], sys.argv[5]))
    else:
        for kind, id, at in live(redis, project):
            print(kind, id, at)
