import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import incidents, load_incidents, schemas, tables

# --- the founding article -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def article(frozen_dir):
    return load_incidents(scope="article", data_dir=frozen_dir).set_index("incident_id")


def test_the_article_tells_of_four_attacks(article):
    assert list(article["site_id"]) == ["anbar_unnamed", "syria_unnamed", "baghdad_unnamed", "us_embassy_baghdad"]
    assert list(article["target"]) == ["base", "base", "base", "embassy"]
    assert (article["n_reports"] == 1).all()
    assert (article["disputed"] == "").all()


def test_the_article_on_the_embassy(article, frozen):
    embassy = article.loc["2022-01-13_us_embassy_baghdad"]
    assert embassy["date"] == pd.Timestamp("2022-01-13")
    assert (embassy["launched_low"], embassy["launched_best"]) == (4, 4)
    assert embassy["launched_high"] is pd.NA  # "at least four" stays open
    assert (embassy["hit_low"], embassy["hit_best"], embassy["hit_high"]) == (3, 3, 3)
    assert (embassy["injured_low"], embassy["injured_best"], embassy["injured_high"]) == (2, 2, 2)
    assert embassy["killed_best"] is pd.NA  # the article does not speak of deaths
    assert embassy["defence_active"] == "yes"
    assert embassy["weapon"] == "rocket"
    row = frozen["reports"].set_index(["incident_id", "source_id"]).loc[("2022-01-13_us_embassy_baghdad", "article")]
    assert "Dora" in row["launch_area"]
    assert "school" in row["note"]
    assert row["paragraph"] == "1;2;3;4"


def test_the_article_on_the_three_others(article):
    others = article.drop("2022-01-13_us_embassy_baghdad")
    assert (others["date"] == pd.Timestamp("2022-01-06")).all()  # "last Thursday"
    assert list(others["weapon"]) == ["rocket", "unknown", "rocket"]
    assert list(others["launched_best"].astype("object")) == [2, pd.NA, 1]
    assert others["launched_high"].isna().all()


def test_dated_reports_move_the_others_a_day(few_all):
    rows = few_all.set_index("incident_id")
    rows = rows.loc[["2022-01-05_ain_al_asad", "2022-01-05_victory_base", "2022-01-05_green_village"]]
    assert (rows["date"] == pd.Timestamp("2022-01-05")).all()
    # Another text of the article's agency moves the day for the last two, so there one account no longer disputes it.
    assert list(rows["date_high"].dt.day) == [6, 5, 5]
    assert list(rows["disputed"].str.contains("date")) == [True, False, False]


def test_all_reports_on_the_embassy(few_all):
    embassy = few_all.set_index("incident_id").loc["2022-01-13_us_embassy_baghdad"]
    assert (embassy["n_reports"], embassy["n_independent"]) == (4, 3)  # two texts of AP are one account
    assert (embassy["launched_low"], embassy["launched_best"]) == (3, 3)
    assert embassy["launched_high"] is pd.NA  # "at least four" lies above "three"
    assert (embassy["hit_low"], embassy["hit_best"], embassy["hit_high"]) == (
        2,
        2,
        3,
    )  # one account names another fence
    assert embassy["disputed"] == "site|launched|hit|injured"


# --- the data set ---------------------------------------------------------------------------------------------------


def test_incidents_have_the_columns_and_types_of_the_schema(few_all):
    *described, latitude, longitude = schemas.load_schema().incidents.columns
    assert (latitude, longitude) == ("latitude", "longitude"), "the file's two numbers are one point in memory"
    assert list(few_all.columns) == [*described, "geometry"]
    assert few_all.crs == tables.CRS
    assert list(few_all["damage"].cat.categories) == ["none", "minor", "major", "unknown"]
    assert few_all["launched_best"].dtype == few_all["us_killed"].dtype == few_all["n_reports"].dtype == "Int64"


def test_best_never_leaves_low_and_high(few_all):
    for name in schemas.COUNTS:
        low, best, high = (few_all[f"{name}_{end}"] for end in ("low", "best", "high"))
        assert (low <= best).dropna().all()
        assert (best <= high).dropna().all()
        assert (low.isna() == best.isna()).all()
        assert not (high.notna() & best.isna()).any()


