"""Monitors: what is wrong with a run, why probably, and where to look.

Each is a Spidermon monitor that compares the stats of the run (see extensions/observe.py)
with those of the last runs of the same spider. `suite.RunSuite` is what Spidermon runs when
the spider has closed.
"""
