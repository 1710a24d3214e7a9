"""One account as a coder gives it: words to cells, the incidents that it may belong to, and what it changes there.

An account is a dict of answers: texts by field. A field is a column of a table, but for a count, whose minimum and
maximum are one field, and for an incident near a new one, which has two: ``judgement:ID`` and ``reason:ID``.
"""

import contextlib
import csv
import datetime
import difflib
import io
import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from string import ascii_lowercase
from urllib.parse import parse_qsl, urlencode, urlsplit

import pandas as pd

from . import blanks, checks, geography, incidents, tables
from .files import write_files
from .schemas import COUNTS, DAY_FORMAT, US_TOLLS, Column, DataError, Fault, Schema, load_schema

NEW = "new"
NEAR, ALIKE = 2, 1  # days within which an incident is offered, and within which a new one may be its double
_LIKELY = 10  # days within which an incident to which the page is coded may be meant, and so Enter takes no new one
_GROWING = ("sources", "reports", "incident_register", "distinct_pairs")
_SOURCE_FIRST = ("published", "publisher", "agency", "title", "language")  # as one reads a page
_AGREED = ("source_id", "incident_id", "language")  # are likely, but taken only at the desk
_REGISTER = ("inclusion", "reason", "basis")
_SMALL = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
          "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NUMBERS = {word: n for n, word in enumerate(_SMALL)} | {
    f"{ten} {_SMALL[n] if n else ''}".strip(): 10 * k + n for k, ten in enumerate(_TENS, 2) for n in range(10)
}
_NUMBERS |= dict.fromkeys(["a", "an", "single", "a single"], 1)
_NUMBERS |= dict.fromkeys(["a pair", "a pair of", "a couple", "a couple of"], 2)
_NUMBERS |= {"half a dozen": 6, "a dozen": 12, "two dozen": 24, "three dozen": 36}
_NUMBERS |= {"a hundred": 100, "one hundred": 100, "two hundred": 200}
_MUNITIONS = {"rockets", "missiles", "drones", "mortars", "rounds", "shells", "projectiles", "munitions"}
_PEOPLE = {"people", "person", "soldiers", "soldier", "troops", "contractors", "contractor", "was", "were"}
_KILLED = _PEOPLE | {"killed", "dead", "deaths", "death", "fatalities", "fatality"}
_INJURED = _PEOPLE | {"wounded", "injured", "injuries", "injury", "hurt"}
# What may be counted in a field: the noun of another is a number of something else.
_NOUNS = dict.fromkeys(COUNTS, _MUNITIONS | {word.removesuffix("s") for word in _MUNITIONS})
_NOUNS |= dict.fromkeys(["killed", "us_killed"], _KILLED) | dict.fromkeys(["injured", "us_injured"], _INJURED)
_NONE = {"no", "none", "nobody", "no one", "nil"}
# As the tables have them: "dozens wounded" is at least 24.
_VAGUE = {"several": 2, "a few": 2, "multiple": 2, "a number of": 2, "dozens": 24, "dozens of": 24}
# What is said of numbers, and the minimum and maximum that it gives.
_FORMS = {
    r"(?:at least|no fewer than|no less than) (.+)": lambda n: (n, None),
    r"(.+) or more": lambda n: (n, None),
    r"(?:more than|over) (.+)": lambda n: (n + 1, None),
    r"(?:up to|at most|no more than) (.+)": lambda n: (None, n),
    r"(?:fewer|less) than (.+)": lambda n: (None, n - 1),
    r"(?:from )?(.+) (?:to|or) (.+)": lambda n, m: (n, m),
    r"between (.+) and (.+)": lambda n, m: (n, m),
    r"(?:(?:about|around|some|roughly|approximately|nearly|almost) )?(.+)": lambda n: (n, n),
}
COUNT_FORMS = "3; at least 4; up to 12; 3 to 5; none; empty: not said"
# Words that every count understands, and what they give.
COUNT_WORDS = {
    "none; nobody": "0",
    "two; a couple; a pair": "2",
    "ten; about ten; around ten; some ten; nearly ten; almost ten": "10",
    "twelve; a dozen": "12",
    "a hundred; one hundred": "100",
    "two hundred": "200",
    "several; a few; multiple; a number of": "at least 2",
    "at least four; no fewer than four; four or more": "at least 4",
    "more than ten; over ten": "at least 11",
    "dozens": "at least 24",
    "fewer than five; less than five": "up to 4",
    "up to twelve; at most twelve; no more than twelve": "up to 12",
    "3-5; three to five; three or five; between three and five": "3 to 5",
}
DAY_FORMS = "2022-01-13, 13 January, Thursday, yesterday or last night; nothing where the page gives no day"
PUBLISHED_FORMS = "2022-01-13 or 13 January 2022"
_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAY_OF_DATE = re.compile(rf"({'|'.join(_WEEKDAYS)}) (?=.*\d)")
_RELATIVE = {
    **dict.fromkeys(["today", "tonight", "this morning", "this afternoon", "this evening"], 0),
    **dict.fromkeys(["yesterday", "last night", "the day before", "the previous day"], 1),
}
_HOURS = re.compile(r"\b(?:on|early|late|morning|afternoon|evening|night)\b")
_WRITTEN_DAYS = ("%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y")
_LONGEST = 10_000  # characters of a cell; csv takes 131,072
# What cannot be judged while another answer is at fault.
_RESTS = {"event_date": {"published"}, "incident_id": {"published", "event_date", "site_id"}}
_TRACKING = re.compile(r"utm_|fbclid$|gclid$")


