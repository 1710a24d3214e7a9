"""Every result of one selection of incidents, each computed once, when first asked for.

A result is what its function returns; the function's parameters are named after other results, and are looked up by
these names. To add a result is to write its function and mark it ``@finding``.
"""

import inspect
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from .. import tables
from ..anniversaries import Day, as_anchor, as_period
from ..incidents import ARTICLE
from ..load import load_incidents, load_raw
from ..schemas import load_schema, use_schema
from .basics import FINDINGS
from .levels import load_coverage, load_levels, load_limit_coverage, load_planned_levels, load_strike_levels
from .tell import listed, tell


class NotAvailable:
    """What a data set cannot give: whatever is asked of it answers why.

    Attributes
    ----------
    why : str
        The reason, as a clause.

    Examples
    --------
    >>> NotAvailable("the data have no target")["table"].round(2)
    Not available, because the data have no target.
    """

    def __init__(self, why: str):
        self.why = why

    def __getattr__(self, name):
        if name.startswith("_"):  # what Python and Jupyter ask of every object
            raise AttributeError(name)
        return self

    def __getitem__(self, key):
        return self

    def __call__(self, *_, **__):
        return self

    def __iter__(self):  # else Python would ask for item after item for ever
        return iter(())

    def __repr__(self):
        return f"Not available, because {self.why.rstrip('.')}."

    _repr_markdown_ = __repr__


def _load_raw(dataset, data_dir):
    return (
        NotAvailable("your own file comes without the reports behind it") if dataset is not None else load_raw(data_dir)
    )


def _load_sites(dataset, data_dir):
    if dataset is not None and not data_dir:
        return NotAvailable("your own file comes without a table of sites")
    return tables.load_sites(data_dir)


def _load_article(inclusion, data_dir, raw):
    if not (raw["reports"]["source_id"] == ARTICLE).any():
        return NotAvailable(f"the collection has no founding article, whose source_id is {ARTICLE}")
    return load_incidents(ARTICLE, inclusion, None, data_dir, raw)


def _load_optional(name, why):
    """A loader of a table that a collection may lack."""

    def load(raw):
        return raw[name] if name in raw else NotAvailable(why)

    return load


def _notes(incidents, period=None, until=None):
    """What was done to read a file, as Markdown; what is said of its period only where none is given."""
    notes = [note.replace("<", "&lt;") for note in incidents.attrs.get("notes", [])]  # names of columns are no markup
    return [note for note in notes if not (period or until) or not note.startswith("Where no study period is given")]


EVERY = ["core", "borderline", "excluded"]
# What results are made from: tables, and selections of incidents.
DATA = {
    "raw": _load_raw,
    "incidents": load_incidents,
    "every_incident": lambda scope, dataset, data_dir, raw=None, until=None: load_incidents(
        scope, EVERY, dataset, data_dir, raw, until
    ),
    "all_incidents": lambda inclusion, data_dir, raw: load_incidents("all", inclusion, None, data_dir, raw),
    "article_incidents": _load_article,
    "reports": lambda raw: raw["reports"],
    "sources": lambda raw: raw["sources"],
    "search_log": lambda raw: raw["search_log"],
    "events": lambda raw: tables.with_date_range(raw["context_events"]),
    "notes": _notes,
    "month_coverage": _load_optional("coverage", "the collection has no coverage.csv"),
    "tallies": _load_optional("tallies", "the collection has no tallies.csv"),
    "places": tables.load_places,
    "sites": _load_sites,
    "levels": load_levels,
    "comparison_coverage": load_coverage,
    "limit_rates": load_limit_coverage,
    "strike_levels": load_strike_levels,
    "planned_levels": load_planned_levels,
}


