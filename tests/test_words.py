"""Prose is written in short sentences, and answers are short."""

import json
import re

import pytest

from conftest import ROOT
from helpers import findings

MOST_WORDS = 35
TEMPLATES = "src/helpers/findings/pages"
# Held to the rule wherever they are added; what is pending is to be emptied.
FOLDERS = {"docs": "*.md", "notebooks": "*.ipynb", TEMPLATES: "*.md"}
# As fixed before the analysis, so its sentences stay.
FIXED = {"docs/analysis-plan.md"}
PAGES = ["CONTRIBUTING.md", "README.md", "seeds/README.md"]
PENDING = set()
MOST_OF_AN_ANSWER, MOST_OF_THE_README = 120, 900
ALL_PAGES = [*PAGES, *(path.relative_to(ROOT).as_posix() for folder, names in FOLDERS.items()
                       for path in sorted((ROOT / folder).glob(names))
                       if f"{folder}/{path.name}" not in FIXED)]  # fmt: skip


def prose(text):
    """The blocks of prose of a page or a template: paragraphs, items and headings, without what is not read aloud."""
    text = re.sub(r"<!--.*?-->|^ *```.*?^ *```|\{#.*?#\}", "", text, flags=re.S | re.M)
    text = re.sub(r"\{%.*?%\}", "", text, flags=re.S)
    text = re.sub(r"\{\{.*?\}\}", "0", text, flags=re.S)  # a value, read as one word
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`[^`]*`", "code", text)
    text = re.sub(r"^ *\|.*\|? *$", "\n", text, flags=re.M)
    text = re.sub(r"^( *(?:[-*>] |\d+\. |#+ ))", r"\n\n\1", text, flags=re.M)
    return [" ".join(block.split()) for block in re.split(r"\n\s*\n", text) if block.strip()]


def words(sentence):
    """Its words; a dash or a lone sign is none."""
    return re.findall(r"\w\S*", sentence)


def long_sentences(text, most=MOST_WORDS):
    """The sentences of a text that have more than so many words."""
    sentences = [sentence for block in prose(text) for sentence in re.split(r"(?<=[.!?])[\"*)”]*\s+", block)]
    return [sentence for sentence in sentences if len(words(sentence)) > most]


def markdown_of(path):
    """The text of a page, or of the Markdown cells of a notebook."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


@pytest.mark.parametrize("page", [page for page in ALL_PAGES if page not in PENDING])
def test_no_sentence_is_long(page):
    faults = [
        f"{page}: {len(words(sentence))} words: {sentence}" for sentence in long_sentences(markdown_of(ROOT / page))
    ]
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def test_what_is_pending_is_there():
    assert set(ALL_PAGES) >= PENDING


# --- what is filled in ------------------------------------------------------------------------------------------------


def told_on(*pages):
    """The result and part of every sentence of pages of findings, but for templates that are pending."""
    texts = " ".join((ROOT / TEMPLATES / f"{page}.md").read_text(encoding="utf-8") for page in pages)
    return re.findall(r"{{ (\w+)\|tell(?:\(\"(\w+)\"\))? }}", texts)


@pytest.mark.parametrize(("name", "part"), sorted(set(told_on("readme", "site"))))
def test_no_sentence_is_long_with_its_numbers(results, name, part):
    found = getattr(results, name)
    if f"{TEMPLATES}/{found['page']}.md" not in PENDING:
        told = findings.tell(found, part or "answer")
        assert told
        assert long_sentences(told) == []


def test_answers_of_the_readme_are_short(results):
    page = findings.fill("readme", {name: getattr(results, name) for name in findings.FINDINGS})
    answers = re.split(r"^\*\*Do .*\?\*\*$", page, flags=re.M)[1:]
    assert len(answers) == 2
    assert all(20 < len(words(answer)) <= MOST_OF_AN_ANSWER for answer in answers)


def test_the_readme_is_short():
    """Its prose: without code, tables and comments."""
    blocks = prose((ROOT / "README.md").read_text(encoding="utf-8"))
    assert 300 < sum(len(words(block)) for block in blocks) <= MOST_OF_THE_README


# --- the rule itself --------------------------------------------------------------------------------------------------

LONG = " ".join(["word"] * 36)


@pytest.mark.parametrize("text", [
    f"A short one. {LONG}. Another short one.",
    f"- An item.\n- {LONG}\n- Another.",
    f"# {LONG}",
    f"A [link](docs/limits.md) {LONG}",
    f"{{% if a %}}{LONG}{{% endif %}} {{{{ n|number }}}}.",
])  # fmt: skip
def test_a_long_sentence_is_found(text):
    assert len(long_sentences(text)) == 1


@pytest.mark.parametrize("text", [
    f"Before.\n\n```\n{LONG}\n```\n\nAfter.",
    f"| a | b |\n|---|---|\n| {LONG} | x |",
    f"<!-- {LONG} -->",
    f"![{LONG}](a.svg)",
    f"`{LONG}` is code.",
    "\n".join("- three short words" for _ in range(20)),
    "Is it so? " * 20,
    f"{{# {LONG} #}}{{{{ {LONG} }}}} is a value.",
])  # fmt: skip
def test_what_is_no_long_sentence_is_left_alone(text):
    assert long_sentences(text) == []


def test_the_length_of_a_sentence_is_that_of_its_words():
    assert words("Thirteen attacks - about seven expected - fell within 14 days; see `x`.") == [
        *("Thirteen", "attacks", "about", "seven", "expected", "fell", "within", "14", "days;", "see", "x`.")
    ]
