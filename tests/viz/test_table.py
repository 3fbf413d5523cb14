from graphvision.viz.table import columns, table_rows


def column(results, heading):
    return [column.heading for column in columns(results)].index(heading)


def test_best_is_marked(results):
    rows = dict(table_rows(results))
    accuracy, parameters = column(results, "test accuracy, %"), column(results, "parameters")
    assert rows["lenet5"][accuracy] == ("90.0 ± 1.0", True)
    assert rows["gcn"][accuracy] == ("85.0 ± 1.0", False)
    assert rows["gcn"][parameters] == ("500", True)
    assert rows["lenet5"][column(results, "nodes per image")] == ("–", False)


def test_measures_are_those_of_the_task(counts):
    rows = dict(table_rows(counts))
    headings = [column.heading for column in columns(counts)]
    assert headings[:3] == ["test mean absolute error", "R²", "parameters"]
    assert rows["lenet5"][0] == ("0.900 ± 0.010", False)
    assert rows["gcn"][0] == ("0.850 ± 0.010", True)
    assert (rows["lenet5"][1], rows["gcn"][1]) == (("0.500 ± 0.010", True), ("–", False))


def test_equals_are_best_together_but_not_everybody(results):
    rows = dict(table_rows(results))
    assert [rows[name][0][1] for name in rows] == [True, True, False]
    memory = column(results, "peak memory")
    assert not any(rows[name][memory][1] for name in rows)


def test_a_single_model_is_not_the_best(results):
    results["models"] = {"gcn": results["models"]["gcn"]}
    ((_, cells),) = table_rows(results)
    assert not any(best for _, best in cells)


def test_nobody_is_best_by_a_measure_that_is_no_aim(results):
    results["task"]["measures"][1]["ranked"] = False
    rows = dict(table_rows(results))
    precision = column(results, "macro precision, %")
    assert [rows[name][precision] for name in rows] == [
        ("90.0 ± 1.0", False),
        ("90.0 ± 1.0", False),
        ("85.0 ± 1.0", False),
    ]
    assert any(rows[name][precision - 1][1] for name in rows)
