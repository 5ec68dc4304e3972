"""Asking a running server, for commands: its API under the address of an organisation; the key goes nowhere else."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from solidaria.core.problem import Fault, Refused, say

#: A log of some million events; and how long to wait for its next part.
MOST_BYTES = 2_000_000_000
SECONDS = 120
HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Server:
    """A server and one of its organisations.

    base   the API's address of the organisation; key: of a member, blank without one; address: as it was given
    """

    base: str
    key: str
    address: str


def server_at(address: str, key: str = "") -> Server:
    """The server behind the address of an organisation, or of its open books; raises Refused where it is none."""
    parts = urlsplit(address)
    before, found, rest = parts.path.partition("/o/")
    code = rest.partition("/")[0]
    if not found or not code or not parts.hostname:
        help = say("It is that of an organisation, as https://example.org/o/taller-hilo.")
        raise Refused([Fault(address, None, None, say("This is not the address of an organisation."), help)])
    if key and parts.scheme != "https" and parts.hostname not in HERE:
        help = say("Use https, or leave SOLIDARIA_KEY away.")
        raise Refused([Fault(address, None, None, say("The key would be sent where others can read it."), help)])
    base = urlunsplit(SplitResult(parts.scheme, parts.netloc, f"{before}/api/v1/organisations/{code}/", "", ""))
    return Server(base, key, address)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: the key would go along."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def answered(server: Server, path: str) -> str:
    """What the server answers to a question behind the organisation's address; raises Refused where it does not answer."""
    request = urllib.request.Request(server.base + path)
    if server.key:
        request.add_header("Authorization", f"Bearer {server.key}")
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=SECONDS) as answer:
            return _text(answer)
    except urllib.error.HTTPError as error:
        what = {
            401: say("The server does not take this key."),
            404: say("There is nothing here, or it is not yours to see."),
        }.get(error.code, say("The server answers with {number}.", number=error.code))
        help = say(
            "Its assembly has to open the checkpoint (rule open_books) and sign one; or set SOLIDARIA_KEY to a member's key."
        )
        raise Refused([Fault(server.address, None, None, what, help)]) from None
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "reason", None) or error) or os.strerror(5)
        what = say("The server cannot be asked: {reason}.", reason=reason)
        raise Refused(
            [Fault(server.address, None, None, what, say("Check the address and the network."))]
        ) from None


def _text(answer: IO[bytes]) -> str:
    content = answer.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError("the answer is too large")
    return content.decode("utf-8")
