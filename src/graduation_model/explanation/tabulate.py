"""Compiled loops that cut trees into groups of leaves and fill their tables. Imported inside functions only.

Leaves are counted from left to right, all trees in one row. `low`, `mid` and `high` of a node are the first leaf below
it, the first below its right child, and the one past its last, counted within the tree.
"""

from __future__ import annotations

import numpy as np

from graduation_model.explanation.compiled import compiled

# What a run of leaves costs when rows are scored, in look-ups of four outputs: the run itself, each of its bits, and
# for each look-up each pattern of its table, fetched from far memory. Measured on models of 31 leaves; only speed and
# memory hang on them.
A_RUN, A_BIT, FROM_FAR = 0.1, 0.15, 0.002


@compiled
def leaf_ranges(node_start, leaf_start, left, right):
    """Return low, mid and high of each node, and the leaf's number at each place; children come after their node."""
    nodes = len(left)
    low, mid, high = np.zeros(nodes, dtype=np.int64), np.zeros(nodes, dtype=np.int64), np.zeros(nodes, dtype=np.int64)
    leaf_at = np.zeros(leaf_start[-1], dtype=np.int64)
    for tree in range(len(node_start) - 1):
        first, end, base = node_start[tree], node_start[tree + 1], leaf_start[tree]
        for node in range(end - 1, first - 1, -1):  # how many leaves, from the bottom up; kept in `high` and `mid`
            one, other = left[node], right[node]
            mid[node] = 1 if one < 0 else high[first + one]
            high[node] = mid[node] + (1 if other < 0 else high[first + other])
        for node in range(first, end):
            one, other = left[node], right[node]
            mid[node] += low[node]
            high[node] += low[node]
            if one < 0:
                leaf_at[base + low[node]] = ~one
            else:
                low[first + one] = low[node]
            if other < 0:
                leaf_at[base + mid[node]] = ~other
            else:
                low[first + other] = mid[node]
    return low, mid, high, leaf_at


@compiled
def bits_of_run(first, end, feature, low, mid, high, most, bit_of, keys):
    """Give each node that a run of leaves hangs on its bit, -1 to the others; return how many bits there are.

    A node that parts the run needs a bit of its own. Conditions on one feature that the same part of the run shares
    are one bit: only whether all of them hold matters. Above `most` bits it stops counting.
    """
    bits = 0
    for node in range(len(feature)):
        bit_of[node] = -1
        here_from, here_to = max(first, low[node]), min(end, high[node])
        if here_from >= here_to:
            continue
        about = -1 if here_from < mid[node] < here_to else feature[node]
        if about >= 0:
            for bit in range(bits):
                if keys[bit, 0] == about and keys[bit, 1] == here_from and keys[bit, 2] == here_to:
                    bit_of[node] = bit
                    break
        if bit_of[node] < 0:
            if bits == most:
                return most + 1
            keys[bits, 0], keys[bits, 1], keys[bits, 2] = about, here_from, here_to
            bit_of[node] = bits
            bits += 1
    return bits


@compiled
def cut_trees(node_start, leaf_start, feature, low, mid, high, output_of, n_outputs, most):
    """Return the cheapest cut of each tree into runs of at most `most` bits: the first leaf of each run, marked.

    The price of a run is what scoring does for it: a look-up for four outputs, and a shift a bit. A leaf that alone
    needs more bits is a run of its own: it has no other.
    """
    starts = np.zeros(leaf_start[-1], dtype=np.bool_)
    seen = np.full(n_outputs, -1, dtype=np.int64)
    runs = 0
    for tree in range(len(node_start) - 1):
        nodes = slice(node_start[tree], node_start[tree + 1])
        about, lower, middle, upper = feature[nodes], low[nodes], mid[nodes], high[nodes]
        n, size = leaf_start[tree + 1] - leaf_start[tree], len(about)
        bit_of, keys = np.empty(size, dtype=np.int64), np.empty((size, 3), dtype=np.int64)
        best, came_from = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=np.int64)
        best[0] = 0.0
        for first in range(n):
            for end in range(first + 1, n + 1):
                allowed = size if end == first + 1 else most
                bits = bits_of_run(first, end, about, lower, middle, upper, allowed, bit_of, keys)
                if bits > allowed:
                    break
                runs += 1
                columns = 0
                for node in range(size):
                    output = output_of[about[node]]
                    if bit_of[node] >= 0 and seen[output] != runs:
                        seen[output] = runs
                        columns += 1
                look_ups = (columns + 3) // 4
                price = best[first] + A_RUN + A_BIT * bits + look_ups * (1.0 + FROM_FAR * 2.0**bits)
                if price < best[end]:
                    best[end], came_from[end] = price, first
        end = n
        while end > 0:
            end = came_from[end]
            starts[leaf_start[tree] + end] = True
    return starts