def test_order_of_rows_does_not_matter(frozen, few_all):
    shuffled = {**frozen, "reports": frozen["reports"].sample(frac=1, random_state=3, ignore_index=True)}
    pd.testing.assert_frame_equal(incidents.build_incidents(shuffled), few_all, check_flags=False)


def test_an_incident_found_by_followup_alone_says_so(few_all, frozen):
    by = frozen["reports"].groupby("incident_id")["found_by"]
    alone = by.agg(lambda values: set(values) == {"followup"})
    assert 0 < alone.sum() < len(alone)
    assert (few_all.set_index("incident_id")["found_by"] == "followup").eq(alone).all()


def test_an_empty_choice_is_an_error(frozen):
    with pytest.raises(ValueError, match="no incident of scope 'article' is borderline"):
        incidents.build_incidents(frozen, "article", ["borderline"])


# --- rules, one by one ----------------------------------------------------------------------------------------------


def rows(*reports, **columns):
    """Prepared rows of one incident, each its own account unless ``account`` says otherwise."""
    frame = pd.DataFrame(list(reports) or columns)
    given = frame.to_dict("list")
    n = len(frame)
    defaults = {
        "incident_id": ["2021-01-10_x"] * n,
        "source_id": [f"s{i}" for i in range(n)],
        "account": list(range(n)),
        "site_id": ["x"] * n,
        "published": [pd.NaT] * n,
    }
    frame = pd.DataFrame({**defaults, **given})
    return frame.assign(published=pd.to_datetime(frame["published"]))


def count(*pairs, published=None, voters_of_latest_day=False):
    """Low, best, high of accounts given as (min, max) pairs."""
    minima, maxima = zip(*pairs, strict=True)
    frame = rows(killed_min=minima, killed_max=maxima, published=published or [None] * len(pairs))
    accounts = incidents._count_ranges(frame, "killed")
    voters = incidents._latest_day(accounts) if voters_of_latest_day else accounts
    found = incidents._reconcile_count(accounts, voters)
    return [None if value is pd.NA else int(value) for value in found.iloc[0]] if len(found) else None


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(3, 3)], [3, 3, 3]),
        ([(4, None)], [4, 4, None]),  # "at least four" is open upwards
        ([(None, 12)], [0, 12, 12]),  # "up to twelve" allows none
        ([(2, None), (5, 5)], [5, 5, 5]),  # "several" supports five
        ([(2, None), (3, 3), (5, 5)], [3, 3, 5]),  # a tie goes to the lowest
        ([(2, None), (5, 5), (5, 5), (3, 3)], [3, 5, 5]),
        ([(4, None), (3, 3)], [3, 3, None]),  # an open minimum above the largest closed number
        ([(2, None), (4, None)], [2, 4, None]),  # four is allowed by both
        ([(0, 0), (0, 0), (2, 2)], [0, 0, 2]),  # zero is a report
        ([(3, None), (None, 12)], [0, 3, 12]),
        ([(None, None)], None),  # silence
    ],
)
def test_counts(pairs, expected):
    assert count(*pairs) == expected


def test_tolls_rise_so_the_latest_day_votes():
    pairs = [(1, 1), (1, 1), (4, 4)]
    days = ["2021-01-10", "2021-01-10", "2021-01-12"]
    assert count(*pairs, published=days) == [1, 1, 4]
    assert count(*pairs, published=days, voters_of_latest_day=True) == [1, 4, 4]
    undated = [None, None, "2021-01-10"]
    assert count((9, 9), (9, 9), (2, 2), published=undated, voters_of_latest_day=True) == [2, 2, 9]


def test_a_late_open_minimum_cannot_pull_best_out_of_its_range():
    days = ["2021-01-10", "2021-01-12"]
    assert count((5, 5), (2, None), published=days, voters_of_latest_day=True) == [5, 5, 5]


account_ranges = st.tuples(st.none() | st.integers(0, 9), st.none() | st.integers(0, 9)).map(
    lambda pair: tuple(sorted(pair)) if None not in pair else pair
)