class Results:
    """Every result of one selection of incidents, each computed once, when first asked for.

    Parameters
    ----------
    scope, inclusion, dataset, data_dir
        As for :func:`helpers.load_incidents`.
    anchor : date
        The event whose anniversaries are tested; by default the collection's own.
    period : pair of dates, optional
        First and last day; by default what the data cover after the anchor.
    until : date, optional
        As for :func:`helpers.load_incidents`: later incidents are left out everywhere.

    Attributes
    ----------
    raw, incidents, reports, sources, sites, places, events, search_log, month_coverage, tallies
        The tables, where there are any.
    notes
        What was done to read your own file, and which of its rows are kept: a list of sentences.
    anniversary, embassy_vs_base, locations, …
        What the functions of ``FINDINGS`` return, by their names there. A result that the data cannot give is a
        :class:`NotAvailable`.

    Examples
    --------
    >>> results = Results(dataset="my_events.csv")
    >>> results.reports
    Not available, because your own file comes without the reports behind it.
    """

    def __init__(
        self,
        scope: str = "all",
        inclusion: str | list[str] = "core",
        dataset: str | Path | None = None,
        anchor: Day | None = None,
        period: tuple | None = None,
        data_dir: str | Path | None = None,
        until: Day | None = None,
    ):
        self.scope, self.inclusion, self.dataset, self.until = scope, inclusion, dataset, until
        self.anchor = as_anchor(load_schema(data_dir).collection.anchor.date if anchor is None else anchor)
        self.period, self.data_dir = as_period(period) if period else None, data_dir
        if until is not None and self.period:  # what is left out is not without attacks
            self.period = as_period((self.period[0], min(self.period[1], as_anchor(until, "until"))))

    def __getattr__(self, name):
        sources = DATA | FINDINGS
        if name not in sources:
            raise AttributeError(f"no result {name!r}; choose from {', '.join(sources)}")
        setattr(self, name, self._call(sources[name]))
        return self.__dict__[name]

    def __dir__(self):
        return [*super().__dir__(), *DATA, *FINDINGS]

    def _call(self, function):
        """What a function returns for the results that its parameters are named after; a default does without one."""
        given = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if name in self.__dict__ or name in DATA or name in FINDINGS:
                value = getattr(self, name)
                if not isinstance(value, NotAvailable):
                    given[name] = value
                elif parameter.default is inspect.Parameter.empty:
                    return value
        groups = self.__dict__["incidents"].attrs.get("groups", ()) if "incidents" in self.__dict__ else ()
        try:
            with use_schema(self.data_dir, groups):
                return function(**given)
        except ValueError as error:
            # A finding or a chart refuses data that lack something; a faulty file or a wrong parameter is a fault.
            if function in DATA.values():
                raise
            return NotAvailable(str(error))

    def draw(self, chart: Callable) -> object:
        """A chart of these results.

        Parameters
        ----------
        chart : callable
            One of :mod:`helpers.charts`; its parameters are named after results.

        Returns
        -------
        Chart or NotAvailable
        """
        return self._call(chart)

    def tell(self, name: str, part: str = "answer") -> str:
        """One part of a result in words; why there are none where it is not available.

        Parameters
        ----------
        name : str
            The result.
        part : str
            A block of its page, see :func:`helpers.findings.tell`.

        Returns
        -------
        str
        """
        facts = getattr(self, name)
        if isinstance(facts, NotAvailable):
            return repr(facts)
        if not isinstance(facts, dict) or "page" not in facts:
            raise ValueError(f"{name} is a table without words; look at results.{name}")
        return tell(facts, part)


def findings_of(results: Results) -> dict:
    """Every finding, by name.

    Parameters
    ----------
    results : Results

    Returns
    -------
    dict
        Those of ``FINDINGS`` that the data can give.

    Examples
    --------
    >>> list(findings_of(Results(dataset="my_events.csv")))  # doctest: +SKIP
    ['anniversary', 'placebo_methods']
    """
    found = {name: getattr(results, name) for name in FINDINGS}
    return {name: value for name, value in found.items() if not isinstance(value, NotAvailable)}


def lacking(results: Results) -> pd.Series:
    """What a data set cannot give, and why.

    Parameters
    ----------
    results : Results

    Returns
    -------
    Series of str
        The findings that cannot be given, by the reason why.

    Examples
    --------
    >>> lacking(Results(dataset="my_events.csv"))  # doctest: +SKIP
    """
    values = {name: getattr(results, name) for name in FINDINGS}
    # Why, without what the data have instead.
    missing = {name: value.why.split("; ")[0] for name, value in values.items() if isinstance(value, NotAvailable)}
    names = pd.Series([name.replace("_", " ") for name in missing], list(missing.values()), dtype="object")
    reasons = names.groupby(level=0, sort=False).agg(listed)
    return reasons.rename_axis("because").rename("not available")