class AccountError(RuntimeError):
    """An account that was left, or that cannot be taken here: one line that says why."""


# --- words to cells -------------------------------------------------------------------------------------------------


def _read_count(text, name):
    """Minimum and maximum of a count in words or digits, in the nouns of its field; None where it is open."""
    spaced = re.sub(r"(\d) ?[-\u2013] ?(\d)", r"\1 to \2", text.casefold())
    words = re.sub("(?<=[a-z])-(?=[a-z])", " ", spaced).split()
    last = words[-1]
    while words and words[-1] in _NOUNS[name]:
        words.pop()
    said = " ".join(words)
    if said in _NONE or (said == "no casualties" and _NOUNS[name] >= _PEOPLE):
        return 0, 0
    if said in _VAGUE or (not said and last in _MUNITIONS & _NOUNS[name]):
        return _VAGUE.get(said, 2), None
    for pattern, give in _FORMS.items():
        found = re.fullmatch(pattern, said)
        numbers = [_read_number(part) for part in found.groups()] if found else [None]
        if None not in numbers:
            least, most = give(*numbers)
            if (least or 0) <= (most if most is not None else least):
                return least, most
    raise ValueError(f"a count that is understood: {COUNT_FORMS}")


def _read_number(word):
    return int(word) if re.fullmatch("[0-9]{1,5}", word) else _NUMBERS.get(word)


def _resolve_day(text, published=None):
    """The day that a text names, and how it does; a weekday and "yesterday" go by the day of publication."""
    said = " ".join(text.casefold().replace(",", " ").split())
    bare = _bare(text)
    if day := _read_date(text, published):
        return day, "stated"
    weekday = re.fullmatch(rf"(last )?({'|'.join(_WEEKDAYS)})", bare)
    earlier = re.fullmatch(r"(.+) days? (?:earlier|ago|before)", said)
    back = _RELATIVE.get(said, _RELATIVE.get(bare, _read_number(earlier[1]) if earlier else None))
    if published is None and _read_date(f"{_WEEKDAY_OF_DATE.sub('', bare)} 2024", None):  # a year with a 29 February
        raise ValueError("a day with its year, since the page has no day of publication: give the year")
    if back is None and not weekday:
        raise ValueError(f"a day that is understood, as {DAY_FORMS}")
    if published is None:
        raise ValueError("a date, since the page has no day of publication from which to count")
    if weekday:
        back = (published.weekday() - _WEEKDAYS.index(weekday[2])) % 7 or (7 if weekday[1] else 0)
    return published - datetime.timedelta(days=back), "weekday" if weekday else "relative"


def _bare(text):
    """A day in small letters, without commas and hours."""
    return " ".join(_HOURS.sub(" ", text.casefold().replace(",", " ")).split())


def _read_date(text, published):
    """The day of a date, before which its weekday may stand; None where the text is no date."""
    bare = _bare(text)
    weekday = _WEEKDAY_OF_DATE.match(bare)
    written = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", bare[weekday.end() :] if weekday else bare)
    day = (tables.read_day(written) if len(written) == 10 else None) or _read_written(written, published)
    if day and weekday and weekday[1] != _WEEKDAYS[day.weekday()]:
        raise ValueError(f"a weekday and a date that agree: {day.day} {day:%B %Y} was a {day:%A}")
    return day


def _read_written(text, published):
    """A day with its month in words; without a year, the last such day before the publication."""
    dated = re.search(r"\d{4}", text) or published is None
    years = [""] if dated else [published.year + 1, published.year, published.year - 1]
    for year in years:
        for form in _WRITTEN_DAYS:
            try:
                day = datetime.datetime.strptime(f"{text} {year}".strip(), form).date()
            except ValueError:
                continue
            if not year or day <= published + datetime.timedelta(days=1):
                return day
    return None


def _find_site(text, raw):
    """The one site that a text names by its id, its name or an alias."""
    sites = raw["sites"]
    if text.casefold() in set(sites["site_id"]):
        return text.casefold()
    names = geography.gazetteer(*(tables.with_points(table) for table in (raw["places"].iloc[:0], sites)))
    found = geography.match_area(text, names)
    if len(found) == 1:
        return found[0]
    named = [*sites["site_id"], *names.index]
    alike = found or [name for name in named if name.startswith(text.casefold())][:5]
    alike = alike or difflib.get_close_matches(text.casefold(), named)
    hint = f", such as {', '.join(alike)}" if alike else ""
    raise ValueError(f"the id, name or alias of one site{hint}; a new site needs its row in sites.csv first")


