"""Every finding as one table."""

import pandas as pd

from .basics import effect_text, number_text, p_text, ratio_text


def summary(timing, targets):
    """Every finding as one table.

    Parameters
    ----------
    timing : Anniversary
    targets : EmbassyVsBase

    Returns
    -------
    DataFrame
        ``question``, ``measure``, ``counts``, ``effect`` (with its interval) and ``p_value``, all as text.
    """
    near = f"Attacks near {timing.anchor_text}?"
    windows = [(f"all anniversaries, {timing.window} days", timing.years.loc["all"])]
    windows += [(name, row) for name, row in timing.years.iterrows() if name.startswith("without")]
    windows += [(f"{side} the anniversary", timing.sides.loc[(side, "all")]) for side in ("before", "after")]
    rows = [
        (near, name, f"{row['observed']:.0f}, expected {number_text(row['expected'])}", ratio_text(row),
         f"global {p_text(row['global_p_value'])}")
        for name, row in windows
    ]  # fmt: skip
    for name, row in targets.table.iterrows():
        counts = f"{row['embassy_n']} and {row['base_n']} told, {row['embassy_missing'] + row['base_missing']} not"
        effect, p_value = row["note"], ""
        if pd.notna(row["p_value"]):
            effect, p_value = effect_text(row), f"adjusted {p_text(row['p_adjusted'])}"
        rows.append(("Embassy against base?", name, counts, effect, p_value))
    return pd.DataFrame(rows, columns=["question", "measure", "counts", "effect", "p_value"])
