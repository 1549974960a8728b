"""Addresses of network sources, with the user name and password that they may carry."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from happysad_live.paths import home_expanded, is_there

_IN_PATH = re.compile(r"((?:user|username|login|pass|passwd|password|pwd)=)[^&;/]*", re.IGNORECASE)

_LOGIN = re.compile(r"(?P<user>[^:/?#@[]+):(?P<password>(?!\d+[/?#]).*?)@(?P<rest>[^/?#@]+(?:[/?#]|$))")
"""USER:PASSWORD@HOST, the password of any letters; but what begins like “80/” is a port and a path."""


_BEGINNING = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)

_LOGIN_ALONE = re.compile(r"(?![a-z]:[\\/])(?:\w*:?//)?[^/\\:]+:.*@(?=[\w.\[-])", re.IGNORECASE)
"""USER:PASSWORD@ before a host in an address whose ``rtsp://`` is wrong or missing; no drive of Windows."""


def without_password(spec: str) -> str:
    """A source as it may be shown, logged and stored.

    An address loses its user and password, also those in its path, and all that follows a “?”: many cameras
    take them there. So does an address without its “rtsp://”, unless there is a file of that name.
    """
    scheme, _, rest = spec.partition("://")
    if not _BEGINNING.match(spec):
        login = _LOGIN_ALONE.match(spec)
        return spec[login.end() :] if login and not is_there(home_expanded(spec)) else spec
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    # A password may hold any letter, also one that ends a host. All up to the last “@” goes, while opening an
    # address takes the first that fits: too much may be hidden here, but no part of a password may be shown.
    if ":" in host and not host.startswith("["):
        rest = rest.rpartition("@")[2]
    try:
        parts = urlsplit(f"{scheme}://{rest}")
    except ValueError:  # no address at all; opening it will say so
        return f"{scheme}://…"
    path = _IN_PATH.sub(r"\1…", parts.path)
    return urlunsplit(
        parts._replace(netloc=parts.netloc.rpartition("@")[2], path=path, query="", fragment="")
    )


def with_quoted_password(address: str) -> str:
    """The address with a password that FFmpeg reads whole: one with “/”, “?”, “#” or “@” as people type it.

    What is quoted already (“%2F”) stays.
    """
    scheme, _, rest = address.partition("://")
    login = _LOGIN.match(rest)
    if not login:
        return address
    password = re.sub("[/?#@]", lambda letter: quote(letter[0], safe=""), login["password"])
    return f"{scheme}://{login['user']}:{password}@{rest[login.start('rest') :]}"