def _normal_address(url):
    """What of an address tells pages apart: not the scheme, www., marks of tracking or a last slash."""
    try:
        parts = urlsplit(re.sub(r"^www\.", "https://", url.strip()))
    except ValueError:
        return url
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode(sorted(pair for pair in pairs if not _TRACKING.match(pair[0])))
    return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}?{query}"


def _same_address(url, sources):
    """The sources with an address, or with it as their id."""
    if not url:
        return sources.iloc[:0]
    known = sources["url"].dropna().map(_normal_address)
    return sources[sources.index.isin(known.index[known == _normal_address(url)]) | (sources["source_id"] == url)]


# --- fields and answers ---------------------------------------------------------------------------------------------


def column_of(name: str, schema: Schema) -> Column:
    """The column of a field; of a count its minimum.

    Parameters
    ----------
    name : str
    schema : Schema

    Returns
    -------
    Column

    Examples
    --------
    >>> column_of("launched", load_schema()).unit, list(column_of("judgement:2022-01-05_conoco", load_schema()).values)
    ('munitions', ['distinct', 'unsure'])
    """
    name, _, other = name.partition(":")
    places = ("distinct_pairs",) if other else ("reports", "sources", "incident_register")
    columns = {key: column for table in reversed(places) for key, column in schema.raw[table].columns.items()}
    column = columns[name] if name in columns else columns[f"{name}_min"]
    return column.model_copy(update={"allowed": f"{column.allowed}, as en or ar"}) if name == "language" else column


def list_fields(answers: dict[str, str], raw: dict[str, pd.DataFrame], schema: Schema) -> list[str]:
    """The fields of an account in the order in which they are asked; later ones follow from earlier answers.

    Parameters
    ----------
    answers : dict of str
        Those that are there.
    raw : dict of DataFrame
    schema : Schema

    Returns
    -------
    list of str

    Examples
    --------
    >>> raw = {"sources": pd.DataFrame({"source_id": ["sky-1"], "url": ["https://example.org/1"]})}
    >>> list_fields({"source_id": "sky-1"}, raw, load_schema())[:4]
    ['url', 'source_id', 'coder', 'event_date']
    """
    sources, source = raw["sources"], ["url", "source_id"]
    if answers.get("source_id") not in set(sources["source_id"]):
        rest = [name for name in schema.raw["sources"].columns if name not in (*source, *_SOURCE_FIRST)]
        place = 2 if len(_same_address(answers.get("url"), sources)) else 1
        source[place:place] = [*_SOURCE_FIRST, *rest]
    names = [name.removesuffix("_min") for name in schema.raw["reports"].columns if not name.endswith("_max")]
    where = ["coder", "event_date", "date_basis", "part_of_day", "site_id", "incident_id"]
    pairs = []
    if _is_new(answers, raw, schema):
        register = raw["incident_register"]
        # A column that a collection does without is empty in every row.
        pairs = [name for name in _REGISTER if name == "reason" or register.empty or register[name].notna().any()]
        for other in find_incidents(answers, raw, schema, ALIKE)["incident_id"]:
            pairs += [f"judgement:{other}", *([f"reason:{other}"] if answers.get(f"judgement:{other}") else [])]
    rest = [name for name in names if name not in (*source, *where) and _is_due(name, answers)]
    return [*source, *where, *pairs, *rest]


def _is_due(name, answers):
    """Whether a field is asked, which it is in any case once it has an answer."""
    if name in answers:
        return True
    if name == "paragraph":
        return answers.get("source_id") == incidents.ARTICLE
    try:
        return name not in US_TOLLS or _read_count(answers[name.removeprefix("us_")], name) != (0, 0)
    except (KeyError, ValueError, IndexError):  # silent, or not understood
        return True


def _is_new(answers, raw, schema):
    """Whether an account is of an incident that no row has yet."""
    try:
        found = read_answer("incident_id", answers, raw, schema)["incident_id"]
    except ValueError:
        return False
    return found not in set(raw["incident_register"]["incident_id"])


def _may_be_empty(name, answers, schema):
    if name == "reason" and answers.get("inclusion", "core").casefold() != "core":
        return False
    column = column_of(name, schema)
    return bool(column.empty) or name.startswith("judgement:")


def suggest(name: str, answers: dict[str, str], raw: dict[str, pd.DataFrame], schema: Schema) -> str:
    """What an empty answer stands for, where the field must have a value and one is likely.

    Parameters
    ----------
    name : str
    answers, raw, schema
        As for :func:`list_fields`.

    Returns
    -------
    str

    Examples
    --------
    >>> suggest("part_of_day", {"event_date": "early Tuesday"}, {}, load_schema())
    'night'
    """
    values, said = dict(column_of(name, schema).values), answers.get("event_date", "").casefold()
    likely = {"date_basis": "unclear", "found_by": "followup"}.get(name, "unknown")
    if name == "source_id":
        return _suggest_source(answers, raw["sources"])
    if name == "incident_id":
        near = find_incidents(answers, raw, schema, _LIKELY)["incident_id"] if said else []
        coded = set(near) & set(_coded_incidents(answers, raw))
        return NEW if said and not coded and find_incidents(answers, raw, schema).empty else ""
    if name == "date_basis" and said:
        likely = _resolve_day(answers["event_date"], _publication(answers, raw["sources"]))[1]
    elif name == "defence_active":
        with contextlib.suppress(ValueError):
            least = read_answer("intercepted", answers, raw, schema)["intercepted_min"]
            likely = "yes" if int(least or 0) else likely
    elif name == "part_of_day":
        likely = "night" if "early" in said.split() else next((value for value in values if value in said), likely)
    return likely if likely in values and not _may_be_empty(name, answers, schema) else ""


