"""The coder's desk: one account, asked field by field at a terminal or taken from a file; shown, checked, written."""

import json
import shlex
import shutil
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

from . import accounts, tables
from .files import complete, is_checkout
from .schemas import COUNTS, US_TOLLS, DataError, load_schema

_MANY = 10  # answers that are worth keeping
_HINTS = {
    "url": "address with https://, or the id of a source that is coded; empty: not known",
    "source_id": "short id of this page",
    "incident_id": "which attack is it?",
    "language": "two letters, as en or ar",
    "coder": "a short name of yours",
}
_BACK, _NOTHING, _HELP = "<", "-", "?"
_KEYS = "Tab: values ?: help <: back Ctrl-C: stop"  # for a terminal of 40 columns


def add_report(
    data_dir: str | Path | None = None, path: str | Path | None = None, yes: bool = False, progress: Callable = print
) -> None:
    """Add one account to the tables: asked at the terminal, or taken from a file.

    Parameters
    ----------
    data_dir : path, optional
        The folder that holds ``raw/``; the checkout's ``data/`` by default.
    path : path, optional
        JSON, as :func:`helpers.accounts.read_account` reads it.
    yes : bool
        Write the account of the file in spite of warnings.
    progress : callable
        Called with each line that is shown.

    Raises
    ------
    AccountError
        Where the coder leaves, where there is no terminal to ask at, where the account of a file has warnings, and
        outside a checkout without ``data_dir``.
    DataError
        With every fault of the file or the tables. In each case nothing is written.

    Examples
    --------
    >>> add_report("my_collection", "row.json")  # doctest: +SKIP
    one line more in reports.csv:
    """
    if data_dir is None and not is_checkout():
        raise accounts.AccountError("the published tables are a copy here; give a collection of your own as --data DIR")
    folder = Path(data_dir or tables.DATA_DIR)
    complete(folder)
    raw, schema = accounts.load_tables(folder), load_schema(folder)
    if path is None and not all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        raise accounts.AccountError("add-report asks at a terminal, and here is none; give a file with --from row.json")
    answers = {}
    if path is None:
        try:
            _ask_account(folder, raw, schema, answers, progress)
        except (KeyboardInterrupt, EOFError):
            _keep(answers)
            raise accounts.AccountError("left before the end; nothing was written") from None
    else:
        answers = accounts.read_account(path, raw, schema)
    rows = accounts.make_rows(answers, raw, schema)
    if path is not None:
        lines, faults = accounts.preview(folder, rows, raw, schema)
        if faults:
            raise DataError(faults)
        _show([*_warn(answers, raw, schema), *lines], progress)
        if not yes and any(line.startswith("warning: ") for line in lines):
            raise accounts.AccountError("the account has warnings; with --yes it is written; nothing was written")
    try:
        accounts.write_account(folder, answers, rows)
    except (accounts.AccountError, DataError, OSError):
        if path is None:
            _keep(answers)
        raise
    _show([f"written: {', '.join(f'raw/{name}.csv' for name in rows)}", "next:"], progress)
    for command in _list_next(data_dir):
        progress(command)  # unbroken, to be copied


def _list_next(data_dir):
    """The commands that check, build and compare, each whole."""
    option, folder = (["--data", str(data_dir)], [str(Path(data_dir) / "raw")]) if data_dir else ([], [])
    words = [["validate", *folder], ["build", *option], ["changes", *option]]
    return [f"{_program()} {shlex.join(command)}" for command in words]


def _program():
    """The command as it was run, where its interpreter is below the current folder."""
    path = Path(sys.executable)
    return f"{path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else 'python'} -m helpers"


def _keep(answers):
    """Print many answers as what --from takes."""
    if len(answers) >= _MANY:
        print(json.dumps(answers, indent=2, ensure_ascii=False), file=sys.stderr)


def _ask_account(folder, raw, schema, answers, progress):
    """Gather the answers of a whole account, until the coder has seen what they add and change."""
    session, replies, asked = _session(), {}, []
    while True:
        fields = accounts.list_fields(answers, raw, schema)
        name = next((name for name in fields if name not in answers), None)
        if name:
            reply = _ask(session, name, answers, replies, raw, schema, progress)
        else:
            wrong = _find_wrong(folder, answers, raw, schema, progress)
            reply = "" if wrong else _confirm(session, fields, progress)
            wrong = wrong or ([reply] if reply in fields else [])
            if wrong:
                for field in wrong:
                    answers.pop(field)
                continue
            if reply == "yes":
                for field in set(answers) - set(fields):
                    del answers[field]
                return
        if reply == _BACK:
            if asked:
                answers.pop(asked.pop(), None)
            continue
        answers[name] = reply
        asked = [field for field in asked if field != name] + [name]


