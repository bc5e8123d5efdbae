"""Downloader and spider middlewares: what a request or a response passes through."""
