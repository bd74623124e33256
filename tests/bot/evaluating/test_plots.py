from xml.etree import ElementTree as ET

from bot.evaluating.plots import LEFT, SIDE, TOP, precision_recall_plot, reliability_plot

SVG = "{http://www.w3.org/2000/svg}"


def texts(root: ET.Element) -> list[str]:
    return ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]


def test_a_bin_stands_where_it_was_said_and_seen() -> None:
    root = ET.fromstring(reliability_plot([(0.25, 0.5, 30), (0.75, 1.0, 10)], 40, 0.123, 0.045))
    first, second = root.iter(f"{SVG}circle")
    assert (float(first.get("cx", "")), float(first.get("cy", ""))) == (LEFT + SIDE / 4, TOP + SIDE / 2)
    assert (float(second.get("cx", "")), float(second.get("cy", ""))) == (LEFT + 3 * SIDE / 4, TOP)
    assert float(first.get("r", "")) > float(second.get("r", ""))
    assert "Reliability over 40 issues: Brier 0.123, ECE 0.045" in texts(root)
    assert {"probability of the top candidate", "share of them that are right"} <= set(texts(root))


def test_curves_differ_in_dashes_as_well_as_in_colour() -> None:
    root = ET.fromstring(precision_recall_plot([(0.1, 1.0), (0.5, 0.8)], [(0.2, 0.4)], "baseline <bm25>"))
    curves = [each for each in root.iter(f"{SVG}polyline") if len(each.get("points", "").split()) != 2]
    curves += [each for each in root.iter(f"{SVG}polyline") if each.get("stroke") == "#0072B2"]
    looks = {(each.get("stroke"), each.get("stroke-dasharray")) for each in curves}
    assert looks == {("#0072B2", None), ("#D55E00", "7 4")}
    assert {"Triage", "baseline <bm25>"} <= set(texts(root))


def test_a_baseline_that_was_not_asked_for_has_no_curve() -> None:
    root = ET.fromstring(precision_recall_plot([(0.1, 1.0), (0.5, 0.8)], [], "baseline "))
    assert "#D55E00" not in {each.get("stroke") for each in root.iter(f"{SVG}polyline")}
    assert "baseline " not in texts(root)
    assert ET.fromstring(reliability_plot([], 0, 0.0, 0.0)) is not None
