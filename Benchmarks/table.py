"""How figures are measured often enough, and printed."""

import statistics
import time

PATIENCE = 8  # seconds a measurement may take; on a busy machine there are fewer rounds, but never fewer than LEAST
LEAST = 5


def rounds(most, least=LEAST):
    began = time.monotonic()
    for turn in range(most):
        if turn < least + 3 or time.monotonic() - began < PATIENCE:
            yield turn


def row(name, *columns, first=14):
    print(f"  {name:<{first}}" + "".join(f"{column:>{max(10, len(str(column)) + 2)}}" for column in columns))


def middle(sample):
    return f"{statistics.median(sample):.2f}"


def spread(sample):
    """Without the tenth on either side."""
    sample = sorted(sample)
    cut = len(sample) // 10
    return f"{sample[cut]:.2f}–{sample[-1 - cut]:.2f}"


def ratio(medians):
    return f"{medians[1] / medians[0]:.1f}"
