#!/usr/bin/env python3
"""Writes distribution.txt, the values that test_distribution compares with (needs python3-scipy; tests do not).

    /usr/bin/python3 tests/golden/distribution.py > tests/golden/distribution.txt
"""
import scipy
from scipy import stats

# mean, variance, shift: of basketball size, and some at the edges of the families.
CASES = [
    (27.3, 60.1, 0), (14.6, 41.0, 0), (5.48, 7.3, 0), (4.3, 4.9, 0), (2.1, 2.5, 0), (0.92, 1.05, 0), (0.05, 0.06, 0),
    (0.4, 1.9, 0), (62.0, 210.0, 0), (1.1, 1.13, 0),
    (1.0, 1.0, 0), (6.5, 6.5, 0), (33.0, 33.1, 0), (0.001, 0.001, 0),
    (5.0, 3.0, 0), (1.2, 0.7, 0), (20.0, 4.0, 0),
    (27.3, 60.1, 12), (41.0, 110.0, 25), (14.6, 41.0, 5), (8.0, 14.0, 2),
]


def family(mean, variance):
    """As choose() in distribution.c: the variance within 2 % of the mean is Poisson's."""
    if variance > mean * 1.02:
        return "nbinom", stats.nbinom(mean * mean / (variance - mean), mean / variance)
    if variance < mean * 0.98:
        trials = max(round(mean * mean / (mean - variance)), int(mean) + 1)
        return "binom", stats.binom(trials, mean / trials)
    return "poisson", stats.poisson(mean)


print(f"# P(X < k), P(X = k), P(X > k) by scipy {scipy.__version__}: see distribution.py")
print("# family mean variance shift k below at above")
for mean, variance, shift in CASES:
    name, d = family(mean + shift, variance)
    spread = variance ** 0.5
    ks = {0, 1, 2, 5, int(mean), int(mean + spread), int(mean + 3 * spread), int(mean + 6 * spread)}
    for k in sorted(ks):
        below = d.cdf(k + shift - 1) if k > 0 else 0.0
        at = d.pmf(k + shift) if k > 0 else d.cdf(shift)
        print(name, mean, variance, shift, k, *(f"{x:.15e}" for x in (below, at, d.sf(k + shift))))
