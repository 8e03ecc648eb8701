"""Compiled loops of the pattern tables. Imported inside functions only: numba takes a second to load.

Nothing here knows a household: arrays in, arrays out. Rows come feature by feature, so that each loop runs over
neighbouring numbers.
"""

from __future__ import annotations

import numba
import numpy as np

# How a condition is looked at; see `patterns.condition_arrays`.
AT_MOST, NOT_ABOVE, ZERO_IS_MISSING, IN_SET = 0, 1, 2, 3
ZERO = 1e-35  # LightGBM's own


@numba.njit(cache=True, nogil=True)
def group_bits(leaf_from, leaf_mid, leaf_to, feature, n_leaves, most):
    """Return how many bits every run of neighbouring leaves needs, (n_leaves, n_leaves); runs above `most` stay there.

    A node that parts the run needs a bit of its own. Conditions on one feature that the same part of the run shares
    are one bit: only whether all of them hold matters.
    """
    nodes = len(feature)
    bits = np.full((n_leaves, n_leaves), most + 1, dtype=np.int64)
    key_feature = np.empty(nodes, dtype=np.int64)
    key_from = np.empty(nodes, dtype=np.int64)
    key_to = np.empty(nodes, dtype=np.int64)
    for first in range(n_leaves):
        for last in range(first, n_leaves):
            count, keys = 0, 0
            for node in range(nodes):
                low, high = max(first, leaf_from[node]), min(last + 1, leaf_to[node])
                if low >= high:
                    continue
                if low < leaf_mid[node] < high:
                    count += 1
                    continue
                known = False
                for key in range(keys):
                    if key_feature[key] == feature[node] and key_from[key] == low and key_to[key] == high:
                        known = True
                        break
                if not known:
                    key_feature[keys], key_from[keys], key_to[keys] = feature[node], low, high
                    keys += 1
            bits[first, last] = count + keys
            if count + keys > most:
                break
    return bits


@numba.njit(cache=True, nogil=True)
def cut_leaves(bits, outputs, most):
    """Return the cheapest cut of the leaves into runs of at most `most` bits: the first leaf of each run, marked.

    The price of a run is what the scoring loop does for it: a gather an output, and a shift a bit.
    """
    n = len(bits)
    best = np.full(n + 1, np.inf)
    best[0] = 0.0
    came_from = np.zeros(n + 1, dtype=np.int64)
    for end in range(1, n + 1):
        for first in range(end):
            needed = bits[first, end - 1]
            if needed <= most:
                price = best[first] + 1.0 + outputs[first, end - 1] * (1.0 + 0.0004 * 2.0**needed) + 0.3 * needed
                if price < best[end]:
                    best[end] = price
                    came_from[end] = first
    starts = np.zeros(n, dtype=np.bool_)
    end = n
    while end > 0:
        if best[end] == np.inf:
            return np.zeros(0, dtype=np.bool_)
        starts[came_from[end]] = True
        end = came_from[end]
    return starts


@numba.njit(cache=True, nogil=True)
def count_outputs(path_start, path_output, n_leaves, n_outputs):
    """Return how many outputs every run of neighbouring leaves touches, (n_leaves, n_leaves)."""
    found = np.zeros((n_leaves, n_leaves), dtype=np.int64)
    seen = np.full(n_outputs, -1, dtype=np.int64)
    for first in range(n_leaves):
        count = 0
        for last in range(first, n_leaves):
            for place in range(path_start[last], path_start[last + 1]):
                if seen[path_output[place]] != first:
                    seen[path_output[place]] = first
                    count += 1
            found[first, last] = count
        seen[:] = -1
    return found


@numba.njit(cache=True, nogil=True)
def leaf_table(value, share, nodes, weights):
    """Return what one leaf gives to each of its features, for every pattern of met conditions, (2^d, d).

    The Shapley weight of the coalitions of d features is an integral of a product (the multilinear extension, Owen
    1972); Gauss-Legendre quadrature of ceil(d / 2) nodes is exact for it.
    """
    d = len(share)
    table = np.zeros((1 << d, d))
    before, after = np.empty(d + 1), np.empty(d + 1)
    factor = np.empty(d)
    for pattern in range(1 << d):
        for place in range(len(nodes)):
            t = nodes[place]
            for k in range(d):
                met = 1.0 if (pattern >> k) & 1 else 0.0
                factor[k] = share[k] * (1.0 - t) + met * t
            before[0], after[d] = 1.0, 1.0
            for k in range(d):
                before[k + 1] = before[k] * factor[k]
            for k in range(d - 1, -1, -1):
                after[k] = after[k + 1] * factor[k]
            for k in range(d):
                met = 1.0 if (pattern >> k) & 1 else 0.0
                table[pattern, k] += weights[place] * value * (met - share[k]) * before[k] * after[k + 1]
    return table