@compiled
def write_groups(node_start, leaf_start, feature, low, mid, high, output_of, n_outputs, starts, n_groups, most, room):
    """Return, of every run, its leaves, bits, terms and outputs, and where its table stands; see `PatternTables`.

    `room` is at least as much as the terms of all runs: no run has more than its leaves' paths.
    """
    tree_group = np.zeros(len(node_start), dtype=np.int64)
    group_leaf, group_bit = np.zeros(n_groups + 1, dtype=np.int64), np.zeros(n_groups + 1, dtype=np.int64)
    group_output, group_table = np.zeros(n_groups + 1, dtype=np.int64), np.zeros(n_groups + 1, dtype=np.int64)
    is_long = np.zeros(n_groups, dtype=np.bool_)
    bits = np.zeros(room + 1, dtype=np.int64)
    condition, turn = np.zeros(room, dtype=np.int32), np.zeros(room, dtype=np.uint8)
    outputs = np.zeros(room + 3 * n_groups, dtype=np.int64)
    group, n_bits, n_terms, n_columns = 0, 0, 0, 0
    marked = np.zeros(n_outputs, dtype=np.bool_)
    for tree in range(len(node_start) - 1):
        nodes = slice(node_start[tree], node_start[tree + 1])
        base, size = leaf_start[tree], node_start[tree + 1] - node_start[tree]
        n = leaf_start[tree + 1] - base
        about, lower, middle, upper = feature[nodes], low[nodes], mid[nodes], high[nodes]
        bit_of, keys = np.empty(size, dtype=np.int64), np.empty((size, 3), dtype=np.int64)
        first = 0
        while first < n:
            end = first + 1
            while end < n and not starts[base + end]:
                end += 1
            found = bits_of_run(first, end, about, lower, middle, upper, size, bit_of, keys)
            for bit in range(found):
                for node in range(size):
                    if bit_of[node] == bit:
                        condition[n_terms] = node
                        turn[n_terms] = 0 if min(end, upper[node]) <= middle[node] or keys[bit, 0] < 0 else 1
                        n_terms += 1
                n_bits += 1
                bits[n_bits] = n_terms
            is_long[group] = found > most
            if is_long[group]:  # an output a bit: its feature's
                for bit in range(found):
                    outputs[n_columns] = output_of[keys[bit, 0]]
                    n_columns += 1
                entries = found + 1
            else:
                marked[:] = False
                for node in range(size):
                    if bit_of[node] >= 0:
                        marked[output_of[about[node]]] = True
                for output in range(n_outputs):
                    if marked[output]:
                        outputs[n_columns] = output
                        n_columns += 1
                while (n_columns - group_output[group]) % 4:  # gets nothing: its column of the table stays 0
                    outputs[n_columns] = outputs[group_output[group]]
                    n_columns += 1
                entries = (n_columns - group_output[group]) << found
            group_table[group + 1] = group_table[group] + entries
            group_leaf[group + 1] = base + end
            group += 1
            group_bit[group], group_output[group] = n_bits, n_columns
            first = end
        tree_group[tree + 1] = group
    return (
        tree_group,
        group_leaf,
        group_bit,
        group_output,
        group_table,
        is_long,
        bits[: n_bits + 1],
        condition[:n_terms],
        turn[:n_terms],
        outputs[:n_columns],
    )