def _ask(session, name, answers, replies, raw, schema, progress):
    """The answer to one field, or the wish to go back; asked again until it can be taken."""
    column, likely = accounts.column_of(name, schema), accounts.suggest(name, answers, raw, schema)
    default, clear = replies.get(name) or likely, f"; {_NOTHING}: as if not answered" if replies.get(name) else ""
    offered = accounts.find_incidents(answers, raw, schema) if name == "incident_id" else None
    words = dict(column.values) or _completions(name, offered, raw)
    _show(["", f"{name}: {_describe(name, column)}"], progress)
    if name.startswith("judgement:"):
        new = accounts.read_answer("incident_id", answers, raw, schema)["incident_id"]
        other = raw["incident_register"]["incident_id"].eq(name.partition(":")[2])
        lines = accounts.describe_incidents(raw["incident_register"][other], raw)
        _show([f"is {new} another attack than this?", *(line[3:] for line in lines)], progress)
    if offered is not None:
        forms = "an id, or new; new with an id for a second attack of a day"
        shown = [*accounts.describe_incidents(offered, raw), f"a number of these, {forms}"]
        _show([*accounts.describe_none(answers, raw, schema), forms] if offered.empty else shown, progress)
    while True:
        reply = _prompt(session, f"{name}{f' [{default}{clear}]' if default else ''}> ", words)
        if reply == _BACK:
            return reply
        if reply == _HELP:
            counts = _count_words(name)
            _show(_list_words(counts) if counts else [_describe(name, column), *_list_words(words)], progress)
            continue
        tried = answers | {name: likely if reply == _NOTHING else reply or default}
        try:
            cells = accounts.read_answer(name, tried, raw, schema)
        except ValueError as error:
            _show([f"{reply or 'empty'}: allowed is {error}"], progress)
            continue
        if said := accounts.explain(name, tried, raw, schema):
            _show([f"= {said}"], progress)
        # A site's name and an incident's number on the list are settled; what "new" and "Thursday" mean may change.
        settled = name == "site_id" or (offered is not None and reply.isdecimal())
        answer = cells[name] if settled else tried[name]
        if reply:
            replies[name] = "" if reply == _NOTHING else answer
        return answer


def _describe(name, column):
    """What a field asks for, and in which forms."""
    if name in COUNTS or name in US_TOLLS:
        inside = "; none where all fell near or short of the site" if name == "hit" else ""
        words = column.description.removeprefix("least number of ").removesuffix(" by this source")
        return f"{words}: {accounts.COUNT_FORMS}{inside}"
    if name in _HINTS:
        return _HINTS[name]
    forms = {
        "event_date": accounts.DAY_FORMS,
        "published": accounts.PUBLISHED_FORMS,
        "site_id": "its id, name or an alias",
    }
    values = f"one of {', '.join(column.values)}" if column.values else ""
    empty = f"empty: {column.empty}" if column.empty and name != "event_date" else ""
    if name.startswith("judgement:"):
        empty = "empty: later"
    return "; ".join(filter(None, (column.description, forms.get(name, values), empty)))


def _completions(name, offered, raw):
    """What may be typed in a field without a closed list, each with what it means."""
    if name == "site_id":
        return dict(zip(raw["sites"]["site_id"], raw["sites"]["name"], strict=True))
    if offered is not None:
        return {accounts.NEW: "no row has it yet"} | dict.fromkeys(offered["incident_id"], "")
    return {}


def _count_words(name):
    """The words that a count understands; one of Americans takes no mere maximum."""
    known = accounts.COUNT_WORDS.items() if name in COUNTS or name in US_TOLLS else ()
    return {said: number for said, number in known if name in COUNTS or not number.startswith("up to")}


def _list_words(words):
    return [f"   {word}{f': {meaning}' if meaning else ''}" for word, meaning in words.items()]


def _find_wrong(folder, answers, raw, schema, progress):
    """The fields to be asked again, once their faults are shown; where there are none, what would be written."""
    wrong = accounts.find_faults(answers, raw, schema)
    if wrong:
        _show([f"{name}: allowed is {error}" for name, error in wrong.items()], progress)
        return list(wrong)
    _show(["", "checking ..."], progress)
    lines, faults = accounts.preview(folder, accounts.make_rows(answers, raw, schema), raw, schema)
    _show(["", *lines, *map(str, faults)], progress)
    named = {part.removesuffix("_min").removesuffix("_max") for fault in faults for part in fault.column.split(", ")}
    fields = accounts.list_fields(answers, raw, schema)
    # What no field can mend brings back the last one, from which the coder may step back or leave.
    return [name for name in fields if name in named] or fields[-1:] if faults else []


def _confirm(session, fields, progress):
    """Whether to write, which field to ask again, or the wish to go back."""
    _show(["", "yes writes it; no leaves; the name of a field asks that again"], progress)
    allowed = ["yes", "no", _BACK, *fields]
    short, reply = {"y": "yes", "n": "no"}, None
    while reply not in allowed:
        if reply is not None:
            listed = [", ".join(fields)] if reply == _HELP else []
            _show([*listed, "allowed is yes, no or the name of a field; ? lists them"], progress)
        reply = _prompt(session, "write it? ", dict.fromkeys(allowed, "")).casefold()
        reply = short.get(reply, reply)
    if reply == "no":
        raise KeyboardInterrupt
    return reply


def _warn(answers, raw, schema):
    """What is known already of the address."""
    said = accounts.explain("url", answers, raw, schema)
    return [f"url: {said}"] if said else []


def _show(lines, progress):
    """Lines as wide as the terminal."""
    width = max(shutil.get_terminal_size().columns - 1, 20)
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        progress(textwrap.fill(line, width, subsequent_indent=indent, break_on_hyphens=False) or "")


def _session():
    """A prompt in which Ctrl-B goes back, as typing < does."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()
    keys.add("c-b")(lambda event: event.app.exit(result=_BACK))
    return PromptSession(key_bindings=keys, bottom_toolbar=_KEYS, reserve_space_for_menu=4)


def _prompt(session, message, words):
    """One line that is typed, without blanks at its ends; words are offered, each with its meaning."""
    from prompt_toolkit.completion import WordCompleter

    completer = WordCompleter(list(words), ignore_case=True, sentence=True, match_middle=True, meta_dict=dict(words))
    return session.prompt(message, completer=completer).strip()
