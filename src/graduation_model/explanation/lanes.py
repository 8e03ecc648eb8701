"""A look-up that fetches four numbers at once, which compilers do not find by themselves. Imported by kernels alone."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

# Rows at a time: a register of today's processors holds as many.
LANES = 8
PLACE = ir.IntType(64)


@intrinsic
def add_fours(typing: Any, one: Any, two: Any, three: Any, four: Any, part: Any, pattern: Any, row: Any) -> Any:
    """Add to four outputs of `LANES` rows, from `row` on, the four numbers of `part` that stand at each row's pattern.

    A row's four numbers come in one load; within the registers its four outputs are turned into each output's rows.
    Nothing here belongs to one kind of processor.

    Parameters
    ----------
    one, two, three, four : array (n_rows,)
        May be the same: they are added to in this order.
    part : array (4 * n_patterns,)
    pattern : int array (n_rows,)
    row : int
    """
    number, index = part.dtype, pattern.dtype

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind, size = context.get_value_type(number), number.bitwidth // 8
        *outputs, numbers, patterns = (
            context.make_array(array)(context, builder, argument).data
            for array, argument in zip(signature.args[:6], arguments[:6], strict=True)
        )
        first = arguments[6]

        def at(start: Any, place: Any, one: Any, held: Any) -> Any:
            return builder.bitcast(builder.gep(start, [place], source_etype=one), held.as_pointer())

        rows, of_row, of_output = [], ir.VectorType(kind, 4), ir.VectorType(kind, LANES)
        for lane in range(LANES):
            code = context.get_value_type(index)
            found = at(patterns, builder.add(first, PLACE(lane)), code, code)
            place = builder.mul(builder.zext(builder.load(found, typ=code), PLACE), PLACE(4))
            rows.append(builder.load(at(numbers, place, kind, of_row), align=size, typ=of_row))
        while len(rows) > 1:  # one register after the other
            pairs = zip(rows[::2], rows[1::2], strict=True)
            rows = [_picked(builder, *pair, range(2 * pair[0].type.count)) for pair in pairs]
        for output, total in enumerate(outputs):
            place = at(total, first, kind, of_output)
            gain = _picked(builder, rows[0], rows[0], range(output, 4 * LANES, 4))
            sums = builder.fadd(builder.load(place, align=size, typ=of_output), gain)
            builder.store(sums, place, align=size)
        return context.get_dummy_value()

    return types.void(one, two, three, four, part, pattern, types.int64), generate


def _picked(builder: Any, one: Any, other: Any, places: range) -> Any:
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), list(places))
    return builder.shuffle_vector(one, other, mask)
