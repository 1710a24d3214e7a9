"""How often were sites struck per day on which they could be?"""

import pytest

from helpers import findings


def test_rates_come_with_what_is_not_known(results, frozen):
    found, sites = results.exposure, frozen["sites"]
    row = found["known"].loc["embassy"]
    assert row["rate_low"] == pytest.approx(1000 * row["incidents"] / row["days_low"])
    told = findings.tell(found)
    assert (row["incidents"], row["days_low"], row["n_sites"]) == (6, 1461, 1)
    assert told.startswith("Where the days are known, reported attacks per 1,000 site-days are 5.5 on bases (95% inter")
    assert " and 4.1 on diplomatic sites (95% interval 1.5 to 8.9; 1 site)." in told
    several = findings.tell({**found, "known": found["known"].assign(n_sites=3)})
    assert several.count("; 3 sites)") == 2
    assert "are not known. Over all" in findings.tell({**found, "known": found["known"][:0]})
    assert told.endswith(
        "Over all sites they lie between 1.2 and 1.8 on bases and between 1.5 and 3.8 on diplomatic sites."
    )
    assert found["unknown"]["size"].sum() == len(found["sites"]) <= len(sites)
    warning = findings.tell(found, "warning")
    assert warning.startswith("The last day is not known for 7 of 8 bases and 3 of 4 diplomatic sites. An empty dat")


def test_no_site_is_known_well_enough(few, frozen):
    with pytest.raises(ValueError, match="no site is placed better than within 20 km"):
        findings.exposure(few, frozen["sites"][:0])
