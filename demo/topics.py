"""What is written about each topic: own writing, filled in by `prose`.

``{slot}`` draws from the lexicon or the facts of the story, ``{n:3-40}`` a number,
``[one|other]`` takes one of the choices.
"""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """What can be written about one kind of event."""

    headlines: tuple[str, ...]
    leads: tuple[str, ...]
    facts: tuple[str, ...]
    quotes: tuple[str, ...]


TOPICS: dict[str, Topic] = {
    "council": Topic(
        (
            "{place} council [backs|delays|trims|reopens] {size} plan for {thing}",
            "{place} to spend {n:2-90}.{n:1-9} billion won on {thing}",
            "Vote on {rule} splits {place} council {n:9-15}-{n:3-8}",
            "{place} mayor [seeks|loses|wins] support for {thing} near {town}",
            "[Why|How] {place} [gave up on|came to want|may yet get] {thing}",
        ),
        (
            "The {place} council on {day} [voted to fund|put off a decision on|approved] {thing}, {n:2-9} [months|years] after {group} first asked for it.",
            "A {size} proposal to build {thing} in {place} [cleared|narrowly failed] its [first|second|final] reading {day}, with {n:9-21} members in favor.",
            "{place} will [set aside|borrow|receive] {n:2-90} billion won for {thing} under a budget that the council [passed|presented] late {day}.",
        ),
        (
            "The [site|plot|lot] lies [{n:2-9} kilometers|a short walk] from the {direction} end of {town} and has stood empty since {n:1988-2016}.",
            "Of the {n:120-980} residents who answered a [survey|questionnaire] in {month}, {n:41-79} percent [favored|opposed] the project.",
            "Under {rule}, work must begin within {n:60-240} days of [approval|the notice], or the money returns to the province.",
            "The mayor's office put the running cost at {n:110-940} million won a year, [twice|a third above|well below] what {group} had expected.",
            "{n:2-6} members walked out after the chair [refused|forgot] to call a vote on [parking|noise|the drainage plan].",
            "A similar scheme in {town} was [dropped|cut in half|finished early] in {n:2009-2022} because of {cause}.",
            "Contractors from {town} and {town} are expected to bid before the end of {month}.",
        ),
        (
            '"We have [waited|argued] long enough, and {thing} will not build itself,"',
            '"Nobody asked the people of {town} whether they wanted {thing},"',
            '"{n:2-90} billion won is a great deal of money for a town of {n:4-60},000,"',
        ),
    ),
    "ferry": Topic(
        (
            "Ferry between {place} and {town} [returns|halts|adds night sailing] after {n:2-14} [weeks|months]",
            "{n:12-240} passengers [wait out fog|stranded|brought ashore] off {place}",
            "New bus line to link {place} with {town} in {n:18-75} minutes",
            "Crew of {ship} [cleared|praised|questioned] over {month} delay off {place}",
            "{place} port [counts|loses|expects] {n:110-990},000 travelers this year",
        ),
        (
            "{ship} [resumed|suspended] its route between {place} and {town} on {day}, [ending|starting] a gap of {n:3-90} days caused by {cause}.",
            "{n:12-240} people spent the night aboard {ship} after [thick fog|a fouled propeller|high swell] kept it outside the harbor of {place}.",
            "Travelers between {place} and {town} will have {n:2-9} more [sailings|departures] a day from {month} {n:1-28}, the harbor authority said.",
        ),
        (
            "The {n:140-990}-ton vessel, built in {n:1994-2021}, carries up to {n:90-450} passengers and {n:8-40} cars.",
            "Fares will [rise|fall] by {n:3-24} percent, to {n:4-39},{n:1-9}00 won for adults, with islanders paying half.",
            "The coast guard measured waves of {n:2-5}.{n:1-9} meters at the {direction} breakwater shortly before {n:3-11} p.m.",
            "Last year the line carried {n:41-880},000 people, {n:2-19} percent [more|fewer] than in {n:2015-2022}.",
            "An inspection in {month} found {n:2-17} faults, [most of them minor|all since repaired|three of them serious], in the [engine room|life rafts|radio].",
            "Drivers who take the road through {town} need about {n:70-190} minutes for the same distance.",
            "The operator, {firm}, has [asked for|been refused|returned] a subsidy of {n:1-9}.{n:1-9} billion won.",
        ),
        (
            '"My mother is {n:71-95} and her doctor is on the other side of the water,"',
            '"We sail when the captain says we sail, not when the timetable does,"',
            '"In {n:12-40} years I have seen fog like this {n:2-6} times,"',
        ),
    ),
    "harvest": Topic(
        (
            "{place} growers [bring in|lose] {n:5-60} percent [more|less] {crop} [this year|after wet summer]",
            "Price of {crop} [climbs|slides] as {place} harvest [begins|ends early]",
            "{place} festival sells {n:4-80} tons of {crop} in {n:2-6} days",
            "Young farmers turn {town} school into store for {crop}",
            "Frost [spares|hits] {crop} in {n:3-28} villages around {place}",
        ),
        (
            "Farmers around {place} have gathered {n:110-990} tons of {crop} so far, {n:4-45} percent [more|less] than by the same day last year.",
            "The first {crop} of the season reached the auction hall in {place} on {day}, at {n:3-48},{n:1-9}00 won a box.",
            "A [cold night|week of rain] in {month} has cost growers near {place} about {n:8-55} percent of their {crop}.",
        ),
        (
            "The variety, bred in {town} in {n:1978-2014}, [ripens {n:5-20} days early|keeps until spring|needs little water].",
            "Pickers from {country} make up {n:12-60} percent of the {n:140-900} hands hired this season.",
            "The cooperative's store holds {n:90-800} tons at {n:1-6} degrees Celsius.",
            "Buyers from {town} [paid|offered] {n:6-31} percent above the {month} price for the [largest|cleanest] boxes.",
            "The provincial farm office blames {cause}, and advises growers to [thin the trees|sow again|wait] before {month}.",
            "On the {direction} slopes the yield fell to {n:1-9}.{n:1-9} tons per hectare.",
            "About {n:30-310} households in {town} live mainly on {crop}.",
        ),
        (
            '"You can plan all you like, but {crop} ripen when they want to,"',
            '"My grandfather kept a notebook of every harvest, and this one would be his {n:2-9}th best,"',
            '"If the price stays below {n:2-30},000 won we will leave the rest on the field,"',
        ),
    ),
    "sports": Topic(
        (
            "{club} [beat|hold|edge] {club2} {n:2-6}-{n:0-1} [away|at home|in the rain]",
            "{person} [returns|scores twice|retires] as {club} [climb|slip] to {n:2-11}th",
            "{club} [sign|release|wait for] {n:17-35}-year-old {person}",
            "Late [goal|run|penalty] [saves|sinks] {club} against {club2}",
            "{place} to host {n:8-48}-team [youth cup|coastal league final|amateur open]",
        ),
        (
            "{club} [beat|came from behind against|shared the points with] {club2} on {day} before {n:2-19},{n:100-999} spectators in {place}.",
            "{person}, {n:17-36}, [scored|struck] in the {n:3-90}th minute to give {club} a [narrow|deserved|lucky] win over {club2}.",
            "{club} have {n:3-12} matches left to avoid [relegation|a playoff|their worst season since {n:1998-2019}] after {day}'s defeat.",
        ),
        (
            "The visitors had {n:51-68} percent of the ball but only {n:1-5} shots on target before the break.",
            "It was the club's {n:3-14}th match without defeat, the longest such run since {month} {n:2008-2022}.",
            "{person2} left the field with a [knee|shoulder|hamstring] injury and is expected to miss {n:2-9} weeks.",
            "The coach changed {n:2-5} players at half-time and moved {person} to the {direction} side of the [pitch|field].",
            "{club2} travel to {town} next {day}, while {club} rest until {month} {n:1-28}.",
            "The gate receipts of {n:20-240} million won will go toward [new floodlights|the youth team|a drained field] in {town}.",
            "Referee {person3} showed {n:2-7} yellow cards, {n:1-2} of them in added time.",
        ),
        (
            '"We ran {n:100-120} kilometers as a team, and you could see it in the last ten minutes,"',
            '"I closed my eyes when I hit it,"',
            '"The table does not lie, but it does not tell the whole story of {club} either,"',
        ),
    ),
    "market": Topic(
        (
            "{place} shares [close higher|slip|end flat] as {firm} [jumps|drops] {n:2-14}.{n:1-9} percent",
            "Household debt in {place} [rises|falls] {n:1-9}.{n:1-9} percent in {month}",
            "{firm} [posts|forecasts|reports] {n:12-88} percent [drop|rise] in quarterly profit",
            "Won [firms|weakens] against dollar; {firm} [gains|retreats]",
            "Bank loans to {town} shops hit {n:1-9}.{n:1-9} trillion won",
        ),
        (
            "Shares in {place} closed {n:0-2}.{n:11-98} percent [higher|lower] on {day} as investors weighed {cause}.",
            "{firm} said on {day} that its profit for the {month} quarter [rose|fell] {n:12-88} percent to {n:14-720} billion won.",
            "The regional index [gained|lost] {n:3-29}.{n:11-98} points to {n:2101-3480}.{n:11-98} on [thin|heavy|mixed] trading.",
        ),
        (
            "Trade volume was [moderate|light|heavy] at {n:210-690} million shares worth {n:4-14}.{n:1-9} trillion won.",
            "Foreigners [bought|sold] a net {n:30-480} billion won of stock, and institutions {n:12-310} billion won.",
            "{firm} [advanced|declined] {n:1-7}.{n:11-98} percent to {n:12-390},{n:1-9}00 won.",
            "Analysts had expected {n:11-600} billion won on sales of {n:1-9}.{n:1-9} trillion won.",
            "The local currency was quoted at 1,{n:101-489}.{n:1-9} won per dollar, {n:1-9}.{n:1-9} won from the previous close.",
            "The yield on three-year bonds [added|fell] {n:1-9}.{n:1-9} basis points to {n:2-4}.{n:101-998} percent.",
            "Makers of {goods} led the [gainers|losers], with {n:120-520} issues [up|down].",
        ),
        (
            '"Everyone is waiting for the {month} figures,"',
            '"Orders for {goods} are not collapsing, they are only later than we hoped,"',
            '"The market has priced in {cause}, but not for {n:2-4} more quarters,"',
        ),
    ),
    "company": Topic(
        (
            "{firm} to [open|close|double] {goods} plant in {place}",
            "{firm} [recalls|ships] {n:2-98},{n:100-999} {goods} over [faulty wiring|new safety rule|labels]",
            "{place} startup teaches [robots|drones|cameras] to sort {crop}",
            "{firm}, union agree on {n:2-7}.{n:1-9} percent pay rise in {place}",
            "Engineers in {town} test {goods} that [float|mend themselves|need no cobalt]",
        ),
        (
            "{firm} will invest {n:40-980} billion won in a plant for {goods} in {place}, creating {n:60-900} jobs by {n:2024-2031}.",
            "A [team|company] of {n:6-48} engineers in {place} has built a machine that checks {n:20-90} {goods} a minute.",
            "{firm} said {day} it would call back {n:2-98},{n:100-999} {goods} made at its {town} works between {month} and {month}.",
        ),
        (
            "The {direction} works, opened in {n:1989-2019}, employ {n:210-1900} people in {n:2-4} shifts.",
            "About {n:15-80} percent of the output goes to {country} and {country}.",
            "The prototype uses {n:12-65} percent less [power|water|copper] than the model sold since {n:2012-2022}.",
            "The union, which had asked for {n:8-14} percent, will vote on the offer before {month} {n:1-28}.",
            "{firm} holds {n:3-70} patents for {goods} and has applied for {n:2-30} more.",
            "The town offered {n:3-30} hectares of land free of rent for {n:5-20} years.",
            "Suppliers in {town} blamed the delay on {cause}.",
        ),
        (
            '"The hard part was not the machine but teaching it to leave good ones alone,"',
            '"We will hire in {town} first, and only then look elsewhere,"',
            '"A factory of {goods} is a promise of twenty years,"',
        ),
    ),
    "court": Topic(
        (
            "Court [clears|fines|jails] former {place} official over {n:12-940} million won",
            "{place} police seek witnesses after [theft of|fire near] {art} in {town}",
            "Judges in {place} [uphold|strike down] {rule}",
            "{n:3-40} held in {place} over fake tickets for {ship}",
            "{place} school [appeals|accepts] ruling on {n:2-9} teachers",
        ),
        (
            "A court in {place} on {day} [fined|acquitted|sentenced] a {n:31-69}-year-old former official accused of taking {n:12-940} million won.",
            "Police in {place} are looking for {n:2-5} people who [removed|damaged] {art} from a storehouse in {town} overnight.",
            "{rule} [is|is not] in line with the law, the regional court in {place} ruled {day} in a case brought by {group}.",
        ),
        (
            "The court found that the [papers|ledgers|messages] had been altered at least {n:2-19} times since {month}.",
            "Prosecutors had asked for {n:2-7} years in prison and a fine of {n:10-90} million won.",
            "The defense argued that {cause} left the accused no other choice.",
            "Officers searched {n:3-12} [offices|boats|flats] in {town} and took away {n:14-90} boxes.",
            "An appeal may be filed within {n:7-14} days at the high court.",
            "The judge, {person3}, read the decision for {n:20-140} minutes before a full room.",
            "A first trial in {n:2012-2022} had ended without a verdict.",
        ),
        (
            '"The sum is small, but the trust it cost is not,"',
            '"My client has told the same story for {n:2-6} years,"',
            '"We ask anyone who was near {town} that night to call,"',
        ),
    ),
    "affairs": Topic(
        (
            "Envoys from {country} and {country2} meet in {place} over {rule}",
            "Navy [drill|rescue exercise] off {place} draws {n:4-40} ships",
            "Border villages near {place} [reopen|test sirens|clear {n:20-190} old mines]",
            "{country} [offers|asks for] {n:2-60} patrol boats after talks in {place}",
            "Ministry [weighs|rejects|drafts] {size} change to {rule}",
        ),
        (
            "Diplomats from {country} and {country2} opened {n:2-5} days of talks in {place} on {day}, with {rule} high on the list.",
            "{n:4-40} ships and {n:300-4800} sailors took part in a [drill|search exercise] {n:12-90} kilometers off {place} on {day}.",
            "The ministry said {day} it would [review|soften|extend] {rule} after complaints from {group} and from {country}.",
        ),
        (
            "The two sides last met in {foreign} in {month} {n:2015-2022}, without a joint statement.",
            "A draft of {n:4-38} pages, seen by this newspaper, leaves open who pays for {thing}.",
            "Residents of {n:3-14} villages were told to expect noise between {n:6-9} a.m. and {n:4-8} p.m.",
            "The exercise, held every {n:2-4} years, includes {n:2-9} aircraft from {country2}.",
            'An official in {foreign} called the step "[useful|late|a matter for lawyers]" and declined to say more.',
            "Trade between the two came to {n:2-48} billion dollars last year, mostly {goods} and {crop}.",
            "Opposition lawmakers want a vote before {month} {n:1-28}.",
        ),
        (
            '"There is a text, there is a table, and there is still coffee,"',
            '"We do not negotiate in the newspapers, not even in {foreign},"',
            '"The sea off {town} is calmer than the meeting was,"',
        ),
    ),
    "culture": Topic(
        (
            "{place} museum shows {n:40-390} {art} from {country}",
            "{show} [opens|closes|wins {n:2-7} prizes] in {place}",
            "{person} on {n:10-50} years of making {art}",
            "Readers in {place} queue for {person}'s {n:2-12}th novel",
            "[Old cinema|Salt store|Train depot] in {town} reborn as home for {art}",
        ),
        (
            "{n:40-390} {art}, many never shown before, went on view in {place} on {day} and will stay until {month} {n:1-28}.",
            "When {person} began to make {art} in {n:1975-2012}, there was one teacher left in {town}.",
            "{show} drew {n:2-98},{n:100-999} viewers in its first {n:2-6} weeks, more than any production from {place} before it.",
        ),
        (
            "The oldest piece dates from {n:1690-1940} and was found in {n:1961-2018} behind a wall in {town}.",
            "Visitors walk through {n:3-11} rooms, the last of them almost dark.",
            "The cast rehearsed for {n:5-30} weeks in a former [school|rice mill|boathouse] near {town}.",
            "Tickets cost {n:3-48},000 won, and people of {town} enter free on {day}s.",
            "The catalog, {n:90-460} pages long, is printed in {n:2-4} languages.",
            "Half the budget of {n:90-990} million won came from {group}.",
            "A second part, with {art} on loan from {country}, is planned for {month}.",
        ),
        (
            '"I keep the mistakes, because my hands made them too,"',
            '"People come in for the cool air and stay for the {art},"',
            '"A story about {town} is a story about leaving it,"',
        ),
    ),
    "leisure": Topic(
        (
            "[Where|How] to eat {dish} in {place}",
            "{n:3-12} [inns|trails|markets] worth the detour around {place}",
            "{place} cook brings {dish} to [the capital|{foreign}|schools]",
            "Walking {n:12-90} kilometers from {place} to {town}",
            "[Slow|Cold|Early] morning in {place}, with {dish}",
        ),
        (
            "The best {dish} in {place} is served from {n:4-9} a.m., at a counter with {n:6-24} seats and no sign.",
            "From {place} the path climbs {n:200-900} meters through {crop} fields before the sea comes into view.",
            "{person} has cooked {dish} in {place} for {n:9-48} years, and has never written the recipe down.",
        ),
        (
            "The walk takes {n:3-9} hours, with {n:2-5} shelters and a spring that runs dry in {month}.",
            "A bowl costs {n:7-22},000 won and comes with {n:3-9} side plates, among them {dish}.",
            "{crop} from {town} are [dried|salted|smoked] for {n:3-40} days before they reach the kitchen.",
            "The inn has {n:4-19} rooms, heated from below, and a library of {n:200-3000} books.",
            "Buses leave {town} every {n:20-90} minutes until {n:6-10} p.m.",
            "Travelers in {n:1900-1960} wrote of {n:2-9} wells along the {direction} wall; two can still be seen.",
            "On market days the square fills with {n:40-300} stalls before sunrise.",
        ),
        (
            '"If you are in a hurry, you have already missed it,"',
            '"My daughter wants to add cheese, and over my {dish} she will,"',
            '"Come in {month}, when nobody else does,"',
        ),
    ),
    "pop": Topic(
        (
            "{band} [return|debut|tour {n:6-30} cities] with {song}",
            "{band}'s {song} [tops|enters] charts in {n:3-40} countries",
            "{person} of {band} [enlists|rests voice|writes musical] after {place} show",
            "{show} names {person} as lead",
            "{n:9-60},000 fans sing {song} with {band} in {place}",
        ),
        (
            "{band} released {song} on {day}, {n:5-30} months after the group's last record.",
            "{n:9-60},000 people filled the harbor stadium in {place} on {day} as {band} ended a tour of {n:6-30} cities.",
            "{person} will play the lead in {show}, a series of {n:6-24} parts set in {place}.",
        ),
        (
            "The song was streamed {n:2-90} million times in its first {n:2-9} days.",
            "The album has {n:5-14} tracks, {n:2-6} of them written by {person2}.",
            "Filming begins in {town} in {month} and moves to {country} later.",
            "The agency said {person} needed {n:2-12} weeks of rest because of {cause}.",
            "The video, shot in a single take of {n:3-7} minutes, shows the fish auction of {town}.",
            "Fans from {country} planted {n:90-900} trees near {town} in the group's name.",
            "Their first show, in {n:2012-2021}, drew {n:11-70} people, most of them relatives.",
        ),
        (
            '"We sang it {n:60-400} times before it sounded easy,"',
            '"I grew up in {town}, so the sea is in every chorus,"',
            '"This part frightened me, and so I said yes,"',
        ),
    ),
    "opinion": Topic(
        (
            "What {place} can teach us about {thing}",
            "The [trouble|patience|hope] behind {rule}",
            "A [second|quiet|last] chance for {place} and {town}",
            "{rule} [needs|deserves|cannot bear] {n:2-9} more years",
            "Between {place} and {foreign}, a question of trust",
        ),
        (
            "There are [{n:2-9} reasons|many ways] to be {mood} about {rule}, and {place} has met most of them since {month}.",
            "Anyone who has stood in {place} on a winter {day} knows why {thing} matters more than the minister thinks.",
            "The debate over {rule} has gone on for {n:2-19} years, and in all that time few of us have gone to {town} to look.",
        ),
        (
            "In {country}, where a like rule took effect in {n:1994-2019}, {n:12-88} percent of [towns|families|firms] later [asked for|regretted|forgot] it.",
            "A policy that helps {n:3-40} villages and harms {n:2-30} is not [wise|fair|finished], least of all in {town}.",
            "The figures, {n:12-88} percent in {month} and {n:12-88} in {month}, say more about [the counting|{cause}|{group}] than about {town}.",
            "[It is easy|We like] to blame {cause}; what we would have done in {month} with {n:2-90} billion won is another matter.",
            "{group} may be mistaken about {thing}, but [not about who will pay|hardly about {cause}|seldom about {crop}].",
            "A reader in {town}, {n:61-94} years old, sent me {n:3-14} pages on {thing} and {n:1-4} on {crop}, [all of them|most of them|the last two] sensible.",
            "[{n:2-9} ministers|{n:2-9} mayors|{n:12-90} engineers] have stood on the {direction} shore at {town} since {n:1971-2012} and promised {goods}.",
            "My {direction} neighbors, who grow {crop}, would sooner hear about {cause} than about {foreign}.",
        ),
        (
            '"You write about us as if we were weather,"',
            '"Count again, and count the islands too,"',
            '"We were promised {thing}, and were given a brochure,"',
        ),
    ),
}
