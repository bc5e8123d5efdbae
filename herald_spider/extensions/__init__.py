"""Scrapy extensions that observe a run: statistics, progress, monitors, summary, report; and feed exports."""
