"""The contract of the session's cookies, for services that are not written in Go.

A service behind forward authentication needs none of this: it reads person.py's headers
and gets no token. It is for a program that reads the cookies itself, to ask Stytch or to
verify the session_jwt, and reads them exactly as the Guard does with its default settings.

    python3 cookies.py < lines   # one JSON list of Cookie headers a line, one answer each
"""

import json
import re
import sys
from typing import List, NamedTuple, Optional

TOKEN = "__Host-stytch_session"  # <session_token>~<session id>[~<mark>]
JWT = "__Host-stytch_session_jwt"  # <session_jwt>, or ended~<session id>

_token_like = re.compile(r"[A-Za-z0-9_\-.=]*\Z")


class BadCookies(Exception):
    """The cookies prove no session: 401. They are not to be deleted."""


class Ended(BadCookies):
    """The session that the cookies name has ended: 401, and there is no need to ask."""


class Pair(NamedTuple):
    """What to verify: the session_jwt if there is one, else ask Stytch by the token.

    Whatever answers must be about the session with the id session, if that is not empty.
    A session_jwt of another session is ignored: it came in an answer that was late.
    """

    token: str
    session: str
    jwt: str


def read(headers: List[str]) -> Optional[Pair]:
    """Return what the Cookie headers of a request say, None if there is no session."""
    values = {TOKEN: set(), JWT: set()}
    for header in headers:
        for pair in header.split(";"):
            name, equals, value = pair.lstrip(" ").partition("=")
            if equals and name in values:
                values[name].add(value)
    # Two values of one name: one was planted. Which one, cannot be told.
    if any(len(v) > 1 for v in values.values()):
        raise BadCookies("two values")
    token = "".join(values[TOKEN])
    jwt = "".join(values[JWT])
    # Without a session_token there is no session: a session_jwt that is alone came late,
    # after a sign-out. "~" alone says that this browser has signed out.
    if token in ("", "~"):
        return None
    token, named, session = token.partition("~")
    session, marked, mark = session.partition("~")
    if named and (not token or not session or len(session) > 1024):
        raise BadCookies("a name without a token, or a token without a name")
    if marked and (not 16 <= len(mark) <= 64 or "~" in mark):
        raise BadCookies("no mark")
    if jwt.startswith("ended~"):
        # About another session it says nothing: it came in an answer that was late.
        if session and jwt[len("ended~"):] == session:
            raise Ended(session)
        jwt = ""
    for value, most in ((token, 1024), (session, 1024), (jwt, 16384)):
        if len(value) > most or not _token_like.match(value):
            raise BadCookies("what no token holds")
    return Pair(token, session, jwt)


def renewal(jwt: str, max_age: int) -> str:
    """Return the Set-Cookie value of a renewed session_jwt: all that a renewal may write.

    The session_token's cookie is written by a sign-in, a switch of class and a sign-out
    only. max_age is in seconds: as long as the session can last, 400 days at the most.
    """
    line = f"{JWT}={jwt}; Path=/; Max-Age={max_age}; HttpOnly; Secure; SameSite=Lax"
    if not _token_like.match(jwt) or len(line) > 4096:
        raise ValueError("a browser would drop this cookie")
    return line


def _main() -> None:
    for line in sys.stdin:
        try:
            pair = read(json.loads(line))
            answer = {"pair": pair and pair._asdict()}
        except Ended:
            answer = {"refused": "ended"}
        except BadCookies:
            answer = {"refused": "bad"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _main()
