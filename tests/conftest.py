from pathlib import Path

import pytest
from hypothesis import settings

from helpers import export, findings, incidents

ROOT = Path(__file__).resolve().parents[1]

# No test depends on how fast the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def found():
    return export.Found()


@pytest.fixture(scope="session")
def raw(found):
    return found.raw


@pytest.fixture(scope="session")
def everything(raw):
    """Incidents of every inclusion, from the hand-coded reports."""
    return incidents.build_incidents(raw)


@pytest.fixture(scope="session")
def core(found):
    return found.data


@pytest.fixture(scope="session")
def timing(found):
    return found.timing


@pytest.fixture(scope="session")
def least(found):
    return found.least


@pytest.fixture(scope="session")
def targets(found):
    return found.targets


@pytest.fixture(scope="session")
def bred(core):
    return findings.self_excitement(core, n_bootstrap=99)


@pytest.fixture(scope="session")
def registered(found):
    return export.registered(found)
