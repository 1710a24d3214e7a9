"""Say how many notebook cells nbval compared, since a notebook that never ran would pass unseen."""

from helpers.cache import use_writable

use_writable()  # the kernels of nbval take it over


def pytest_terminal_summary(terminalreporter):
    compared = [report.nodeid.split("::")[0] for report in terminalreporter.getreports("passed")
                if ".ipynb::" in report.nodeid and report.when == "call"]  # fmt: skip
    if compared:
        terminalreporter.write_line(
            f"nbval: {len(compared)} cells of {len(set(compared))} notebooks compared and alike"
        )
