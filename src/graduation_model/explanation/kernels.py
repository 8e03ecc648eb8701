"""Compiled loops that score with pattern tables. Imported inside functions only.

Nothing here knows a household: arrays in, arrays out. Rows come feature by feature, so that each loop runs over
neighbouring numbers. What a row gets never depends on the rows beside it.
"""

from __future__ import annotations

import numpy as np

from graduation_model.explanation.compiled import compiled
from graduation_model.explanation.lanes import LANES, add_fours

# How a condition is looked at; see `patterns.conditions`.
AT_MOST, NOT_ABOVE, ZERO_IS_MISSING, IN_SET = 0, 1, 2, 3
ZERO = float(np.float32(1e-35))  # LightGBM's own: it reads as 0 what is no further from it
LARGEST_CODE = float(2**31 - 1)  # of a category, in LightGBM too
# A long leaf is taken so many rows at a time: what it needs of them stays in the nearest memory.
STRIP = 64


@compiled
def contributions_into(out, start, X, linear, conditions, trees, groups, bits, terms, outputs, table, quadrature):
    """Add the contributions of some neighbouring rows to their place in `out`.

    Parameters
    ----------
    out : array (n_outputs, n_all_rows)
        Its type is that of the sums.
    start : int
        Place of the first row in `out`.
    X : array (n_features, n_rows)
    linear : tuple of arrays (n_terms,)
        feature, output, log-odds at zero, a unit, and where it is missing.
    conditions : tuple of arrays (n_conditions,)
        feature, way, threshold, missing goes left, start and length of the set, and all sets' words.
    trees : tuple of arrays (n_trees + 1,)
        First condition and first group of each tree.
    groups : tuple of arrays (n_groups + 1,)
        First bit, first output, place of the group's table, and whether it is a long leaf.
    bits : array (n_bits + 1,)
        First term of each bit.
    terms : tuple of arrays
        Condition (counted from its tree's first) and what turns what it says, 1 or 0.
    outputs : array
        Row of `out` of each group's outputs, four by four; of a long leaf, of each bit.
    table : array
        Every group's table after the other: of four outputs, four numbers a pattern; of a long leaf its value and each
        bit's share.
    quadrature : tuple of arrays (n_sizes, n_nodes)
        Nodes and weights of Gauss-Legendre's rule for a leaf of so many bits.
    """
    feature, way, threshold, left, set_start, set_words, words = conditions
    tree_condition, tree_group = trees
    group_bit, group_output, group_table, is_long = groups
    rows = X.shape[1]
    widest, deepest = 1, 1
    for tree in range(len(tree_condition) - 1):
        widest = max(widest, tree_condition[tree + 1] - tree_condition[tree])
    for group in range(len(group_bit) - 1):
        if is_long[group]:
            deepest = max(deepest, group_bit[group + 1] - group_bit[group])
    said = np.empty((widest, rows), dtype=np.uint8)
    code = codes_of(X, feature, way)
    met = np.empty((deepest, rows), dtype=np.uint8)
    pattern = np.empty(rows, dtype=np.uint16)
    before = np.empty((deepest + 1, STRIP), dtype=out.dtype)
    factor, gain = np.ones((deepest, STRIP), dtype=out.dtype), np.empty((deepest, STRIP), dtype=out.dtype)
    linear_into(out, start, X, linear)
    for tree in range(len(tree_condition) - 1):
        first = tree_condition[tree]
        for condition in range(first, tree_condition[tree + 1]):
            here, about = said[condition - first], feature[condition]
            if way[condition] == IN_SET:
                base = set_start[condition]
                look_in_set(here, code[about], words[base : base + set_words[condition]])
            else:
                look(here, X[about], way[condition], threshold[condition], left[condition])
        for group in range(tree_group[tree], tree_group[tree + 1]):
            first_bit, end_bit = group_bit[group], group_bit[group + 1]
            place = group_table[group]
            if is_long[group]:
                for bit in range(first_bit, end_bit):
                    all_of(met[bit - first_bit], said, bits[bit], bits[bit + 1], terms)
                size = end_bit - first_bit
                long_leaf_into(
                    out,
                    start,
                    met[:size],
                    outputs[group_output[group] : group_output[group + 1]],
                    table[place : place + size + 1],
                    quadrature[0][size],
                    quadrature[1][size],
                    before,
                    factor,
                    gain,
                )
                continue
            pattern[:] = 0
            for bit in range(first_bit, end_bit):
                here, turn = said[terms[0][bits[bit]]], terms[1][bits[bit]]
                if bits[bit + 1] - bits[bit] > 1:
                    here, turn = met[0], np.uint8(0)
                    all_of(here, said, bits[bit], bits[bit + 1], terms)
                add_bit(pattern, here, turn, np.uint16(1 << (bit - first_bit)))
            size = 4 << (end_bit - first_bit)
            for output in range(group_output[group], group_output[group + 1], 4):
                look_up(
                    out[outputs[output], start : start + rows],
                    out[outputs[output + 1], start : start + rows],
                    out[outputs[output + 2], start : start + rows],
                    out[outputs[output + 3], start : start + rows],
                    table[place : place + size],
                    pattern,
                )
                place += size


