"""Numbers as people write them, as literal tables."""

import datetime

import pandas as pd
import pytest

from graduation_model.wording import day, in_hundred, money, number, percent, plain, span


@pytest.mark.parametrize(("value", "decimals", "indonesian", "english"), [
    (1_250_000, 0, "1.250.000", "1,250,000"),
    (0.72, 2, "0,72", "0.72"),
    (-1234.5, 1, "−1.234,5", "−1,234.5"),
    (999, 0, "999", "999"),
    (-0.001, 2, "0,00", "0.00"),
])  # fmt: skip
def test_numbers(value, decimals, indonesian, english):
    assert number(value, "id", decimals) == indonesian
    assert number(value, "en", decimals) == english


@pytest.mark.parametrize(("value", "expected"), [(0.3, "+0,30"), (-0.3, "−0,30"), (0.0, "0,00"), (-0.004, "0,00")])
def test_a_contribution_carries_its_sign_unless_it_is_nothing(value, expected):
    assert number(value, "id", 2, signed=True) == expected


@pytest.mark.parametrize(("value", "expected"), [(4.0, "4"), (4.5, "4,5"), (1.256, "1,26"), (-0.5, "−0,5"), (0, "0")])
def test_an_answer_has_only_the_decimals_it_needs(value, expected):
    assert plain(value, "id") == expected


@pytest.mark.parametrize(("currency", "indonesian", "english"), [
    ("Rp", "Rp1.250.000", "Rp\u00a01,250,000"),
    ("S/", "S/\u00a01.250.000", "S/\u00a01,250,000"),
])  # fmt: skip
def test_money_stands_behind_its_currency(currency, indonesian, english):
    assert money(1_250_000, currency, "id") == indonesian
    assert money(1_250_000.4, currency, "en") == english


def test_a_debt_has_its_sign_before_the_currency():
    assert money(-350_000, "Rp", "id") == "−Rp350.000"


@pytest.mark.parametrize("date", ["2020-08-17", datetime.date(2020, 8, 17), pd.Timestamp("2020-08-17")])
def test_a_date_is_written_in_words(date):
    assert day(date, "id") == "17 Agustus 2020"
    assert day(date, "en") == "17 August 2020"


@pytest.mark.parametrize(("probability", "expected"), [
    (0.725, 73), (0.724, 72), (0.9999, 99), (0.0001, 1), (0.5, 50), (1.0, 99), (0.0, 1),
])  # fmt: skip
def test_no_forecast_is_certain(probability, expected):
    assert in_hundred(probability) == expected


def test_shares_and_ranges():
    assert percent(0.0496, "id", 1) == "5,0%"
    assert percent(0.25, "en") == "25%"
    assert span("0,61", "0,80") == "0,61–0,80"
