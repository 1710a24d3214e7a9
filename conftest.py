"""What holds for tests and notebooks alike: which tests share a process, and what is said of notebooks at the end."""

import pytest
from xdist.scheduler import LoadScopeScheduling

from helpers.cache import prepare_environment

# These need most results and charts of the frozen set, which each process would make anew.
_FROZEN_SET = ("tests/findings/", "tests/test_charts.py", "tests/test_export.py", "tests/test_report.py",
               "tests/test_words.py")  # fmt: skip


class _Schedule(LoadScopeScheduling):
    """One process for a file or class of tests, and the same one for all that need the frozen set's results."""

    def _split_scope(self, nodeid):
        return "frozen set" if nodeid.startswith(_FROZEN_SET) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return _Schedule(config, log) if config.getvalue("dist") == "loadscope" else None


collect_ignore_glob = ["src/helpers/starter/*"]  # what a new collection begins with, without outputs

prepare_environment()  # the kernels of nbval take it over


def pytest_terminal_summary(terminalreporter):
    """Say how many cells nbval compared, since a notebook that never ran would pass unseen."""
    compared = [report.nodeid.split("::")[0] for report in terminalreporter.getreports("passed")
                if ".ipynb::" in report.nodeid and report.when == "call"]  # fmt: skip
    if compared:
        terminalreporter.write_line(
            f"nbval: {len(compared)} cells of {len(set(compared))} notebooks compared and alike"
        )
