"""What scrapyd-deploy builds its egg by; everything else stands in pyproject.toml."""

from setuptools import setup

setup()
