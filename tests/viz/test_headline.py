from graphvision.viz.headline import headline


def test_twins_lead_together(results):
    text = headline(results)
    assert text.startswith("lenet5 and lenet5-graph give the same answers and are ahead")
    assert "5.0 points ahead of gcn" in text
    assert "gcn, sees 75 nodes in place of 784 pixels and is 5.0 points below lenet5" in text


def test_a_lead_within_the_seeds_is_called_so(results):
    results["models"]["gcn"]["accuracy"] = {"mean": 0.905, "sd": 0.01}
    text = headline(results)
    assert text.startswith("gcn is ahead with 90.5 ± 1.0 %")
    assert "(0.5 points) is within the spread of seeds" in text
    assert text.endswith("It sees 75 nodes in place of 784 pixels.")


def test_edge_cases(results):
    only = results["models"]["gcn"]
    only["accuracy"] = {"mean": 0.5, "sd": None}
    results["models"] = {"gcn": only}
    assert headline(results) == (
        "gcn is ahead with 50.0 % of the test images right. "
        "It sees 75 nodes in place of 784 pixels."
    )
