"""What was published of the live tables: the one file of tests that may know their numbers, beside the notebooks.

When the tables change, these numbers are looked at and changed with them; nothing else in the tests is.
"""

import pandas as pd

from conftest import ROOT
from helpers import anniversaries, findings, tables


def test_the_readme_quotes_the_findings(timing, least, targets, found):
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    for sentence in (
        timing.text,
        timing.years_text,
        timing.other_text,
        timing.without_text,
        timing.sides_text,
        findings.limit_text(timing, least),
        targets.text,
        targets.unknown_text,
        targets.robust_text,
        targets.model_text,
        findings.moves_text(found.moves),
        findings.rivals_text(found.rivals, found.without_each_strike, timing),
        *found.where.text.split(". ")[:1],
        *found.where.launch_text.split(". ")[:1],
        *findings.near_repeat_text(found.near_repeat).split(". ")[:1],
    ):
        assert sentence in readme, sentence
    assert "](docs/placebo_windows.svg)" in readme


def test_the_limits_count_what_they_report(timing, core):
    """The days of the anniversaries' blocks in under-covered months, and the accounts of an incident."""
    spans = [("2019-10", "2019-10"), ("2020-02", "2020-02"), ("2020-10", "2020-10"), ("2022-09", "2022-11"),
             ("2023-05", "2023-09")]  # fmt: skip
    months = {month for first, last in spans for month in pd.period_range(first, last, freq="M")}
    days = [(day, apart) for day in timing.test.anniversaries for apart in range(-anniversaries.HALF, 183)]
    under = [apart for day, apart in days if (day + pd.Timedelta(days=apart)).to_period("M") in months]
    assert min(map(abs, under)) > timing.window
    accounts = core["n_independent"].value_counts()
    for page in (ROOT / "README.md", tables.DATA_DIR / "README.md"):
        text = page.read_text(encoding="utf-8")
        assert f"Of the {len(days):,} days on which the anniversaries are tested, {len(under)} lie in these" in text
        assert f"{accounts[4]} of {len(core)} core incidents have exactly four, and {accounts[5]} has more." in text
    assert accounts.index.max() == 5
