"""What happens to files on their way, or is done to them: bytes, cells, tables, settings. Drawn from a `Random`."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Callable
from random import Random
from typing import Any

Table = list[list[Any]]  # a header and its rows

ODD_TEXTS = (
    *("", " ", "\u00a0", "-", ".", "?", "NA", "nan", "NaN", "inf", "-inf", "None", "null", "TRUE", "Ya", "tidak tahu"),
    *("1e308", "1e400", "-1e309", "1e-400", "9" * 40, "9" * 5000, "-0", "0x10", "1_000", "007", "1.2.3.4", "1,2,3"),
    *("１２３", "٣", "½", "²", "Ⅷ", "1 250 000", "Rp 1.250.000,00", "1.250.000", "1,250,000.50", "1.250.0", "50%"),
    *("31/02/2024", "2024-02-30", "0000-00-00", "0001-01-01", "1677-01-01", "2262-04-12", "9999-12-31", "10000-01-01"),
    *("99999999999999999999", "2016-12-31T25:61", "2016-12-31T10:00:00+14:00"),
    *("12:00", "1/2/3", "44561", "-1", "2958466"),
    *("\ufeff", "\u200b", "\u202e123", "\u0007", "\u001b[31m"),
    *("\u2028", "\x85", "e\u0301", "\U0001f3e0", "a\u0300" * 300),
    *("=1+1", "@SUM(A1)", "+1", "-1+1", "=cmd|' /C calc'!A0", "=HYPERLINK(\"x\")", "\t=1", "<script>alert(1)</script>"),
    *("../../etc/passwd", "C:\\x", "%s%n", "{0}", "${x}", "{{ 7*7 }}"),
    *("';--", "a;b", 'a"b', "a,b", "a\nb", "a\r\nb", "#DIV/0!"),
    *("x" * 40_000, "é" * 5_000, "household_id", "assessment_date"),
    *("__class__", "(column 3)", "a/b/c", "size", "__index_level_0__"),
)  # fmt: skip
ODD_VALUES = (
    *(None, True, False, 0, -1, 1, 10**15, 10**18, 2**63, 2**64, 10**30, -(10**30), 1e308, -1e308, 5e-324, 0.1),
    *(float("nan"), float("inf"), float("-inf"), [], {}, [[]]),
    *([None], {"": None}, [1, 2], {"a": 1}, "no", "yes", "?", "*"),
)  # fmt: skip
ODD_DATES = (
    *(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59), dt.datetime(1899, 12, 31), dt.date(2016, 2, 29)),
    *(dt.time(12), dt.timedelta(days=10**6), dt.datetime(2016, 12, 31, tzinfo=dt.UTC)),
)


def odd_bytes(whole: bytes, rng: Random) -> bytes:
    """Damage that a disk, a wire or an editor does."""
    if not whole:
        return rng.choice((b"\0", b"\xff\xfe", b"\n", b""))
    place, other = sorted((rng.randrange(len(whole)), rng.randrange(len(whole) + 1)))
    junk = rng.choice((b"\0", b"\xff", b"\x80", b'"', b"\r", b"\n", b"\xed\xa0\x80", b"<", b"&x;", rng.randbytes(40)))
    changes: tuple[Callable[[], bytes], ...] = (
        lambda: whole[:place],
        lambda: whole[place:],
        lambda: whole[:place] + whole[other:],
        lambda: whole[:other] + whole[place:],
        lambda: whole[:place] + junk + whole[place:],
        lambda: whole[:place] + junk + whole[place + len(junk) :],
        lambda: _flipped(whole, rng, 1),
        lambda: _flipped(whole, rng, 16),
        lambda: whole + junk,
        lambda: junk + whole,
        lambda: whole + whole,
        lambda: whole + bytes(1 << 16),
        lambda: b"",
    )
    return rng.choice(changes)()


def _flipped(whole: bytes, rng: Random, times: int) -> bytes:
    changed = bytearray(whole)
    for _ in range(rng.randint(1, times)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def other_encoding(whole: bytes, rng: Random) -> bytes:
    """The same text as another program saves it."""
    text = whole.decode("utf-8", errors="replace")
    names = ("utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1252", "latin-1", "utf-7", "cp037", "shift_jis")
    return text.encode(rng.choice(names), errors="replace")


def odd_lines(whole: bytes, rng: Random) -> bytes:
    """Lines lost, repeated, moved, or ended in another way."""
    lines = whole.splitlines(keepends=True) or [b""]
    place, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    change = rng.randrange(7)
    if change == 0:
        del lines[place]
    elif change == 1:
        lines.insert(other, lines[place])
    elif change == 2:
        lines[place], lines[other] = lines[other], lines[place]
    elif change == 3:
        lines.insert(
            place, rng.choice((b"\n", b",,,,\n", b'"\n', b"JUMLAH\n", b"\xef\xbb\xbf", b"sep=;\n", b";;;\n" * 50))
        )
    elif change == 4:
        return whole.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"\n\r", b"\x0b", b"\xe2\x80\xa8")))
    elif change == 5:
        return whole.replace(b",", rng.choice((b";", b"\t", b"|", b",,", b"\x1f", b", ")))
    else:
        lines = [lines[0], *rng.sample(lines[1:], len(lines) - 1)]
    return b"".join(lines)


def odd_cell(rng: Random, *, text_only: bool = False) -> Any:
    """What stands in a cell that nobody thought of."""
    if text_only or rng.random() < 0.6:
        return rng.choice(ODD_TEXTS)
    return rng.choice((*ODD_VALUES[:19], *ODD_DATES))


def odd_table(table: Table, rng: Random, *, text_only: bool = False) -> Table:
    """A table with cells, rows or columns changed, repeated, lost or moved."""
    table = [list(row) for row in table]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        rng.choice(_TABLE_CHANGES)(table, rng, text_only)
        if not table or not table[0]:
            break
    return table


def _cell(table: Table, rng: Random, text_only: bool) -> None:
    row = table[rng.randrange(len(table))]
    if row:
        row[rng.randrange(len(row))] = odd_cell(rng, text_only=text_only)


def _header(table: Table, rng: Random, text_only: bool) -> None:
    table[0][rng.randrange(len(table[0]))] = rng.choice((*table[0], *ODD_TEXTS))


def _column(table: Table, rng: Random, text_only: bool) -> None:
    place = rng.randrange(len(table[0]))
    one = odd_cell(rng, text_only=text_only)
    for row in table[1:]:
        if place < len(row):
            row[place] = one if rng.random() < 0.7 else odd_cell(rng, text_only=text_only)


def _rows(table: Table, rng: Random, text_only: bool) -> None:
    place = rng.randrange(len(table))
    change = rng.randrange(5)
    if change == 0:
        del table[place]
    elif change == 1:
        table[place:place] = [list(table[rng.randrange(len(table))])] * rng.choice((1, 2, 200))
    elif change == 2:
        table[place:place] = [[""] * len(table[0])] * rng.choice((1, 60))
    elif change == 3:
        rng.shuffle(table)
    else:
        del table[1:]


def _columns(table: Table, rng: Random, text_only: bool) -> None:
    place, change = rng.randrange(len(table[0])), rng.randrange(4)
    order = rng.sample(range(len(table[0])), len(table[0]))
    times = rng.choice((1, 1, 500))
    for number, row in enumerate(table):
        if change == 0:
            del row[place : place + 1]
        elif change == 1:
            row[place:place] = row[place : place + 1] * times
        elif change == 2 and len(row) == len(order):
            table[number] = [row[old] for old in order]
        elif change == 3:
            row[place:place] = [f"extra{number if number else ''}"] * times


def _ragged(table: Table, rng: Random, text_only: bool) -> None:
    row = table[rng.randrange(len(table))]
    if rng.random() < 0.5:
        row.extend(odd_cell(rng, text_only=text_only) for _ in range(rng.choice((1, 3, 300))))
    else:
        del row[rng.randrange(len(row) or 1) :]


_TABLE_CHANGES = (_cell, _cell, _cell, _header, _header, _column, _column, _rows, _columns, _ragged)


def odd_tree(tree: Any, rng: Random) -> Any:
    """Settings with a value of another kind, a key lost, misspelt, moved or too much."""
    tree = copy.deepcopy(tree)
    for _ in range(rng.choice((1, 1, 2))):
        parent, key = _place(tree, rng)
        if parent is None:
            return rng.choice((*ODD_VALUES, *ODD_TEXTS[:20]))
        change = rng.randrange(8)
        if change == 0:
            del parent[key]
        elif change == 1 and isinstance(parent, dict):
            parent[rng.choice(("", f"{key}s", "?", "__init__", str(key).upper()))] = parent.pop(key)
        elif change == 2 and isinstance(parent, list):
            parent.extend([parent[key]] * rng.choice((1, 300)))
        elif change == 3:
            other, second = _place(tree, rng)
            parent[key] = copy.deepcopy(other[second]) if other is not None else None
        elif change == 4:
            parent[key] = rng.choice(ODD_TEXTS)
        elif change == 5 and isinstance(parent[key], int | float):
            parent[key] = rng.choice((-parent[key], parent[key] * 1e6, parent[key] + 0.5, 0, 10**30, 2**63))
        else:
            parent[key] = copy.deepcopy(rng.choice(ODD_VALUES))
    return tree


def _place(tree: Any, rng: Random) -> tuple[Any, Any]:
    """A random place in a tree: the deeper, the more likely it is gone on from."""
    parent, key = None, None
    while isinstance(tree, dict | list) and tree and (parent is None or rng.random() < 0.8):
        parent = tree
        key = rng.choice(list(tree)) if isinstance(tree, dict) else rng.randrange(len(tree))
        tree = parent[key]
    return parent, key


_BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)
_MAP_BOMB = "a0: &a0 {x: x, y: y, z: z}\n" + "".join(
    f"a{n}: &a{n} {{{', '.join(f'k{m}: *a{n - 1}' for m in range(9))}}}\n" for n in range(1, 12)
)
_DOCUMENTS = (
    *("[" * 3_000, "{a: " * 3_000, "- " * 3_000, "? " * 3_000, _BOMB),
    *(_MAP_BOMB, "&a [*a]", "a: &a {b: *a}", "<<: &a {<<: *a}"),
    *("!!python/object/apply:os.system [id]", "!!binary |\n  AAAA\n"),
    *("!!set {a, b}", "!!omap [a: 1]", "%YAML 9.9\n---\n", "---\n---\n"),
    *("9" * 5_000, "a: " + "9" * 5_000, "1e999999999", "!!int 0b2"),
    *("!!float x", "2001-13-45", "\ufeffname: x", "name: \x07", "\t- a", "*a"),
)  # fmt: skip


def odd_yaml(text: str, tree: Any, rng: Random) -> bytes:
    """A settings file as text: its tree changed, its lines or words changed, or a document made to hurt a parser."""
    change = rng.random()
    if change < 0.55:
        return json.dumps(odd_tree(tree, rng), ensure_ascii=rng.random() < 0.5, default=str).encode("utf-8", "replace")
    if change < 0.65:
        return odd_bytes(text.encode(), rng)
    if change < 0.75:
        return odd_lines(text.encode(), rng)
    if change < 0.78:
        return other_encoding(text.encode(), rng)
    if change < 0.88:
        return _odd_word(text, rng).encode("utf-8", "replace")
    document = rng.choice(_DOCUMENTS)
    lines = text.splitlines(keepends=True)
    place = rng.randrange(len(lines))
    value = f"{lines[place].partition(':')[0]}: {document.splitlines()[0]}\n"
    return rng.choice(
        (document, text + document, document + "\n" + text, "".join([*lines[:place], value, *lines[place + 1 :]]))
    ).encode()


def _odd_word(text: str, rng: Random) -> str:
    words = text.split()
    word = rng.choice(words)
    return text.replace(
        word,
        rng.choice(
            (
                "",
                "?",
                "no",
                "~",
                "[]",
                "{}",
                "''",
                "*x",
                "&x",
                "|",
                ">",
                "!!str",
                "- -",
                "1e400",
                ".nan",
                *ODD_TEXTS[:30],
            )
        ),
        rng.choice((1, 1, -1)),
    )
