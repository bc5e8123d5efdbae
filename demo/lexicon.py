"""The words of the demo newspaper: an invented province, its people, its trades.

A slot of the grammar (`{town}`) draws from the list of that name.
"""

from __future__ import annotations

SURNAMES = (
    "Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song Baek Ryu".split()
)
GIVEN = (
    "Da-sol Jaeeun Min-ju Hyun-seok Ye-rin Tae-ho So-dam Byeol-ha Ga-on Ji-mok Eun-sae Dong-ul "
    "Ha-neul Seul-bi Woo-rim Na-gyeong Jun-pyo Bo-reum Chae-dan In-gyo Mi-rae Sang-ohk Do-yul "
    "Yeo-jin Gyu-bin Hae-dam Su-on Kyung-rok Ra-on Shi-hwa"
).split()
_FIRST = "Sae Hae Dal Byeol Nam Buk Seo Mu Geum Cheong Eun Ho Sol Ara Gaon Noeul Onu Yeo Pado Maru".split()
_LAST = "bom on po san gok jin dae ryeong eup ju cheon nae am wol seong".split()
TOWNS = [first + last for first in _FIRST for last in _LAST]

# Hangul for bilingual pages and for words in brackets: (Korean, English).
KOREAN_WORDS = [
    ("해녀", "haenyeo"), ("김장", "kimjang"), ("온돌", "ondol"), ("나루", "naru"), ("장터", "jangteo"),
    ("한옥", "hanok"), ("막걸리", "makgeolli"), ("두레", "dure"), ("풍어제", "pungeoje"), ("정자", "jeongja"),
]  # fmt: skip
# A line of a bilingual page is a time, a place and an act: (Korean, English) each.
KOREAN_TIMES = [
    ("오늘 아침", "This morning"), ("지난 토요일", "Last Saturday"), ("해가 질 무렵", "Toward sunset"),
    ("장날마다", "On every market day"), ("첫눈이 오던 날", "On the day of the first snow"),
    ("점심시간에", "At lunchtime"), ("작년 가을", "Last autumn"), ("새벽 네 시에", "At four in the morning"),
]  # fmt: skip
KOREAN_PLACES = [
    ("나루터에서", "at the landing"), ("마을 회관에서", "at the village hall"), ("시장 골목에서", "in the market lane"),
    ("등대 아래에서", "below the lighthouse"), ("학교 운동장에서", "on the school field"),
    ("버스 정류장에서", "at the bus stop"), ("방앗간 앞에서", "in front of the mill"), ("바닷가에서", "on the beach"),
]  # fmt: skip
KOREAN_ACTS = [
    ("아이들이 연을 날렸습니다.", "children flew kites."), ("상인들이 밤을 팔았습니다.", "traders sold chestnuts."),
    ("작은 음악회가 열렸습니다.", "a small concert was held."), ("아무도 서두르지 않았습니다.", "nobody was in a hurry."),
    ("선생님이 시를 읽었습니다.", "a teacher read poems."), ("우리는 안개를 기다렸습니다.", "we waited for the fog."),
    ("누군가 노래를 불렀습니다.", "somebody sang a song."), ("할머니가 그물을 고쳤습니다.", "a grandmother mended nets."),
    ("강아지가 길을 건넜습니다.", "a puppy crossed the road."), ("두 사람이 장기를 두었습니다.", "two people played janggi."),
]  # fmt: skip