@given(st.lists(account_ranges, min_size=1, max_size=7))
def test_counts_by_brute_force(pairs):
    spoken = [pair for pair in pairs if pair != (None, None)]
    if not spoken:
        assert count(*pairs) is None
        return
    allowed = [(low or 0, np.inf if high is None else high) for low, high in spoken]
    numbers = sorted({number for pair in spoken for number in pair if number is not None})
    votes = {number: sum(low <= number <= high for low, high in allowed) for number in numbers}
    best = next(number for number in numbers if votes[number] == max(votes.values()))
    closed = [(low or 0, high) for low, high in spoken if high is not None]
    low = min(low for low, _ in closed) if closed else min(low for low, _ in spoken)
    high = max((high for _, high in closed), default=None)
    if any(top is None and high is not None and bottom > high for bottom, top in spoken):
        high = None
    assert count(*pairs) == [low, best, high]
    assert low <= best <= (np.inf if high is None else high)


def test_accounts_are_joined_by_agency_origin_or_publisher():
    frame = rows(
        agency=["AP", "AP", "own", "own", "unknown", "unknown"],
        origin=[None, "CENTCOM", "CENTCOM", None, None, None],
        publisher=["a", "b", "c", "d", "d", "e"],
    )
    assert incidents._number_accounts(frame).tolist() == [0, 0, 0, 1, 1, 2]


def test_accounts_of_two_incidents_never_join():
    frame = rows(incident_id=["i", "j"], agency=["AP", "AP"], origin=[None, None], publisher=["a", "a"])
    assert incidents._number_accounts(frame).tolist() == [0, 1]


links = st.lists(
    st.tuples(st.sampled_from("ij"), st.sampled_from(["AP", "AFP", "own", "unknown"]),
              st.sampled_from([None, "CENTCOM", "SANA"]), st.sampled_from([None, "a", "b", "c", "d"])),
    min_size=1, max_size=9,
)  # fmt: skip


@given(links)
def test_accounts_by_brute_force(given_links):
    frame = rows(
        **dict(zip(["incident_id", "agency", "origin", "publisher"], zip(*given_links, strict=True), strict=True))
    )

    def joined(one, other):
        shared = [
            one[1] == other[1] not in ("own", "unknown"),
            one[2] is not None and one[2] == other[2],
            one[3] is not None and one[3] == other[3],
        ]
        return one[0] == other[0] and any(shared)

    group = list(range(len(given_links)))
    for _ in group:
        for i, one in enumerate(given_links):
            for j, other in enumerate(given_links):
                if joined(one, other):
                    group[i] = group[j] = min(group[i], group[j])
    found = incidents._number_accounts(frame)
    assert [[a == b for b in found] for a in found] == [[a == b for b in group] for a in group]


def test_an_account_speaks_field_by_field_with_its_latest_word():
    frame = rows(
        account=[0, 0, 0],
        launched_min=[3, 5, None],
        launched_max=[3, None, None],
        weapon=["rocket", None, "drone"],
        published=[None, "2021-01-10", "2021-01-11"],
    )
    accounts = incidents._count_ranges(frame, "launched")
    assert accounts[["given_min", "low", "high"]].to_numpy().tolist() == [[5, 5, np.inf]]  # the pair is one field
    assert incidents.latest_statements(frame, "weapon")["weapon"].tolist() == ["drone"]


def test_undated_statements_come_before_dated_ones(frozen):
    reports = frozen["reports"]
    pair = reports[reports["source_id"].isin(["article", "alarabiya-2022-01-13a"])]
    pair = pair[pair["incident_id"] == "2022-01-13_us_embassy_baghdad"]
    prepared = incidents.prepare(pair, frozen["sources"])
    assert prepared["source_id"].tolist() == ["article", "alarabiya-2022-01-13a"]
    assert prepared["account"].nunique() == 1


def date_of(*given, coder="2021-01-10"):
    days, bases = zip(*given, strict=True)
    frame = rows(incident_id=[f"{coder}_x"] * len(given), event_date=pd.to_datetime(list(days)), date_basis=bases)
    return incidents._reconcile_dates(frame).iloc[0].dt.strftime("%d").tolist()