@numba.njit(cache=True, nogil=True)
def add_leaf(table, leaf, must, must_not, column):
    """Add one leaf's table to its group's, (n_outputs, 2^bits)."""
    d = len(must)
    for pattern in range(table.shape[1]):
        met = 0
        for k in range(d):
            if (pattern & must[k]) == must[k] and (pattern & must_not[k]) == 0:
                met |= 1 << k
        for k in range(d):
            table[column[k], pattern] += leaf[met, k]


@numba.njit(cache=True, nogil=True)
def contributions_into(out, X, block, conditions, trees, groups, bits, terms, outputs, table, zero):
    """Add the contributions of every row, (n_rows, n_outputs), to `out`.

    Parameters
    ----------
    out : array (n_rows, n_outputs)
    X : array (n_features, n_rows)
    block : int
        Rows at a time: what is in work stays near the processor.
    conditions : tuple of arrays (n_conditions,)
        feature, way, threshold, missing goes left, start and length of the set, and all sets' words.
    trees : tuple of arrays (n_trees + 1,)
        First condition and first group of each tree.
    groups : tuple of arrays (n_groups + 1,)
        First bit, first output, and place of the group's table.
    bits : array (n_bits + 1,)
        First term of each bit.
    terms : tuple of arrays
        Condition (counted from its tree's first) and what it must say, 1 or 0.
    outputs : array
        Column of `out` of each group's outputs.
    table : array
        Every group's table after the other.
    zero : array (1,)
        Of the sums' type.
    """
    feature, way, threshold, left, set_start, set_words, words = conditions
    tree_condition, tree_group = trees
    group_bit, group_output, group_table = groups
    term_condition, term_wanted = terms
    n_rows, n_outputs = out.shape
    widest = 0
    for tree in range(len(tree_condition) - 1):
        widest = max(widest, tree_condition[tree + 1] - tree_condition[tree])
    said = np.empty((max(widest, 1), block), dtype=np.uint8)
    pattern = np.empty(block, dtype=np.uint32)
    both = np.empty(block, dtype=np.uint8)
    sums = np.empty((n_outputs, block), dtype=zero.dtype)
    for start in range(0, n_rows, block):
        rows = min(block, n_rows - start)
        sums[:] = zero[0]
        for tree in range(len(tree_condition) - 1):
            first = tree_condition[tree]
            for condition in range(first, tree_condition[tree + 1]):
                here = said[condition - first]
                x = X[feature[condition], start : start + rows]
                limit = threshold[condition]
                if way[condition] == AT_MOST:
                    for row in range(rows):
                        here[row] = x[row] <= limit
                elif way[condition] == NOT_ABOVE:
                    for row in range(rows):
                        here[row] = not (x[row] > limit)
                elif way[condition] == ZERO_IS_MISSING:
                    default = left[condition]
                    for row in range(rows):
                        value = x[row]
                        if np.isnan(value) or (-ZERO <= value <= ZERO):
                            here[row] = default
                        else:
                            here[row] = value <= limit
                else:
                    base, length = set_start[condition], set_words[condition]
                    for row in range(rows):
                        value = x[row]
                        here[row] = 0
                        if -1.0 < value < length * 32:
                            code = np.int64(value)  # cut off, as LightGBM does: -0.5 is category 0
                            here[row] = (words[base + (code >> 5)] >> np.uint32(code & 31)) & np.uint32(1)
            for group in range(tree_group[tree], tree_group[tree + 1]):
                first_bit = group_bit[group]
                n_bits = group_bit[group + 1] - first_bit
                for row in range(rows):
                    pattern[row] = 0
                for bit in range(n_bits):
                    term, end = bits[first_bit + bit], bits[first_bit + bit + 1]
                    shift = np.uint32(bit)
                    here = said[term_condition[term]]
                    wanted = term_wanted[term]
                    if end - term == 1:
                        for row in range(rows):
                            pattern[row] |= np.uint32(here[row] ^ wanted) << shift
                    else:
                        for row in range(rows):
                            both[row] = here[row] ^ wanted
                        for other in range(term + 1, end):
                            here = said[term_condition[other]]
                            wanted = term_wanted[other]
                            for row in range(rows):
                                both[row] &= here[row] ^ wanted
                        for row in range(rows):
                            pattern[row] |= np.uint32(both[row]) << shift
                place = group_table[group]
                size = 1 << n_bits
                for output in range(group_output[group], group_output[group + 1]):
                    total = sums[outputs[output]]
                    part = table[place : place + size]
                    for row in range(rows):
                        total[row] += part[pattern[row]]
                    place += size
        for row in range(rows):
            for output in range(n_outputs):
                out[start + row, output] += sums[output, row]