@compiled
def write_tables(
    table,
    node_start,
    leaf_start,
    shape,
    counts,
    leaf_value,
    output_of,
    tree_group,
    group_leaf,
    groups,
    outputs,
    most,
    quadrature,
):
    """Fill `table`, all groups' one after the other.

    `shape` is feature, left, right, low, mid, high of the nodes, and the leaf's number at each place; `counts` are the
    rows of nodes and of leaves.
    """
    feature, left, right, low, mid, high, leaf_at = shape
    node_count, leaf_count = counts
    group_bit, group_output, group_table, is_long = groups
    # Of one leaf: its features, their shares, and the bits that must and must not be set for each to be met.
    deepest = 1
    for group in range(len(is_long)):
        deepest = max(deepest, group_bit[group + 1] - group_bit[group])
    about, column = np.zeros(deepest, dtype=np.int64), np.zeros(deepest, dtype=np.int64)
    must, must_not = np.zeros(deepest, dtype=np.int64), np.zeros(deepest, dtype=np.int64)
    share = np.zeros(deepest)
    one_leaf = np.zeros((most, 1 << most))
    product = np.zeros(1 << most)
    met = np.zeros(1 << most, dtype=np.int64)
    for tree in range(len(node_start) - 1):
        start, size, base = node_start[tree], node_start[tree + 1] - node_start[tree], leaf_start[tree]
        nodes = slice(start, node_start[tree + 1])
        bit_of, keys = np.empty(size, dtype=np.int64), np.empty((size, 3), dtype=np.int64)
        for group in range(tree_group[tree], tree_group[tree + 1]):
            first, end = group_leaf[group] - base, group_leaf[group + 1] - base
            bits = bits_of_run(first, end, feature[nodes], low[nodes], mid[nodes], high[nodes], size, bit_of, keys)
            part = table[group_table[group] : group_table[group + 1]]
            columns = outputs[group_output[group] : group_output[group + 1]]
            for leaf in range(first, end):
                d = 0
                for node in range(size):
                    if not low[start + node] <= leaf < high[start + node]:
                        continue
                    place = 0
                    while place < d and about[place] != feature[start + node]:
                        place += 1
                    if place == d:
                        about[d], share[d], must[d], must_not[d] = feature[start + node], 1.0, 0, 0
                        d += 1
                    goes_left = leaf < mid[start + node]
                    child = left[start + node] if goes_left else right[start + node]
                    count = leaf_count[base + ~child] if child < 0 else node_count[start + child]
                    share[place] *= count / node_count[start + node]
                    if is_long[group]:
                        continue
                    if keys[bit_of[node], 0] < 0 and not goes_left:
                        must_not[place] |= 1 << bit_of[node]
                    else:
                        must[place] |= 1 << bit_of[node]
                value = leaf_value[base + leaf_at[base + leaf]]
                if is_long[group]:
                    part[0] = value
                    for k in range(d):  # a slice would do, and take numba three seconds to compile
                        part[k + 1] = share[k]
                    continue
                for k in range(d):
                    column[k] = 0
                    while columns[column[k]] != output_of[about[k]]:
                        column[k] += 1
                leaf_table(one_leaf, product, value, share[:d], quadrature)
                add_leaf(part, one_leaf, met, must[:d], must_not[:d], column, bits)


@compiled
def leaf_table(table, product, value, share, quadrature):
    """Write what one leaf gives to each of its features, for every pattern of met conditions, (d, 2^d).

    The Shapley weight of the coalitions of d features is an integral of a product (the multilinear extension, Owen
    1972); Gauss-Legendre's rule of ceil(d / 2) nodes is exact for it.
    """
    d = len(share)
    size = 1 << d
    table[:d, :size] = 0.0
    for place in range((d + 1) // 2):
        t = quadrature[0][d, place]
        product[0] = value * quadrature[1][d, place]
        for k in range(d):
            unmet = share[k] * (1.0 - t)
            for pattern in range(1 << k):
                product[(1 << k) + pattern] = product[pattern] * (unmet + t)
                product[pattern] *= unmet
        for k in range(d):
            unmet = share[k] * (1.0 - t)
            of_met = (1.0 - share[k]) / (unmet + t)
            of_unmet = -1.0 / (1.0 - t) if share[k] > 0 else 0.0
            step = 1 << k
            for first in range(0, size, 2 * step):
                for pattern in range(first, first + step):
                    table[k, pattern] += of_unmet * product[pattern]
                    table[k, pattern + step] += of_met * product[pattern + step]


@compiled
def add_leaf(part, leaf, met, must, must_not, column, bits):
    """Add one leaf's table to its group's, (n_outputs / 4, 2^bits, 4)."""
    size = 1 << bits
    met[:size] = 0
    for k in range(len(must)):
        yes, no = must[k], must_not[k]
        for pattern in range(size):
            met[pattern] |= (1 << k) if (pattern & yes) == yes and (pattern & no) == 0 else 0
    for k in range(len(must)):
        start = (column[k] >> 2 << bits + 2) + (column[k] & 3)
        for pattern in range(size):
            part[start + 4 * pattern] += leaf[k, met[pattern]]
