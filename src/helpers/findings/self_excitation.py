"""Are attacks self-exciting, and is there an anniversary effect beyond that?"""

import numpy as np
import pandas as pd

from .. import hawkes
from .basics import ALPHA, event_words, finding, source_line


@finding
def self_excitation(anniversary: dict, incidents: pd.DataFrame, n_bootstrap: int = 499) -> dict:
    """Are attacks self-exciting, and is there an anniversary effect beyond that?

    Parameters
    ----------
    anniversary : dict
    incidents : DataFrame
    n_bootstrap : int

    Returns
    -------
    dict
        ``test``, of the anniversary term on the yearly baseline; ``table`` of the fits by baseline; ``interval``, 95%,
        of the yearly fit's anniversary effect; ``draws``, refits of it; ``spread``, their quantiles; ``residuals``, its
        check; ``stand_out``, residuals beyond 5% shared among them.

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.date_range("2020-06-01", periods=16, freq="30D")
    >>> attacks = pd.DataFrame({"date": days})
    >>> list(self_excitation(findings.anniversary(attacks), attacks, n_bootstrap=1)["table"].index)
    ['yearly', 'constant']
    """
    asked = incidents["date"], *(anniversary[name] for name in ("whole", "anchor", "window"))
    try:
        test = hawkes.likelihood_ratio_test(hawkes.fit(*asked), n_bootstrap)
    except np.linalg.LinAlgError:
        raise ValueError("a self-exciting model cannot be fitted to so few attacks") from None
    fits = {"yearly": test.alternative, "constant": hawkes.fit(*asked, baseline="constant")}
    names = ["branching_ratio", "half_life", "anniversary_effect", "log_likelihood"]
    table = pd.DataFrame({name: [getattr(fit, name) for fit in fits.values()] for name in names}, index=list(fits))
    draws = hawkes.bootstrap_fit(test.alternative, min(n_bootstrap, 199))
    residuals = hawkes.residual_check(test.alternative, draws)
    spread = draws[["branching_ratio", "half_life"]].quantile([0.025, 0.5, 0.975])
    fitted = test.alternative.branching_ratio
    lean = spread.loc[0.5, "branching_ratio"] - fitted
    return {
        "page": "self_excitation",
        "event": event_words(incidents, anniversary["anchor"]),
        "effect_found": test.p_value <= ALPHA,
        "test": test,
        "table": table.rename_axis("baseline"),
        "interval": hawkes.anniversary_interval(test),
        "draws": draws,
        "n_draws": len(draws),
        "spread": spread.set_axis(["low", "middle", "high"]),
        "leans": "" if abs(lean) <= 0.005 else "low" if lean < 0 else "high",
        "triggers": fitted > 0.005,  # without further incidents there is no time in which half of them come
        "residuals": residuals,
        "stand_out": residuals[residuals["p_value"] <= ALPHA / len(residuals)],
        "source_line": source_line(incidents, anniversary["whole"]),
    }
