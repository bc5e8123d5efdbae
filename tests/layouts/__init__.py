"""Layouts of sites that do not exist yet, to test that a redesign needs one new module and nothing else."""
