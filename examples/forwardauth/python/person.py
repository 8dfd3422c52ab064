"""Who makes a request, as the proxy in front of this service says."""

from typing import NamedTuple, Optional
from urllib.parse import unquote


class Person(NamedTuple):
    """A member who is signed in. class_ and role are empty on routes about no class."""

    member: str
    organization: str
    class_: str
    role: str


def person_of(headers) -> Optional[Person]:
    """Return who makes the request, None on public routes without a session.

    headers is an email.message.Message, as http.server has it. The proxy removes what a
    client sends under these names, so each stands there once at most; a ValueError says
    that something in front of this service adds headers of its own.
    """
    values = []
    for name in ("X-Auth-Member", "X-Auth-Organization", "X-Auth-Class", "X-Auth-Role"):
        lines = headers.get_all(name, [])
        if len(lines) > 1:
            raise ValueError(name + " stands there twice")
        values.append(unquote(lines[0]) if lines else "")
    person = Person(*values)
    return person if person.member else None
