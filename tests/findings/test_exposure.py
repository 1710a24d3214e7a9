"""How often were sites struck per day on which they could be?"""

import pytest

from helpers import findings


def test_rates_come_with_what_is_not_known(results, frozen):
    found, sites = results.exposure, frozen["sites"]
    row = found["known"].loc["embassy"]
    assert row["rate_low"] == pytest.approx(1000 * row["incidents"] / row["days_low"])
    told = findings.tell(found)
    assert told.startswith("Attacks per 1,000 site-days where the days are known: 5.5 on bases (sites: 1; attacks: 1; ")
    assert "4.1 on diplomatic sites (sites: 1; attacks: 6; site-days: 1,461; 95% interval 1.5 to 8.9)." in told
    assert (
        "Over all sites, as far as the days are known: 1.2 to 1.8 on bases and 1.5 to 3.8 on diplomatic sites." in told
    )
    assert found["unknown"]["size"].sum() == len(found["sites"]) <= len(sites)
    warning = findings.tell(found, "warning")
    assert warning.startswith("The last day is not known for 7 of 8 bases and 3 of 4 diplomatic sites. An empty date")


def test_no_site_is_known_well_enough(few, frozen):
    with pytest.raises(ValueError, match="no site is placed better than within 20 km"):
        findings.exposure(few, frozen["sites"][:0])