def _suggest_source(answers, sources):
    """The source with the address; else publisher, day and the first letter that is free."""
    same = _same_address(answers.get("url"), sources)
    if len(same):
        return same["source_id"].iloc[0]
    publisher = re.sub("[^a-z0-9]", "", answers.get("publisher", "").casefold()) or "unnamed"
    stem, taken = f"{publisher}-{_publication(answers, sources) or 'nodate-'}", set(sources["source_id"])
    return next((name for letter in ascii_lowercase if (name := stem + letter) not in taken), "")


def _publication(answers, sources):
    """The day of publication of an account's source, where it is known."""
    days = sources.loc[sources["source_id"] == answers.get("source_id"), "published"]
    if len(days):
        return None if pd.isna(days.iloc[0]) else days.iloc[0].date()
    return _read_published(answers["published"]) if answers.get("published") else None


def _read_published(text):
    if day := _read_date(text, None):
        return day
    raise ValueError(f"a day with its year, as {PUBLISHED_FORMS}")


def read_answer(name: str, answers: dict[str, str], raw: dict[str, pd.DataFrame], schema: Schema) -> dict[str, str]:
    """The cells that the answer to one field fills.

    Parameters
    ----------
    name : str
    answers, raw, schema
        As for :func:`list_fields`, with that answer among them.

    Returns
    -------
    dict of str
        By column; empty where the source is silent.

    Raises
    ------
    ValueError
        With what is allowed.

    Examples
    --------
    >>> read_answer("launched", {"launched": "at least four rockets"}, {}, load_schema())
    {'launched_min': '4', 'launched_max': ''}
    >>> sources = pd.DataFrame({"source_id": ["sky-1"], "published": [pd.Timestamp("2022-01-14")]})
    >>> read_answer("event_date", {"event_date": "Thursday", "source_id": "sky-1"}, {"sources": sources}, load_schema())
    {'event_date': '2022-01-13'}
    """
    column, key = column_of(name, schema), name.partition(":")[0]
    text = blanks.clean(answers.get(name, ""), key)
    # Control characters, line breaks and half a character, as JSON can name it.
    if len(text) > _LONGEST or {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(letter) for letter in text}:
        raise ValueError(f"text without line breaks or other control characters, of {_LONGEST:,} characters at most")
    if not text:
        if not _may_be_empty(name, answers, schema):
            raise ValueError(tables.describe_allowed(column.model_copy(update={"empty": ""})))
    elif name in COUNTS or name in US_TOLLS:
        least, most = _read_count(text, name)
        if name in US_TOLLS and least is None:
            raise ValueError("a number, or nothing; say in the note what the page gives only as a most")
        return _count_cells(name, least, most)
    elif name == "event_date":
        text = str(_resolve_day(text, _publication(answers, raw["sources"]))[0])
    elif name == "url" and text.startswith("www."):
        text = f"https://{text}"
    elif name == "url" and text in set(raw["sources"]["source_id"]):
        text = raw["sources"].set_index("source_id")["url"].fillna("")[text]
    elif name == "published":
        text = str(_read_published(text))
    elif name == "site_id":
        text = _find_site(text, raw)
    elif name == "incident_id":
        text = _read_incident(text, answers, raw, schema)
    elif column.type == "list":
        known = {value.casefold(): value for value in dict(column.values)}
        text = known.get(text.casefold()) or known.get(text.casefold().removesuffix("s"), text)  # rockets
    if name in ("source_id", "published"):
        _check_source(name, text, answers, raw["sources"])
    if text:
        _check_cell(key, text, column, schema)
    return _count_cells(name, None, None) if name in COUNTS else {key: text}


def _count_cells(name, least, most):
    least, most = ("" if n is None else str(n) for n in (least, most))
    return {name: least} if name in US_TOLLS else {f"{name}_min": least, f"{name}_max": most}


def _check_cell(key, text, column, schema):
    cells = pd.DataFrame({key: [text]}, dtype="str")
    table = schema.raw["reports"].model_copy(update={"columns": {key: column}, "key": [key]})
    if faults := tables.check_cells(cells, table, "")[1]:
        raise ValueError(faults[0].allowed)