@pytest.mark.parametrize(
    ("given_days", "expected"),
    [
        ([("2021-01-11", "stated"), ("2021-01-11", "weekday"), ("2021-01-10", "stated")], ["11", "10", "11"]),
        ([("2021-01-11", "stated"), ("2021-01-10", "weekday")], ["10", "10", "11"]),  # a tie goes to the coder's day
        ([("2021-01-13", "unclear"), ("2021-01-13", "unclear"), ("2021-01-11", "relative")], ["11", "11", "11"]),
        ([("2021-01-13", "unclear")], ["13", "13", "13"]),
        ([(None, "unclear")], ["10", "10", "10"]),  # nobody gives a day: the coder's stands
        ([("2021-01-13", "stated"), ("2021-01-12", "stated")], ["12", "12", "13"]),  # nearest to the coder's
    ],
)
def test_dates(given_days, expected):
    assert date_of(*given_days) == expected


@pytest.mark.parametrize(
    ("field", "values", "expected"),
    [
        ("weapon", ["rocket", "rocket", "drone"], "rocket"),
        ("weapon", ["rocket", "drone"], "mixed"),
        ("weapon", ["rocket", "mixed"], "mixed"),
        ("part_of_day", ["night", "evening"], "unknown"),
        ("damage", ["none", "minor"], "minor"),
        ("damage", ["none", "none", "major"], "none"),
        ("defence_active", ["yes", "no"], "yes"),
        ("claimed_by", ["IRGC", "Ababil"], "Ababil|IRGC"),
        ("claimed_by", ["IRGC|Ababil", "IRGC"], "Ababil|IRGC"),
        ("weapon", [None, "rocket"], "rocket"),  # unknown is silence
    ],
)
def test_closed_fields(field, values, expected):
    listed = list(schemas.load_schema().lists.get(field, ()))
    assert incidents._reconcile_code(rows(**{field: values}), field, listed).tolist() == [expected]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(3, 3), (5, 5)], True),
        ([(4, None), (5, 5)], False),
        ([(4, None), (3, 3)], True),
        ([(None, 12), (12, 12)], False),
        ([(2, None), (9, None)], False),
    ],
)
def test_disputes_are_ranges_that_do_not_overlap(pairs, expected):
    minima, maxima = zip(*pairs, strict=True)
    accounts = incidents._count_ranges(rows(hit_min=minima, hit_max=maxima), "hit")
    assert incidents._disputed_counts(accounts).tolist() == [expected]


def test_hits_count_only_inside_the_incidents_own_fence(frozen, few_all):
    reports, index = frozen["reports"], few_all.set_index("incident_id")
    told = reports[reports[["hit_min", "hit_max"]].notna().any(axis=1)]
    inside = told[told["site_id"] == told["incident_id"].map(index["site_id"])]
    elsewhere = set(told["incident_id"]) - set(inside["incident_id"])
    assert elsewhere  # told of another fence alone
    assert index.loc[sorted(elsewhere), "hit_best"].isna().all()
    assert set(index.index[index["hit_best"].notna()]) <= set(inside["incident_id"])
    embassy = index.loc["2022-01-13_us_embassy_baghdad"]
    told = reports[reports["incident_id"] == embassy.name].set_index("source_id")
    assert told.loc["thehawk-2022-01-14a", "hit_min"] == 1  # by the Green Zone's fence
    assert embassy["hit_low"] == 2


def test_incidents_are_sorted_by_day(few_all):
    assert few_all["date"].is_monotonic_increasing
    assert (few_all["date"].dt.normalize() == few_all["date"]).all()


def test_every_cell_that_a_source_fills_is_listed(frozen):
    cells = incidents.coded_cells(frozen["reports"], "article")["coded"]
    embassy = cells["2022-01-13_us_embassy_baghdad"]
    assert embassy["event_date"] == "2022-01-13"
    assert embassy["launched_min"] == "4"
    assert "launched_max" not in embassy.index, "silence is no cell"
    assert "part_of_day" not in embassy.index, "unknown is silence"
