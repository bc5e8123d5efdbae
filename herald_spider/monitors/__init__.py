"""Monitors: Spidermon monitors that compare a run with earlier runs of the same spider.

Each yields problems: what is wrong, the probable cause, and where to look. `suite.RunSuite` runs them when the
spider has closed. They read the stats that extensions/observe.py counts.
"""