LEXICON: dict[str, list[str]] = {
    "town": TOWNS,
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "month": "January February March April May June July August September October November December".split(),
    "direction": "northern southern eastern western inland coastal central upland".split(),
    "size": "modest sweeping long-delayed controversial cautious ambitious small one-year three-stage".split(),
    "mood": "cautious relieved skeptical hopeful unconvinced patient blunt surprised tired upbeat".split(),
    "verb_said": ["said", "told reporters", "told The Korea Herald", "noted", "explained", "wrote in a notice",
                  "said by phone", "told the meeting", "added"],
    "thing": ["a covered market", "a tide gauge", "an all-night clinic", "a footbridge", "a seed bank",
              "a salt warehouse", "a reading room", "a cable car", "a fish auction hall", "a solar roof",
              "a storm drain", "a bicycle road", "an observatory", "a shuttle bus", "a recycling yard",
              "a youth hostel", "a rice mill", "a sea wall", "a music school", "a weather mast"],
    "crop": ["chestnuts", "barley", "persimmons", "seaweed", "garlic", "green plums", "buckwheat", "radish",
             "oysters", "tangerines", "sesame", "jujubes", "yellow croaker", "mung beans", "pears"],
    "goods": ["batteries", "ship valves", "paper cups", "bearings", "display glass", "sensors", "ceramic knives",
              "marine paint", "electric scooters", "rice cookers", "drone motors", "optical cable", "steel pipe"],
    "firm": [f"{name} {kind}" for name in "Saeron Dahae Nurim Byeolmaru Onsaem Haneulda Garam Miru Teul".split()
             for kind in ("Industries", "Motors", "Chemical", "Systems", "Shipping", "Foods", "Mobility")],
    "club": [f"{town} {kind}" for town in TOWNS[::7] for kind in ("United", "Harbor FC", "Tides", "Cranes")],
    "group": ["the residents' association", "a fishermen's cooperative", "the chamber of commerce",
              "a parents' committee", "the provincial audit office", "the harbor authority",
              "the farmers' league", "a group of retired teachers", "the island councils", "local innkeepers"],
    "expert": ["a professor of regional planning", "a marine engineer", "an economist at the provincial institute",
               "a historian of the coast", "a labor lawyer", "a food scientist", "a former inspector",
               "a transport researcher", "a sociologist", "an analyst at a local brokerage"],
    "cause": ["higher fuel prices", "a shortage of crews", "a wet summer", "the closing of the old bridge",
              "a change in the subsidy rules", "weak demand abroad", "two mild winters", "a dispute over land",
              "a software fault", "rising rents", "an aging workforce", "a late delivery of parts"],
    "foreign": ["Washington", "Tokyo", "Brussels", "Hanoi", "Ottawa", "Canberra", "Nairobi", "Lima", "Oslo",
                "Jakarta", "Warsaw", "Santiago"],
    "country": ["Norway", "Vietnam", "Canada", "Peru", "Kenya", "Poland", "Australia", "Chile", "Indonesia",
                "Portugal", "Mongolia", "Morocco"],
    "art": ["ink paintings", "harbor photographs", "bamboo furniture", "folk masks", "sound installations",
            "old sea charts", "woven baskets", "letters in brushwork", "glass lanterns", "film posters"],
    "dish": ["crab soup", "chestnut porridge", "seaweed rice", "grilled croaker", "cold buckwheat noodles",
             "plum vinegar salad", "oyster pancakes", "barley dumplings", "braised radish", "pepper squid"],
    "song": ["\"Low Tide\"", "\"Paper Harbor\"", "\"Nine Bridges\"", "\"Salt\"", "\"Late Ferry\"",
             "\"Kite Weather\"", "\"Window Seat\"", "\"Lantern\"", "\"August Again\"", "\"Slow Bus\""],
    "band": ["Moonjar", "NARU7", "Paper Cranes", "Dotori", "Blue Persimmon", "Haeon Boys", "LUMEN:A", "Sixth Pier"],
    "show": ["\"The Lighthouse Shift\"", "\"Second Harvest\"", "\"Room for Rain\"", "\"The Auction Hall\"",
             "\"My Aunt the Captain\"", "\"Border of Salt\"", "\"A Map of Fog\"", "\"The Last Innkeeper\""],
    "ship": ["the Saebom", "the Morning Gull", "the Haeon Star", "the Byeolpo", "the Pado No. 3", "the Green Plum"],
    "rule": ["the tidal land act", "the night bus ordinance", "the school merger plan", "the fishing quota",
             "the open-data rule", "the market-day permit", "the building height limit", "the ferry levy"],
}  # fmt: skip
DATELINES = [
    "WASHINGTON", "TOKYO", "MONTEREY PARK, California", "LONDON", "GENEVA", "BEIJING", "CANBERRA",
    "NEW YORK", "HANOI, Vietnam", "BRUSSELS", "SAEBOM, Haeon Province",
]  # fmt: skip
