"""Export against drawing each chart once, and the site against plain ``sphinx-build`` of the same sources, in one run.

``python benchmarks/bench_site.py`` prints CPU seconds and ratios. An export writes each chart as SVG, PDF and PNG at
two widths, with its data and words; drawing makes it once at each width, as SVG. Findings are computed before either.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from helpers import charts, export, site
from helpers.files import write_files
from helpers.findings import NotAvailable, Results


def cpu_seconds(work):
    """What some work costs, that of its subprocesses included, and what it gives."""
    before, now = os.times(), time.process_time()
    given = work()
    after = os.times()
    return time.process_time() - now + after.children_user - before.children_user, given


def draw_each(results, write):
    """Draw every chart that the data can give, and write it."""
    for draw in charts.CHARTS.values():
        chart = results.draw(draw)
        if not isinstance(chart, NotAvailable):
            write(chart)


def sphinx_build(source, folder):
    """Build the site's sources as anyone would."""
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", source, Path(folder, "plain")]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


def main():
    results = Results()
    draw_each(results, charts.svg)  # so that the findings are there
    page, _ = cpu_seconds(lambda: draw_each(results, charts.svg))
    once, _ = cpu_seconds(lambda: draw_each(results, lambda chart: [charts.svg(chart.at(at)) for at in charts.WIDTHS]))
    every, _ = cpu_seconds(lambda: draw_each(results, export.chart_files))
    print(f"charts: once as SVG at both widths {once:.1f} s; in all formats {every:.1f} s, {every / once:.2f} times")
    print(f"charts: once as SVG at the width of a page {page:.1f} s, {every / page:.2f} times")
    with tempfile.TemporaryDirectory() as folder:
        out, source = Path(folder, "reports"), Path(folder, "source")
        export.export_all(out / "charts", results, lambda line: None)
        write_files(source, site._gather(out, results))
        plain, _ = cpu_seconds(lambda: sphinx_build(source, folder))
        ours, _ = cpu_seconds(lambda: site.write_site(out, results, lambda line: None))
    print(f"site: plain sphinx-build {plain:.1f} s; ours {ours:.1f} s, {ours / plain:.2f} times")


if __name__ == "__main__":
    main()