def _read_incident(text, answers, raw, schema):
    """An incident by its id or its number among those offered; ``new`` makes one of this day and site, or of an id."""
    known, reports = raw["incident_register"]["incident_id"].tolist(), raw["reports"]
    word, _, found = text.partition(" ")
    if word.casefold() == NEW:
        return _name_incident(found, answers, raw, schema)
    if re.fullmatch("[0-9]{1,4}", text):
        offered = find_incidents(answers, raw, schema)["incident_id"].tolist()
        if not 0 < int(text) <= len(offered):
            numbers = f"a number from 1 to {len(offered)}, " if offered else ""
            raise ValueError(f"{numbers}the id of an incident, or new")
        text = offered[int(text) - 1]
    if text not in known:
        alike = difflib.get_close_matches(text.casefold(), known)
        hint = f", such as {', '.join(alike)}" if alike else ""
        raise ValueError(f"the id of an incident that is there{hint}; or new, or new with an id, for another one")
    if (reports["source_id"].eq(answers.get("source_id")) & reports["incident_id"].eq(text)).any():
        raise ValueError("another incident: this page's account of this incident is already coded")
    return text


def _name_incident(found, answers, raw, schema):
    """The id of a new incident: that given, or that of day and site."""
    if not found:
        if not answers.get("event_date"):
            raise ValueError("new with an id, as new YYYY-MM-DD_site, since the page gives no day")
        parts = (read_answer(name, answers, raw, schema)[name] for name in ("event_date", "site_id"))
        found = "_".join(parts).replace("-", "_").replace("_", "-", 2)
    if found in set(raw["incident_register"]["incident_id"]):
        raise ValueError(f"{found}, which is there already; or new {found}_2, if it is a second attack")
    return found


def _check_source(name, text, answers, sources):
    """Refuse an address that is coded already under another date, and a known source with another address."""
    known, same = (sources["source_id"] == answers.get("source_id")).any(), _same_address(answers.get("url"), sources)
    if name == "source_id" and known and answers.get("url") and text not in set(same["source_id"]):
        raise ValueError("another id, since this is a source with another address")
    if name == "published" and not known and len(same):
        source = same.iloc[0]
        if text != _say_day(source["published"]):
            raise ValueError(
                f"{_say_day(source['published']) or 'nothing'}, under which the address is coded already as "
                f"{source['source_id']}; take that source_id, or correct its row in sources.csv"
            )


def _say_day(day):
    return "" if pd.isna(day) else f"{day:{DAY_FORMAT}}"


def explain(name: str, answers: dict[str, str], raw: dict[str, pd.DataFrame], schema: Schema) -> str:
    """What was understood of an answer, where that is not the answer itself.

    Parameters
    ----------
    name : str
    answers, raw, schema
        As for :func:`read_answer`.

    Returns
    -------
    str

    Examples
    --------
    >>> explain("hit", {"hit": "several"}, {}, load_schema())
    'at least 2'
    """
    if not answers.get(name):
        return ""
    if name == "url":
        same = _same_address(answers["url"], raw["sources"])
        number = Counter(raw["reports"]["source_id"])
        said = [
            f"coded already as {row.source_id}, published {_say_day(row.published) or 'on no known day'}, "
            f"in {number[row.source_id]} report{'' if number[row.source_id] == 1 else 's'}"
            for row in same.itertuples()
        ]
        return "; ".join([f"https://{answers['url']}", *said] if answers["url"].startswith("www.") else said)
    cells = read_answer(name, answers, raw, schema)
    if name in COUNTS:
        return _say_range(*cells.values())
    [text] = cells.values()
    if name in ("event_date", "published") and text:
        text = f"{datetime.date.fromisoformat(text):%A %d %B %Y}"
    elif name == "site_id":
        text = f"{raw['sites'].set_index('site_id')['name'][text]} ({text})"
    return "" if text == answers[name] else text


def _say_range(least, most):
    least, most = ("" if pd.isna(n) else str(n) for n in (least, most))
    if least and most:
        return least if least == most else f"{least} to {most}"
    return f"at least {least}" if least else f"up to {most}" if most else ""


# --- incidents and rows ---------------------------------------------------------------------------------------------


def _build(raw, incident_id, schema):
    """One incident, derived from its reports, as a list of one dict; no dict where there is none."""
    register = raw["incident_register"]
    register = register[register["incident_id"] == incident_id]
    if register.empty:
        return []
    return incidents.build_incidents(raw | {"incident_register": register}, schema=schema).to_dict("records")


def find_incidents(
    answers: dict[str, str], raw: dict[str, pd.DataFrame], schema: Schema, within: int = NEAR
) -> pd.DataFrame:
    """The incidents that an account may belong to: of the same complex, and a few days apart at most.

    Parameters
    ----------
    answers, raw, schema
        As for :func:`list_fields`.
    within : int
        Days from that of the incident's id or of any report. Where the account gives no day, that of publication
        stands for it.

    Returns
    -------
    DataFrame
        Rows of the register; none where site or day is not known.

    Examples
    --------
    >>> find_incidents({"site_id": "taji"}, load_raw("my_collection"), load_schema())  # doctest: +SKIP
    """
    register, gaps = raw["incident_register"], _find_gaps(answers, raw, schema)
    near = gaps.index[gaps <= within]
    return register[register["incident_id"].isin(near)].sort_values("incident_id")


