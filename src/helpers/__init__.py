"""From coded reports of rocket and drone attacks to tables, tests and charts."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .load import load_incidents
    from .tables import load_context_events, load_places, load_reports, load_search_log, load_sites, load_sources

__version__ = "0.3.0"
__all__ = [
    "load_context_events",
    "load_incidents",
    "load_places",
    "load_reports",
    "load_search_log",
    "load_sites",
    "load_sources",
]
_MODULES = {"load_incidents": "load"}  # every other loader is in tables


def __getattr__(name: str) -> Any:
    """A loader, imported when first asked for, so that the help of the command line need not wait for pandas."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES.get(name, 'tables')}", __name__), name)
