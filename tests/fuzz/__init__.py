"""Fuzzing: each reader of outside data gets random inputs, within limits of time and memory.

``python -m tests.fuzz --inputs 1000000 --seed 1``. `readers` has the functions under test and their
documented exceptions, `inputs` makes the inputs, `limits` has the limits.
"""
