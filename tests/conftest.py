from pathlib import Path

import pytest
from hypothesis import settings

from helpers import export, findings, incidents, load_context_events, load_incidents, tables

ROOT = Path(__file__).resolve().parents[1]

# No test depends on how fast the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def raw():
    return tables.load_raw()


@pytest.fixture(scope="session")
def everything(raw):
    """Incidents of every inclusion, from the hand-coded reports."""
    return incidents.build_incidents(raw)


@pytest.fixture(scope="session")
def core():
    return load_incidents()


@pytest.fixture(scope="session")
def timing(core):
    return findings.anniversary(core)


@pytest.fixture(scope="session")
def targets(core):
    return findings.embassy_vs_base(core, load_context_events())


@pytest.fixture(scope="session")
def bred(core):
    return findings.self_excitement(core, n_bootstrap=99)


@pytest.fixture(scope="session")
def registered():
    return export.registered()
