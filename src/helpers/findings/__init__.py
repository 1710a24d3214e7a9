"""One function per question, returning the numbers that prose, chart titles and reports quote."""

from ..incidents import coded_cells
from .basics import ALPHA, about, covered, day_text, listed, need, number_text, p_text, study_period
from .corpus import (
    accounts_of,
    accounts_text,
    article_headline,
    article_text,
    article_words,
    coverage,
    disagreements,
    disagreements_text,
    effort,
    side_by_side,
)
from .overview import summary
from .places import Where, left_off_text, near_repeat_text, ranges_text, where, window_sites
from .targets import (
    EmbassyVsBase,
    contrasts,
    contrasts_text,
    coverage_text,
    embassy_vs_base,
    exposure,
    in_context,
    load_coverage,
    moves_text,
    outcome_shares,
    target_moves,
    target_readings,
)
from .timing import (
    OUR_TESTS,
    Anniversary,
    SelfExcitation,
    anniversary,
    by_target,
    by_target_text,
    detectable,
    each_strike_and_truce,
    levels_text,
    limit_text,
    load_levels,
    placebo_methods,
    rival_dates,
    rivals_text,
    self_excitement,
    without_each_strike,
    worst_levels,
)
