"""Fuzzing: every reader of what others wrote meets anything, within bounds of time and memory.

``python -m tests.fuzz --inputs 1000000 --seed 1``; `readers` says what is called and which
exceptions are documented, `inputs` makes what they read, `limits` holds the bounds.
"""
