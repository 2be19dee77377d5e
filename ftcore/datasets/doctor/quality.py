"""Dark, bright, blurred, empty and oddly shaped pictures: cleanvision's measures and limits, on our decoded pixels."""

import numpy as np
import pandas as pd

from ftcore.datasets.doctor.findings import Finding
from ftcore.datasets.similarity.measure import Measured
from ftcore.datasets.versions import Edit

_USUAL = 0.5  # of all pictures; what most of them have is their nature and no trouble (cleanvision's max_prevalence)
_BLUR_APART = 3.0
"""Times the usual spread of sharpness by which a picture must be below the middle. cleanvision's own limit is absolute:
among small or smooth pictures it marks all of them or none."""
_BLUR_APART_SMALL = 4.0
"""The same for small pictures, whose sharpness is measured otherwise (_fine_edges)."""
_SHARPNESS_AT = 64  # pixels of the long side
_SENTENCES = {
    "dark": ("dark", "Nearly black", "too dark"),
    "light": ("bright", "Nearly white", "too bright"),
    "blurry": ("blurry", "Blurred, far more than most", "blurred"),
    "low_information": ("low_information", "Hardly anything to see", "hardly anything to see"),
    "odd_size": ("odd_size", "Of an odd size or shape", "odd size or shape"),
}


def findings(table: pd.DataFrame, measured: Measured) -> list[Finding]:
    """One finding for each trouble that some pictures have, but not most.

    Args:
        table: Of the data set.
        measured: Of its used pictures.
    """
    records = table.loc[measured.rows.tolist()]
    marked = _marked(records, measured.properties, _fine_edges(measured.grey) if _are_small(records) else None)
    found = []
    for measure, (issue, sentence, reason) in _SENTENCES.items():
        scores = marked[measure]  # the lower the worse; NaN where all is well
        wrong = scores.dropna().sort_values(kind="stable")
        if not 0 < len(wrong) <= _USUAL * len(scores):
            continue
        rows = tuple(int(measured.rows[i]) for i in wrong.index)
        found.append(
            Finding(
                issue,
                "note" if issue == "odd_size" else "warning",
                f"{sentence}: {len(rows):,} of {len(scores):,} pictures.",
                len(rows),
                rows=rows,
                remedy=(Edit("exclude", rows, reason),),
                remedy_words="Leave them out",
            )
        )
    return found


def _marked(records: pd.DataFrame, properties: pd.DataFrame, sharpness: pd.Series | None) -> pd.DataFrame:
    """cleanvision's score per picture and issue where it marks one, else NaN; [N] rows.

    Args:
        records: Their rows of the table.
        properties: cleanvision's values.
        sharpness: What blur is judged by instead, [N]; None for cleanvision's.
    """
    from cleanvision.issue_managers.image_property_issue_manager import ImagePropertyIssueManager

    measured = properties.copy()
    width, height = records["width"].to_numpy(float), records["height"].to_numpy(float)
    measured["aspect_ratio"] = np.minimum(width / height, height / width)  # as its AspectRatioProperty.calculate
    measured["size"] = np.sqrt(width) * np.sqrt(height)  # as its SizeProperty.calculate
    manager = ImagePropertyIssueManager()
    manager.issues = pd.DataFrame(index=measured.index)
    manager.update_issues(measured, ["dark", "light", "blurry", "low_information", "odd_aspect_ratio", "odd_size"])
    issues = manager.issues
    marked = pd.DataFrame(
        {
            name: issues[f"{name}_score"].where(issues[f"is_{name}_issue"])
            for name in ("dark", "light", "blurry", "low_information")
        }
    )
    if sharpness is not None:
        marked["blurry"] = _far_below(sharpness, _BLUR_APART_SMALL, 0.02)
    else:
        if marked["blurry"].notna().mean() > _USUAL:
            marked["blurry"] = np.nan
        marked["blurry"] = marked["blurry"].fillna(_far_below(measured["blurriness"], _BLUR_APART, 0.1))
    odd = issues["is_odd_size_issue"] | issues["is_odd_aspect_ratio_issue"]
    marked["odd_size"] = issues[["odd_size_score", "odd_aspect_ratio_score"]].min(axis=1).where(odd)
    dull = marked["dark"].notna() | marked["light"].notna() | marked["low_information"].notna()
    dull |= issues["is_odd_aspect_ratio_issue"]  # sharpness is measured at 64 pixels of the long side
    marked["blurry"] = marked["blurry"].where(~dull)  # an empty picture has no edges either; it is said once
    return marked


def _are_small(records: pd.DataFrame) -> bool:
    """Tell whether most pictures are smaller than what cleanvision measures sharpness at."""
    return bool(records[["pixels_width", "pixels_height"]].max(axis=1).median() < _SHARPNESS_AT)


def _fine_edges(grey: np.ndarray) -> pd.Series:
    """Return how fine the edges of small pictures are: strength of the second differences over that of the first, [N].

    cleanvision looks at the second differences alone and enlarges to 64 pixels first, so among digits of 32 pixels it
    takes a thin 1 for a blurred picture: few edges look like soft ones. The quotient does not mind how many there are.
    Tried on 1,500 digits, 30 of them blurred by 2 pixels: 4 false alarms and all found, before 19 and 77 %.

    Args:
        grey: [N, 32, 32], 0-255.
    """
    g = grey.astype(np.float32)
    middle = g[:, 1:-1, 1:-1]
    second = g[:, 1:-1, :-2] + g[:, 1:-1, 2:] + g[:, :-2, 1:-1] + g[:, 2:, 1:-1] - 4 * middle  # [N, 30, 30]
    first = (g[:, 1:-1, 2:] - g[:, 1:-1, :-2]) ** 2 / 4 + (g[:, 2:, 1:-1] - g[:, :-2, 1:-1]) ** 2 / 4
    quotient = np.sqrt(((second**2).mean(axis=(1, 2)) + 1) / (first.mean(axis=(1, 2)) + 1))
    return pd.Series(quotient.astype(float))


def _far_below(sharpness: pd.Series, apart: float, least: float) -> pd.Series:
    """The sharpness where it is far below that of the others, else NaN; ``least`` is the smallest spread believed."""
    logs = np.log(sharpness.clip(lower=1e-3))
    middle = logs.median()
    spread = 1.4826 * (logs - middle).abs().median()  # as a standard deviation, were it a bell curve
    return sharpness.where(logs < middle - apart * max(spread, least))
