"""Charts: what they show stands in their tables too, and nothing in them can break a page."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from service.dashboard.charts import Chart, Limit, Line, Series, bar_chart, line_chart, number
from service.dashboard.csv_file import cell
from service.knowledge.cases import NOW

SVG = "{http://www.w3.org/2000/svg}"
RUDE = '<script>alert("1")</script> & co'


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(chart.svg)  # noqa: S314 - our own


def titles(chart: Chart, kind: str) -> list[str]:
    return [each.findtext(f"{SVG}title", "") for each in drawn(chart).iter(f"{SVG}{kind}")]


STACKED = bar_chart(
    "volume",
    "Assessments",
    "Day",
    ["22 Nov", "23 Nov"],
    [Series("Emergency", [1, 0], "emergency"), Series("Routine", [3, None], "routine")],
)


def test_bars_stand_on_one_another_and_their_figures_in_a_table() -> None:
    assert STACKED.table.columns == ("Day", "Emergency", "Routine")
    assert STACKED.table.rows == (("22 Nov", "1", "3"), ("23 Nov", "0", "–"))  # noqa: RUF001 - a dash for unknown
    assert titles(STACKED, "rect") == ["22 Nov: Emergency 1", "22 Nov: Routine 3"]
    lower, upper = ({k: float(each.get(k, "")) for k in ("y", "height")} for each in drawn(STACKED).iter(f"{SVG}rect"))
    assert upper["y"] + upper["height"] == pytest.approx(lower["y"])
    assert upper["height"] == pytest.approx(3 * lower["height"], abs=0.3)
    assert [key.name for key in STACKED.legend] == ["Emergency", "Routine"]


def test_lines_go_through_what_was_measured_in_the_order_of_time() -> None:
    line = Line("CRP (mg/L)", [(NOW + timedelta(days=2), 5.25), (NOW, 120)])
    chart = line_chart("crp", "CRP", [line], limits=[Limit(10, "upper limit")])

    assert [row[1] for row in chart.table.rows] == ["120", "5.25"]
    assert [title.rpartition(" ")[2] for title in titles(chart, "path") if title] == ["120", "5.25"]
    points = [tuple(map(float, p.split(","))) for p in drawn(chart).find(f".//{SVG}polyline").get("points").split()]  # type: ignore[union-attr]
    assert points[0][0] < points[1][0]
    assert points[0][1] < points[1][1]  # more stands higher
    assert "upper limit" in chart.svg


@pytest.mark.parametrize(
    "chart",
    [
        STACKED,
        bar_chart("none", "None", "Day", [], []),
        bar_chart("nought", "Nought", "Day", ["a"], [Series("b", [0])]),
        bar_chart("many", "Many", "Day", [f"{n} Nov" for n in range(400)], [Series("b", list(range(400)))]),
        line_chart("none", "None", []),
        line_chart("one", "One", [Line("pulse", [(NOW, 88)])]),
        line_chart("below", "Below zero", [Line("change", [(NOW, -2), (NOW + timedelta(hours=1), -2)])]),
        line_chart("rude", RUDE, [Line(RUDE, [(NOW, 1)])], limits=[Limit(1, RUDE)]),
    ],
    ids=lambda chart: chart.id,
)
def test_a_picture_is_whole_and_brings_no_style_of_its_own(chart: Chart) -> None:
    picture = drawn(chart)
    assert picture.findtext(f"{SVG}title") == chart.title
    inside = [*picture.iter()]
    assert not any("style" in each.attrib for each in inside)
    shapes = {"svg", "g", "title", "desc", "text", "path", "rect", "polyline"}
    assert {each.tag.removeprefix(SVG) for each in inside} <= shapes
    width, height = (float(side) for side in picture.get("viewBox", "").split()[2:])
    for box in picture.iter(f"{SVG}rect"):
        x, y, wide, high = (float(box.get(name, "")) for name in ("x", "y", "width", "height"))
        assert min(x, y, wide, high) >= 0
        assert x + wide <= width
        assert y + high <= height


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.25, "0.25"), (10, "10"), (100, "100"), (1204.4, "1,204"), (-3.5, "-3.5"), (1000, "1,000")],
)
def test_figures_are_written_as_people_read_them(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_text_of_a_csv_file_is_run(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (-3, "-3"), (0.5, "0.5"), (31.25, "31.2"), (True, "yes"), ("dvt", "dvt")]
)
def test_what_is_harmless_in_a_csv_file_stays_as_it_is(value: object, text: str) -> None:
    assert cell(value) == text
