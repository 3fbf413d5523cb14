"""Any torch CNN as the same network of messages: conversion, its rules and its report."""

from graphvision.convert.equivalence import equivalence
from graphvision.convert.equivalence_report import EquivalenceReport, LayerDifference
from graphvision.convert.graphify import graphify, ungraphify
from graphvision.convert.layer_costs import layer_costs
from graphvision.convert.layer_costs_report import Cost, LayerCost, LayerCosts
from graphvision.convert.network import GraphNetwork
from graphvision.convert.rules import Options, register_rule
from graphvision.convert.step import Step
from graphvision.convert.unsupported import UnsupportedModule

__all__ = [
    "Cost",
    "EquivalenceReport",
    "GraphNetwork",
    "LayerCost",
    "LayerCosts",
    "LayerDifference",
    "Options",
    "Step",
    "UnsupportedModule",
    "equivalence",
    "graphify",
    "layer_costs",
    "register_rule",
    "ungraphify",
]
