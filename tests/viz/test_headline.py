import math

from graphvision.viz.headline import headline


def test_twins_lead_together(results):
    assert headline(results) == (
        "lenet5 and lenet5-graph give the same answers and lead with 90.0 ± 1.0 % accuracy, "
        "5.0 points ahead of gcn. The best graph network, gcn, has 85.0 ± 1.0 % with 75 nodes in "
        "place of 784 pixels, 5.0 points worse than lenet5."
    )


def test_a_lead_within_the_seeds_is_called_so(results):
    results["models"]["gcn"]["accuracy"] = {"mean": 0.905, "sd": 0.01}
    text = headline(results)
    assert text.startswith("gcn leads with 90.5 ± 1.0 % accuracy, though the lead over lenet5")
    assert "(0.5 points) is within the spread of seeds" in text
    assert text.endswith("It sees 75 nodes in place of 784 pixels.")


def test_errors_are_small_where_models_are_good(counts):
    assert headline(counts) == (
        "gcn leads with 0.850 ± 0.010 mean absolute error, 0.05 less than lenet5. "
        "It sees 75 nodes in place of 784 pixels."
    )


def test_twins_without_answers_share_all_scores(counts):
    del counts["models"]["gcn"]
    assert headline(counts).startswith("lenet5 and lenet5-graph give the same scores and lead")
    counts["models"]["lenet5-graph"]["r2"] = {"mean": 0.4, "sd": 0.0}
    assert headline(counts).startswith("lenet5 leads with")


def test_a_network_on_both_leads(results):
    results["models"]["hybrid"] = results["models"]["gcn"] | {
        "input_kind": "both",
        "accuracy": {"mean": 0.95, "sd": None},
        "runs": [{"predictions": [0, 0]}],
    }
    text = headline(results)
    assert text.startswith("hybrid leads with 95.0 % accuracy, 5.0 points ahead of lenet5.")
    assert "The best graph network, gcn, has 85.0" in text


def test_edge_cases(results):
    only = results["models"]["gcn"]
    only["accuracy"] = {"mean": 0.5, "sd": None}
    results["models"] = {"gcn": only}
    assert headline(results) == (
        "gcn leads with 50.0 % accuracy. It sees 75 nodes in place of 784 pixels."
    )
    only["accuracy"] = {"mean": math.nan, "sd": None}
    assert headline(results) == "No model could be measured by its accuracy."