def _find_gaps(answers, raw, schema):
    """The days between an account and each incident of its complex; none where either is not understood."""
    register, sites = raw["incident_register"], raw["sites"].set_index("site_id")["complex"]
    try:
        site = read_answer("site_id", answers, raw, schema)["site_id"]
        day = read_answer("event_date", answers, raw, schema)["event_date"] or _publication(answers, raw["sources"])
    except ValueError:  # not answered yet, or not understood
        return pd.Series(dtype="float")
    days = [tables.coder_days(register["incident_id"]).set_axis(register["incident_id"])]
    days = pd.concat([*days, raw["reports"].set_index("incident_id")["event_date"]])
    gaps = (days - pd.Timestamp(day)).abs().dt.days.groupby(level=0).min()
    return gaps[gaps.index.isin(register["incident_id"][register["site_id"].map(sites) == sites[site]])]


def _coded_incidents(answers, raw):
    """The incidents of which the page has an account already."""
    reports = raw["reports"]
    return reports.loc[reports["source_id"] == answers.get("source_id"), "incident_id"].tolist()


def describe_none(answers: dict[str, str], raw: dict[str, pd.DataFrame], schema: Schema) -> list[str]:
    """What is known where :func:`find_incidents` finds none.

    Parameters
    ----------
    answers, raw, schema
        As for :func:`list_fields`.

    Returns
    -------
    list of str
        That there is none; the nearest incident of the complex; the incidents to which the page is coded.

    Examples
    --------
    >>> describe_none({"source_id": "sky-1", "site_id": "taji"}, raw, schema)  # doctest: +SKIP
    ['none within 2 days', '   the nearest of its complex: 2020-01-14_taji, 3 days away']
    """
    gaps, coded = _find_gaps(answers, raw, schema), _coded_incidents(answers, raw)
    lines = ["none can be found without a day" if gaps.isna().any() else f"none within {NEAR} days"]
    if gaps.notna().any():
        lines.append(f"   the nearest of its complex: {gaps.idxmin()}, {gaps.min():.0f} days away")
    return lines + ([f"   this page is coded to {', '.join(coded)}"] if coded else [])


def describe_incidents(found: pd.DataFrame, raw: dict[str, pd.DataFrame]) -> list[str]:
    """Incidents, numbered, each with its accounts.

    Parameters
    ----------
    found : DataFrame
        As :func:`find_incidents` returns it.
    raw : dict of DataFrame

    Returns
    -------
    list of str
        One line for each incident and, indented, each account.

    Examples
    --------
    >>> describe_incidents(find_incidents(answers, raw, schema), raw)  # doctest: +SKIP
    """
    lines, reports = [], raw["reports"]
    for number, incident in enumerate(found.itertuples(), 1):
        lines.append(f"{number}  {incident.incident_id} ({incident.inclusion})")
        for row in reports[reports["incident_id"] == incident.incident_id].to_dict("records"):
            day, weapon = _say_day(row["event_date"]) or "no day", row["weapon"]
            ranges = {name: _say_range(row[f"{name}_min"], row[f"{name}_max"]) for name in COUNTS}
            counts = [f"{name} {words}" for name, words in ranges.items() if words]
            lines.append(f"   {row['source_id']}: {', '.join([day, row['site_id'], weapon, *counts])}")
    return lines


def find_faults(answers: dict[str, str], raw: dict[str, pd.DataFrame], schema: Schema) -> dict[str, str]:
    """The answers that cannot be taken, each with what is allowed.

    Parameters
    ----------
    answers, raw, schema
        As for :func:`list_fields`.

    Returns
    -------
    dict of str
        By field.

    Examples
    --------
    >>> find_faults({"weapon": "rockt"}, raw, schema)["weapon"]  # doctest: +SKIP
    'one of rocket, drone, ballistic_missile, mortar, mixed, unknown; not empty'
    """
    faults = {}
    for name in list_fields(answers, raw, schema):
        if faults.keys() & _RESTS.get(name, set()):
            continue
        try:
            read_answer(name, answers, raw, schema)
        except ValueError as error:
            faults[name] = str(error)
    return faults


def make_rows(answers: dict[str, str], raw: dict[str, pd.DataFrame], schema: Schema) -> dict[str, list[dict]]:
    """The rows that an account adds.

    Parameters
    ----------
    answers, raw, schema
        As for :func:`list_fields`, without faults.

    Returns
    -------
    dict of list
        By table: rows, as texts by column.

    Examples
    --------
    >>> list(make_rows(answers, raw, schema))  # doctest: +SKIP
    ['sources', 'reports']
    """
    fields = list_fields(answers, raw, schema)
    own = [name for name in fields if ":" not in name]
    cells = {key: text for name in own for key, text in read_answer(name, answers, raw, schema).items()}
    rows = {"sources": [cells], "reports": [cells]}
    if cells["source_id"] in set(raw["sources"]["source_id"]):
        del rows["sources"]
    if "inclusion" in cells:
        rows["incident_register"] = [cells]
    judged = [name.partition(":")[2] for name in fields if name.startswith("reason:")]
    if judged:
        rows["distinct_pairs"] = [
            dict(zip(("incident_id", "other_id"), sorted([cells["incident_id"], other]), strict=True))
            | {key: read_answer(f"{key}:{other}", answers, raw, schema)[key] for key in ("judgement", "reason")}
            for other in judged
        ]
    columns = {name: schema.raw[name].columns for name in rows}
    return {name: [{key: row[key] for key in columns[name] if row.get(key)} for row in rows[name]] for name in rows}


