"""One function per question, returning numbers; their words stand in ``pages/`` and are filled in by ``tell``."""

from .anniversary import anniversary, by_target, intervals, placebo_methods, power
from .article import accounts_of, article, article_claims
from .basics import (
    ALPHA,
    FINDINGS,
    covered,
    event_words,
    explored_period,
    group_plurals,
    is_coded,
    require_columns,
    source_line,
    study_period,
)
from .comparison_date import comparison_date
from .coverage import account_numbers, agencies, coverage, disagreements, effort
from .embassy_vs_base import (
    add_context_columns,
    category_counts,
    contrasts,
    effects_table,
    embassy_vs_base,
    outcome_shares,
    select_primary,
    whole_effects_table,
)
from .exposure import exposure
from .levels import (
    PLACEBO_TESTS,
    interval_coverage,
    limit_coverage,
    load_coverage,
    load_levels,
    load_planned_levels,
    load_strike_levels,
    worst_levels,
)
from .locations import locations, space_time, window_sites
from .matched import matched, shared_events
from .official_counts import official_counts
from .overview import NOT_REPORTED, attacks_by_year, basis_by_year, casualties, claims, report_flow, weapons_by_year
from .pre_specified import pre_specified
from .reliability import coder_agreement
from .results import NotAvailable, Results, findings_of, lacking
from .robustness import count_readings, date_error, leave_one_out, month_caps, reporting_effort, robustness
from .self_excitation import self_excitation
from .sensitivity import choices, sensitivity
from .show import share, show
from .specifications import CHOICES, name_option, other_questions, specifications
from .strikes import (
    APART,
    EPISODES,
    FORESEEN,
    after_strikes,
    coverage_of,
    each_strike_and_truce,
    episode_starts,
    rival_dates,
    strike_episodes,
    us_strikes,
)
from .summary import summary
from .target_readings import target_readings, target_sensitivity
from .tell import day, fill, listed, number, ordinal, p_value, plain, split_points, tell, upper_first
