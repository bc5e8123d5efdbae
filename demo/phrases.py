"""The sentences of the demo newspaper that fit every topic, filled in by `prose`."""

from __future__ import annotations

CONTEXT = (
    "The change comes after {cause} [worried|divided|tired] people in {town} for {n:2-14} [months|years].",
    "{place}, with {n:4-96},{n:100-999} inhabitants, lies {n:12-90} kilometers from the {direction} border of Haeon Province.",
    "According to {group}, {n:11-89} percent of [families|shops|boats] in {town} have felt the effect.",
    "A report due in {month} is to compare the case with those of {town} and {town}.",
    "{person3}, {expert} at Haeon University, spoke of [a turning point|an old pattern|a costly habit].",
    "The [first|next] [public hearing|meeting|review] is set for {month} {n:1-28} in {town}.",
    "In {n:1987-2015}, a [flood|fire|strike] in {town} led to much the same [argument|arrangement].",
    "No one from {group} [could be reached|wished to comment] before {day}.",
    "That is {n:2-39} more than a year ago, and {n:3-60} fewer than {group} had [hoped|feared] in {month}.",
    "For {person2}, a {n:24-78}-year-old [teacher|driver|diver|baker|clerk] from {town}, the news came [too late|as a relief].",
    "Similar [plans|worries|figures] were heard in {country} and in {country} earlier this year.",
    "The office in {town} has {n:2-14} [clerks|telephones|desks] and answers about {n:20-400} letters a week.",
    "{person3} keeps a list of {n:14-160} complaints about {cause}, [sorted by street|in pencil|going back to {n:1979-2011}].",
    "At the {day} market in {town}, where {crop} sell for {n:2-39},000 won, the [talk|quarrel] was of little else.",
    "Seen from {foreign}, {n:400-9800} kilometers away, {place} is known for its {crop} [and little else|and for {art}].",
    "{firm}, which makes {goods} in {town}, [lent|refused|offered] {n:2-40} vans.",
    "Rain is forecast for {day} and the {direction} roads may close at {n:4-11} p.m.",
    "An exhibition of {art} in {town}, planned for {month}, has been [moved|shortened] by {n:2-19} days on that account.",
    "The population of {town} has [fallen|grown] by {n:3-38} percent since {n:1985-2012}, [faster|more slowly] than that of {town}.",
    "Over {dish} at a diner in {town}, {n:3-12} regulars gave {n:3-12} [reasons|answers|versions].",
    "The archive holds {n:12-240} letters on the matter, the first of them dated {month} {n:1-28}, {n:1921-1979}.",
    "A poll of {n:300-2900} adults by {firm} found {n:21-72} percent in favor, {n:8-20} percent against and the rest [silent|undecided].",
    "Schools in {town} and {town} will [close early|stay open] on {day}, affecting {n:140-2900} pupils.",
    "{person}, back from {country} after {n:3-19} years, [found|called] the change [smaller|larger] than expected.",
    "Insurance covers {n:20-95} percent of the loss, put at {n:2-98}.{n:1-9} million won by {group}.",
    "The number is painted on the {direction} wall of the {town} post office in letters {n:20-90} centimeters high.",
)

ATTRIBUTION = (
    "{person} {verb_said}.",
    "said {person2}, {expert}.",
    "{person}, who [runs|heads|advises] {group}, {verb_said} on {day}.",
    "{person2} {verb_said}, sounding {mood}.",
    "a [spokesperson|member] of {group} {verb_said}.",
    "{person3}, {expert}, {verb_said}.",
)

ONE_WORD = ("Silence.", "Exactly.", "Perhaps.", "Fog.", "Still.", "Enough.")
SUBHEADS = (
    "What happens next", "A long road from {town}", "Numbers that do not add up", "Voices from the {direction} shore",
    "The view from {foreign}", "Who pays", "An old quarrel", "After {month}",
)  # fmt: skip
DECKS = (
    "[Residents|Critics|Supporters] in {town} [wait for|doubt|welcome] the {size} step",
    "{n:2-9} questions remain as {month} deadline [nears|passes]",
    "{group} [wants|promises] answers on {cause} before {month}",
    "[Costs|Numbers] [rise|fall] for the {n:2-9}th year, and {town} [asks|knows] why",
)
NOTES = (
    "The writer is {expert} in {town}. The views expressed here are the writer's own.",
    "{person} teaches at Haeon University. This column was first printed in {foreign}.",
    "This is the {n:2-9}th part of a series on {town} and its neighbors.",
)
CAPTIONS = (
    "A view of {town} on {day}, seen from the {direction} pier.",
    "{person} stands before {thing} in {place}.",
    "Visitors look at {art} in {town} in {month}.",
    "Boxes of {crop} wait for buyers in {place} on {day}.",
    'People "in line" for {ship} at {town} harbor, {month} {n:1-28}.',
)
SUMMARIES = (
    "A look at {thing}, {crop} and the people of {place}.",
    "What {group} found out about {cause} this {month}, and what follows from it for {town}.",
    "In short: {rule}, explained with {n:3-9} examples from {place}.",
)
LINES = (
    "{day}: {thing}, {n:9-11} a.m.", "{town}, {n:2-40} kilometers", "{crop}: {n:2-40},000 won",
    "{firm}, {n:1-60} billion won", "{month} {n:1-28}, {place}", "{dish} with {crop}",
)  # fmt: skip
QUOTES = (
    '"Ask me again in {month}, when the {crop} are in,"',
    '"I have lived {n:18-80} years in {town}, and I still read the notices twice,"',
    '"Between {town} and {town} you will find {n:3-30} opinions and one road,"',
    '"They [promised|showed|sold] us {thing}, and what came was a letter from {firm},"',
    '"If {cause} were a crime, half of {town} would be in jail,"',
    '"We counted {n:110-980} of them before {n:6-11} in the morning,"',
    '"It cost {n:2-90} million won, and I would [do it again|not pay it twice],"',
    '"In {country} they would laugh, and then they would copy it,"',
)