def _append_rows(content, rows, name):
    """The bytes of a table with rows behind it, in its own columns and line ends; all other bytes as they were."""
    text = content.decode("utf-8-sig")
    if "\r" in text.replace("\r\n", ""):
        raise DataError([Fault(f"{name}.csv", 1, "", "a lone CR", "lines that end in LF or CRLF")])
    header = next(csv.reader(io.StringIO(text)))
    if lost := [key for row in rows for key in row if key not in header]:
        wanted = f"nothing, since {name}.csv has no such column"
        raise DataError([Fault(f"{name}.csv", 1, key, "a value", wanted) for key in lost])
    end = re.search("\r?\n|$", text)[0] or "\n"
    lines = io.StringIO()
    csv.writer(lines, lineterminator=end).writerows([row.get(key, "") for key in header] for row in rows)
    added = lines.getvalue() if text.endswith("\n") else end + lines.getvalue().removesuffix(end)
    return content + added.encode()


def _grow(data_dir, rows):
    """The tables that rows are added to, as bytes."""
    paths = {name: Path(data_dir) / "raw" / f"{name}.csv" for name in rows}
    return {name: _append_rows(path.read_bytes(), rows[name], name) for name, path in paths.items()}


def load_tables(data_dir: str | Path) -> dict[str, pd.DataFrame]:
    """Load the tables that accounts are added to; those that grow may hold no row yet.

    Parameters
    ----------
    data_dir : path
        The folder that holds ``raw/``.

    Returns
    -------
    dict of DataFrame

    Raises
    ------
    DataError
        With every other fault: an account is added to sound tables alone.

    Examples
    --------
    >>> load_tables("my_collection")["sources"]  # doctest: +SKIP
    """
    raw, faults = checks.check_raw(Path(data_dir) / "raw")
    faults = [fault for fault in faults if fault.value != "a header alone" or Path(fault.file).stem not in _GROWING]
    if faults:
        raise DataError(faults)
    return raw


def preview(
    data_dir: str | Path, rows: dict[str, list[dict]], raw: dict[str, pd.DataFrame], schema: Schema
) -> tuple[list[str], list[Fault]]:
    """What rows would add and change, and every fault of the tables with them.

    Parameters
    ----------
    data_dir : path
    rows : dict of list
        As :func:`make_rows` returns them.
    raw : dict of DataFrame
        The tables without them.
    schema : Schema

    Returns
    -------
    list of str
        The cells of each row, what the incident said before and says after, and every warning that is new.
    list of Fault

    Examples
    --------
    >>> lines, faults = preview("my_collection", rows, raw, schema)  # doctest: +SKIP
    """
    raw_dir = Path(data_dir) / "raw"
    lines = []
    for name, added in rows.items():
        for row in added:
            lines += [f"one line more in {name}.csv:", *(f"   {key}: {text}" for key, text in row.items())]
    try:
        after, faults = checks.check_raw(raw_dir, _grow(data_dir, rows))
    except DataError as error:
        faults = error.faults
    if faults:
        return lines, faults
    [found] = rows["reports"]
    [new] = map(_say_incident, _build(after, found["incident_id"], schema))
    before = next(map(_say_incident, _build(raw, found["incident_id"], schema)), {})
    lines.append(f"{found['incident_id']} {'before -> after' if before else '(new)'}; counts as low, best, high:")
    if before:
        lines += [f"   {name}: {before[name]} -> {new[name]}" for name in new if new[name] != before[name]]
    else:
        lines += [f"   {name}: {text}" for name, text in new.items() if text != "empty"]
    old = {text for _, text in checks.find_warnings(raw, raw_dir)} if len(raw["reports"]) else set()
    warnings = [text for _, text in checks.find_warnings(after, raw_dir) if text not in old]
    return lines + [f"warning: {text}" for text in [*_site_warnings(found, rows, after), *warnings]], []


def _site_warnings(row, rows, raw):
    """Where an account is of another place than its incident."""
    name, site, complexes = row["incident_id"], row["site_id"], raw["sites"].set_index("site_id")["complex"]
    own = raw["incident_register"].set_index("incident_id")["site_id"][name]
    if complexes[own] != complexes[site]:
        yield f"{name} is at {own}, and this account is of {site}"
    if "incident_register" in rows and not name[11:].startswith(site.replace("-", "_")):
        yield f"{name} is a new incident at {site}, and its id names another site"


def _say_incident(row):
    """What an incident says, by field, in words."""
    low, day, high = (_say_day(row[name]) for name in ("date_low", "date", "date_high"))
    words = {"date": day if low == high else f"{day} ({low} to {high})"}
    for name in COUNTS:
        low, best, high = (row[f"{name}_{end}"] for end in ("low", "best", "high"))
        words[name] = "empty" if pd.isna(best) else f"{low}, {best}, {'open' if pd.isna(high) else high}"
    rest = (*US_TOLLS, *incidents.CLOSED_FIELDS, "launch_area", "inclusion", "n_reports", "n_independent", "disputed")
    return words | {name: "empty" if pd.isna(row[name]) else str(row[name]) or "empty" for name in rest}


