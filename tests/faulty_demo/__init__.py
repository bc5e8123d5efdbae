"""A demo newspaper that can be made to misbehave: ``python -m tests.faulty_demo``.

It is the demo with more controls, all by POST: ``break`` changes the articles of today's layout as a change of
the site would, ``fault`` damages the connection or the page of one address, ``shell`` replaces pages by ones
that need JavaScript, ``deny`` answers with an error, ``slow`` delays, ``replace`` sets an answer.
"""

from __future__ import annotations

from functools import partial

import demo

running_demo = partial(demo.running_demo, module=__name__)
