"""Facts of a station as they stand in a session: a slate with takes, and the same while one rolls."""

from __future__ import annotations

from tests.support.fake_station import LINE, FakeStation, take


def lively(station: FakeStation) -> None:
    facts = station.facts
    facts["takes"] = [
        take(1, verdict="no good", note="vocal pop"),
        take(2, kind="false start", seconds=9),
        take(3, verdict="circled", note="keeper, lead", seconds=220, condition="gap", covers="bars 45–78"),
    ]
    facts["last"] = "uuid-3"
    facts["tracks"][1]["line"] = LINE
    facts["air"] = [
        {"quantity": "temperature", "value": 21.4, "unit": "°C", "age_s": 2.2, "quality": "ok"},
        {"quantity": "relative_humidity", "value": 44.2, "unit": "%RH", "age_s": 2.2, "quality": "ok"},
        {"quantity": "pressure", "value": 1009.3, "unit": "hPa", "age_s": 2.2, "quality": "suspect"},
    ]
    station._plan(4)


def rolling(station: FakeStation) -> None:
    lively(station)
    station._roll()
    station.facts["take"]["seconds"] = 192.4
    text = "input 5 sends exact zeros since the take began"
    station.facts["warnings"] = [{"id": 1, "utc": "garbled", "text": text}]
