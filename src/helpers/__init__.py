"""From hand-coded reports of rocket and drone attacks to findings that a referee will accept."""

from .load import load_incidents
from .tables import load_context_events, load_places, load_reports, load_search_log, load_sites, load_sources

__version__ = "0.1.0"
__all__ = [
    "load_context_events",
    "load_incidents",
    "load_places",
    "load_reports",
    "load_search_log",
    "load_sites",
    "load_sources",
]
