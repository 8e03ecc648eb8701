"""Every sentence a person reads, in Indonesian and English, and numbers as people write them."""

from graduation_model.wording.numbers import day, in_hundred, money, number, percent, plain, span
from graduation_model.wording.words import has_text, placeholders, text, texts

__all__ = [
    "day",
    "has_text",
    "in_hundred",
    "money",
    "number",
    "percent",
    "placeholders",
    "plain",
    "span",
    "text",
    "texts",
]
