"""``scrapy doctor``: what is wrong with an installation, a page, or what we believe of the site.

| module | |
|---|---|
| ``installation`` | the table of checks of this machine; ``packages``, ``archives``, ``services``, ``network`` have them |
| ``page`` | how one page is read, as ``reading`` finds it |
| ``site`` | the visit to the site on the first day; ``facts`` is the table of what we believe, and the ``*_facts`` modules look |
| ``rounds`` | the three of them; ``spider`` asks the site, at the project's pace; ``output`` lays out lines for terminals and pipes |
"""