@compiled
def linear_into(out, start, X, linear):
    feature, output, at_zero, unit, if_missing = linear
    for term in range(len(feature)):
        x, total = X[feature[term]], out[output[term], start : start + X.shape[1]]
        zero, slope, missing = at_zero[term], unit[term], if_missing[term]
        for row in range(len(x)):
            total[row] += missing if np.isnan(x[row]) else zero + slope * np.float64(x[row])


@compiled
def look(here, x, way, limit, default):
    if way == AT_MOST:
        for row in range(len(x)):
            here[row] = x[row] <= limit
    elif way == NOT_ABOVE:
        for row in range(len(x)):
            here[row] = not (x[row] > limit)
    else:
        for row in range(len(x)):
            value = x[row]
            here[row] = default if np.isnan(value) or (-ZERO <= value <= ZERO) else value <= limit


@compiled
def codes_of(X, feature, way):
    """Return the categories of features that are looked for in sets, (n_features, n_rows); -1 is none."""
    code = np.empty(X.shape, dtype=np.int32)
    done = np.zeros(len(X), dtype=np.bool_)
    for condition in range(len(feature)):
        about = feature[condition]
        if way[condition] != IN_SET or done[about]:
            continue
        done[about] = True
        here, x = code[about], X[about]
        for row in range(len(x)):  # cut off, as LightGBM does: -0.5 is category 0
            here[row] = np.int32(x[row]) if -1.0 < x[row] < LARGEST_CODE else -1
    return code


@compiled
def look_in_set(here, code, words):
    here[:] = 0
    for place in range(len(words)):  # a word at a time: a choice between words would be a look-up a row
        word, first = words[place], np.int32(place * 32)
        if word == 0:
            continue
        for row in range(len(here)):
            bit = code[row] - first
            here[row] |= (word >> np.uint32(bit & 31)) & np.uint32(1) if 0 <= bit < 32 else np.uint32(0)


@compiled
def all_of(both, said, first, end, terms):
    """Say of each row whether a bit's terms all hold."""
    condition, turn = terms
    here, flip = said[condition[first]], turn[first]
    for row in range(len(both)):
        both[row] = here[row] ^ flip
    for term in range(first + 1, end):
        here, flip = said[condition[term]], turn[term]
        for row in range(len(both)):
            both[row] &= here[row] ^ flip


@compiled
def add_bit(pattern, here, turn, bit):
    for row in range(len(pattern)):  # a choice, since a shift is three times as slow
        pattern[row] |= bit if here[row] != turn else np.uint16(0)


@compiled
def look_up(one, two, three, four, part, pattern):
    """Add to four outputs what the table holds side by side for each row's pattern."""
    whole = len(pattern) - len(pattern) % LANES
    for row in range(0, whole, LANES):
        add_fours(one, two, three, four, part, pattern, row)  # type: ignore[call-arg]  # numba passes one more
    for row in range(whole, len(pattern)):
        place = 4 * np.int64(pattern[row])
        one[row] += part[place]
        two[row] += part[place + 1]
        three[row] += part[place + 2]
        four[row] += part[place + 3]


@compiled
def long_leaf_into(out, start, met, outputs, leaf, nodes, weights, before, factor, gain):
    """Add what one leaf gives to its features, without a table: the integral of `tabulate.leaf_table` for each row."""
    d, rows = met.shape
    kind = out.dtype.type
    for first in range(0, rows, STRIP):
        strip = min(STRIP, rows - first)
        gain[:d] = 0
        for place in range((d + 1) // 2):
            t = kind(nodes[place])
            before[0] = kind(weights[place]) * leaf[0]
            for k in range(d):
                low = leaf[k + 1] * (kind(1) - t)
                high, here = low + t, met[k, first : first + strip]
                one, other, both = factor[k], before[k], before[k + 1]
                for row in range(strip):
                    one[row] = high if here[row] else low
                for row in range(STRIP):
                    both[row] = other[row] * one[row]
            after = before[d]
            after[:] = 1
            for k in range(d - 1, -1, -1):
                one, other, sums = factor[k], before[k], gain[k]
                for row in range(STRIP):
                    sums[row] += other[row] * after[row]
                    after[row] *= one[row]
        for k in range(d):
            total, here = out[outputs[k], start + first : start + first + strip], met[k, first : first + strip]
            if_met, if_not, sums = kind(1) - leaf[k + 1], -leaf[k + 1], gain[k]
            for row in range(strip):
                total[row] += sums[row] * (if_met if here[row] else if_not)


@compiled
def largest_into(place, weight, values, sign):
    """Find the outputs that weigh most on one side; of equal ones the first stands first.

    Parameters
    ----------
    place, weight : array (n_top, n_rows)
        Get the outputs' numbers and values, the largest first; stay as they are where there are fewer.
    values : array (n_outputs, n_rows)
    sign : float
        1: the largest above 0; -1: the smallest below.
    """
    top = len(place)
    for row in range(values.shape[1]):
        found = 0
        for output in range(values.shape[0]):
            value = values[output, row]
            if sign * value <= 0 or (found == top and sign * value <= sign * weight[top - 1, row]):
                continue
            spot = found if found < top else top - 1
            while spot > 0 and sign * weight[spot - 1, row] < sign * value:
                weight[spot, row], place[spot, row] = weight[spot - 1, row], place[spot - 1, row]
                spot -= 1
            weight[spot, row], place[spot, row] = value, output
            found = min(found + 1, top)