def write_account(data_dir: str | Path, answers: dict[str, str], rows: dict[str, list[dict]]) -> None:
    """Add an account's rows to their tables: all or none, and only where the tables with them have no fault.

    Parameters
    ----------
    data_dir : path
    answers : dict of str
        With a judgement, if empty, on each incident within a day of a new one.
    rows : dict of list
        As :func:`make_rows` made them of the answers. The tables are read anew while no other command writes to them.

    Raises
    ------
    AccountError
        Where another account has come in between that forbids an answer, such as a new incident of this day and site.
    DataError
        With every fault of the tables.

    Examples
    --------
    >>> write_account("my_collection", answers, make_rows(answers, raw, schema))  # doctest: +SKIP
    """
    schema = load_schema(data_dir)

    def grow():
        raw = load_tables(data_dir)
        faults = find_faults(answers, raw, schema)
        unseen = [name for name in list_fields(answers, raw, schema) if ":" in name and name not in answers]
        faults |= dict.fromkeys(unseen, "an answer, since this incident is new")
        if faults:
            said = "; ".join(f"{name}: allowed is {error}" for name, error in faults.items())
            raise AccountError(f"the tables have changed meanwhile; {said}; nothing was written")
        contents = _grow(data_dir, rows)
        if faults := checks.check_raw(Path(data_dir) / "raw", contents)[1]:
            raise DataError(faults)
        return {f"raw/{name}.csv": content for name, content in contents.items()}

    write_files(data_dir, grow, f"python -m helpers add-report --data {data_dir}")


# --- an account as a file -------------------------------------------------------------------------------------------


def read_account(path: str | Path, raw: dict[str, pd.DataFrame], schema: Schema) -> dict[str, str]:
    """The answers of an account that a file holds.

    Parameters
    ----------
    path : path
        JSON: one object, whose keys are fields. What the source does not report may be left out, and so may what
        :func:`suggest` gives, but for the ids and the language.
    raw, schema
        As for :func:`list_fields`.

    Returns
    -------
    dict of str

    Raises
    ------
    AccountError
        Where the path is a folder or a pipe.
    DataError
        With every fault of the file, by the line of its key.

    Examples
    --------
    >>> read_account("row.json", raw, schema)["weapon"]  # doctest: +SKIP
    'rocket'
    """
    if Path(path).exists() and not Path(path).is_file():
        raise AccountError(f"{path} is no file; give one of JSON")
    content = Path(path).read_bytes()
    try:
        text = content.decode("utf-8-sig")
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        wanted = "well-formed JSON in UTF-8"
        raise DataError([Fault(str(path), getattr(error, "lineno", 1), "", str(error), wanted)]) from None
    if not text.lstrip().startswith("{"):
        raise DataError([Fault(str(path), 1, "", "no object", "one JSON object with the fields of an account")])
    answers = {key: "" if value is None else str(value) for key, value in pairs}
    odd = {key for key, value in pairs if not isinstance(value, str | int | None) or isinstance(value, bool)}
    faults = [(key, "neither text nor number", "a text in quotes, or a whole number") for key in sorted(odd)]
    _fill(answers, raw, schema)
    counted = Counter(key for key, _ in pairs)
    faults += [(key, "a key that stands twice", "each key once") for key in counted if counted[key] > 1]
    wrong, asked = find_faults(answers, raw, schema), list_fields(answers, raw, schema)
    faults += [(key, repr(answers[key]) if key in answers else "missing key", wrong[key]) for key in wrong]
    # What is asked of a new incident follows from other keys, so it is judged once those are right.
    extra = [key for key in answers if key not in asked and not (wrong and _is_field(key, schema))]
    wanted = dict.fromkeys(extra, f"one of {', '.join(asked)}")
    if "publisher" not in asked:
        known = "leave it out, since the table has what this source_id is"
        wanted |= dict.fromkeys(set(extra) & set(schema.raw["sources"].columns), known)
    faults += [(key, "not a field of this account", wanted[key]) for key in extra]
    if faults:
        raise DataError([Fault(str(path), _line_of(key, text), key, value, wanted) for key, value, wanted in faults])
    return answers


def _fill(answers, raw, schema):
    """Give what Enter takes at the desk to what is left out, but to that which nobody has seen and agreed to."""
    for name in list_fields(answers, raw, schema):
        if name.startswith("judgement:"):
            answers.setdefault(name, "")  # later
        elif not answers.get(name) and name not in _AGREED:
            with contextlib.suppress(ValueError):  # of another answer, whose fault is told
                answers |= {name: likely} if (likely := suggest(name, answers, raw, schema)) else {}


def _is_field(key, schema):
    try:
        return bool(column_of(key, schema))
    except KeyError:
        return False


def _line_of(key, text):
    """The line on which a key stands; the first where it does not."""
    found = re.search(rf"{re.escape(json.dumps(key, ensure_ascii=False))}\s*:", text)
    return 1 + text.count("\n", 0, found.start()) if found else 1
