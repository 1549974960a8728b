"""Which versions of other packages are installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def installed_version(package: str) -> str | None:
    """None where no package of that name is installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
