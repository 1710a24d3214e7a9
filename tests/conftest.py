import gc
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

import helpers
from helpers import charts, export, findings, load, tables
from helpers.findings import Results

ROOT = Path(__file__).resolve().parents[1]
FROZEN = ROOT / "tests" / "data"
IN_EVERY_FORM = ("placebo_windows", "sites_map")
SOLEIMANI = {"event": "the killing of Qassem Soleimani", "event_short": "the killing"}

# No test depends on how fast the machine is.
settings.register_profile("untimed", deadline=None, max_examples=50)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def imports_stay():
    """What was imported is never garbage: statsmodels collects garbage at each adjustment of p-values."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def read_once():
    """Tables of the same content are read and checked once a process, as most tests change one of eleven or none."""
    known, read = {}, tables.read_table

    def remember(path, table, name, content=None):
        given = path.read_bytes() if content is None and path.is_file() else content
        key = name, repr(table), path if given is None else given
        if key not in known:
            known[key] = read(path, table, name, content)
        cells, faults = known[key]
        return cells.copy(), list(faults)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "read_table", remember)
        yield


# --- the live tables: their numbers belong to test_published.py alone -------------------------------------------------


@pytest.fixture(scope="session")
def live():
    """Every result of the repository's own tables."""
    return Results()


# --- small and constant: units are tested on these ------------------------------------------------------------------


@pytest.fixture(scope="session")
def frozen_dir():
    """The folder that holds ``raw/`` with about twenty real incidents, which never change."""
    return FROZEN


@pytest.fixture(scope="session")
def frozen(frozen_dir):
    """Its raw tables, by name."""
    return load.load_raw(frozen_dir)


@pytest.fixture(scope="session")
def few(frozen_dir):
    """Its core incidents."""
    return helpers.load_incidents(data_dir=frozen_dir)


@pytest.fixture(scope="session")
def few_all(frozen_dir):
    """Its incidents of every inclusion."""
    return helpers.load_incidents(inclusion=["core", "borderline", "excluded"], data_dir=frozen_dir)


@pytest.fixture(scope="session")
def results(frozen_dir):
    """Every result of the frozen set; what is simulated rests on few draws, and each chart is drawn once."""
    results = Results(data_dir=frozen_dir)
    results.self_excitation = findings.self_excitation(results.anniversary, results.incidents, n_bootstrap=9)
    results.power = findings.power(results.anniversary, results.incidents, n_draws=9)
    results.draw = cache(results.draw)
    return results


@pytest.fixture(scope="session")
def drawn(results):
    """Every chart of the frozen set, by name."""
    return {name: results.draw(draw) for name, draw in charts.CHARTS.items()}


@pytest.fixture(scope="session")
def exported(results, tmp_path_factory):
    """A folder into which the frozen set's charts and findings were exported, and what was said of it.

    PDF and PNG, which take long and differ in nothing that a chart can break alone, are empty but for two charts.
    """
    out, lines = tmp_path_factory.mktemp("export"), []
    picture = charts.picture

    def draw(chart, *given):
        return picture(chart, *given) if chart.name in IN_EVERY_FORM else b""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "picture", draw)
        export.export_all(out / "charts", results, lines.append)
    return out, lines


@pytest.fixture(scope="session")
def bursts(few):
    """A maker of synthetic incidents that come in bursts, in the columns and types of ``load_incidents``.

    ``bursts()["date"]`` is what a test of dates alone needs. The same arguments make the same frame.
    """

    def make(n=200, seed=0, size=3, first="2020-01-04", last="2023-09-30"):
        """``n`` incidents, ``size`` a burst on average, on days from ``first`` to ``last``."""
        rng = np.random.default_rng(seed)
        days = np.arange(np.datetime64(first), np.datetime64(last) + np.timedelta64(1, "D"))
        starts = rng.integers(len(days), size=max(n // size, 1))
        # Each falls a few days after its burst begins; what would fall after the last day falls on the first ones.
        places = (rng.choice(starts, size=n) + rng.geometric(1 / 3, size=n) - 1) % len(days)
        sites = few.drop_duplicates("site_id").reset_index(drop=True)
        frame = sites.iloc[rng.integers(len(sites), size=n)].reset_index(drop=True)
        frame = frame.assign(date=np.sort(days[places]).astype("datetime64[ns]"))
        frame["date_low"] = frame["date_high"] = frame["date"]
        names = frame["date"].dt.strftime("%Y-%m-%d") + "_" + frame["site_id"]
        frame["incident_id"] = names + "_" + names.groupby(names).cumcount().astype(str)
        for name in ("weapon", "part_of_day", "damage", "defence_active"):
            frame[name] = rng.choice(frame[name].cat.categories, size=n)
        for name, mean in {"launched": 3, "hit": 1, "intercepted": 0.5, "killed": 0.1, "injured": 0.5}.items():
            best = pd.Series(rng.poisson(mean, size=n), dtype="Int64")
            frame[f"{name}_best"] = best.mask(rng.random(n) < 0.2)
            frame[f"{name}_low"] = frame[f"{name}_best"]
            frame[f"{name}_high"] = frame[f"{name}_best"] + rng.integers(2, size=n)
        frame["us_killed"], frame["us_injured"] = frame["killed_best"], frame["injured_best"]
        frame = frame.assign(n_reports=rng.integers(1, 5, size=n), inclusion="core", found_by="protocol", disputed="")
        frame["n_independent"] = frame["n_reports"]
        frame = frame.astype(few.dtypes).sort_values(["date", "incident_id"], ignore_index=True)
        frame.attrs = {"source": "synthetic incidents", "window": [first, last], "anchor": "2020-01-03"} | SOLEIMANI
        return frame

    return make
