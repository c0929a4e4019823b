"""A made-up league: make() writes its files.

Everything is drawn from one generator in one order, through random() alone, and files are gzipped without a time: so equal
arguments give equal bytes.

A game is simulated from its players: minutes first (they add up to 240, 265 with an overtime); the team's shots are shared
among them by rate and form; each miss is somebody's rebound, some baskets are somebody's assist, some turnovers somebody's
steal. So a team's figures are the sums of its players' and fit the opponent's. What the books think is what anybody can see:
the averages so far, and noise.
"""
import bisect
import csv
import datetime
import gzip
import io
import json
import math
import os

TEAMS = {
    "ATL": "Atlanta", "BKN": "Brooklyn", "BOS": "Boston", "CHA": "Charlotte", "CHI": "Chicago", "CLE": "Cleveland",
    "DAL": "Dallas", "DEN": "Denver", "DET": "Detroit", "GSW": "San Francisco", "HOU": "Houston", "IND": "Indianapolis",
    "LAC": "Inglewood", "LAL": "Los Angeles", "MEM": "Memphis", "MIA": "Miami", "MIL": "Milwaukee", "MIN": "Minneapolis",
    "NOP": "New Orleans", "NYK": "New York", "OKC": "Oklahoma City", "ORL": "Orlando", "PHI": "Philadelphia",
    "PHX": "Phoenix", "POR": "Portland", "SAC": "Sacramento", "SAS": "San Antonio", "TOR": "Toronto",
    "UTA": "Salt Lake City", "WAS": "Washington"}
FIRST = """Abel Adrian Alvin Amos Anton Archie Arlo Asher August Barnaby Basil Benno Bertram Boris Bruno Caspar Cedric Clement
Conrad Cosmo Cyrus Damian Desmond Dexter Dominic Edgar Élie Elmer Emil Ernest Ezra Fabian Felix Florian Forrest Gideon Gregor
Gustav Hamish Hector Horace Hugo Ignace Ingmar Isidor Ivo Jasper Jonah Jürgen Kasimir Kilian Lambert Leander Leopold Linus
Lionel Lucian Magnus Marius Mathis Milo Nestor Noël Oberon Octavian Odin Orson Oscar Otis Pascal Percival Philo Quentin
Ragnar Reginald Rémy Roland Rufus Rupert Sándor Sebastian Silas Simeon Søren Sylvan Thaddeus Theo Tobias Ulric Urban Valentin
Vico Walter Wendell Wilfred Winston Xavier Yorick Zeno""".split()
LAST = """Abernoth Alderquist Ambervale Ashgrove Averbeck Bannerfield Barrowmere Bellweather Birchfall Blackmoor Bramwick
Briarstone Brindlewood Buckthorn Byrnewood Calderbrook Candlewick Castellane Chalkwell Cinderford Claymarsh Cobblestone
Coldwater Corvane Cragmoor Crestfall Crosshaven Dagworth Dalewind Deepwell Driftmoor Drumlake Duskwell Eastermoor Eberfold
Eldergate Elmsworth Emberlyn Evenwood Fairmeadow Farthingale Fennimore Ferncastle Flintridge Foxglade Frostwick Gallowmere
Garnetfield Gladewyn Glimmerfoss Goldacre Granthorpe Greymarch Grimsdale Hallowell Harrowgate Havenbrook Hawksmere
Hazelwick Heathfall Highmoor Hollowmere Hornbeam Ironquill Ivermoor Jadewick Kestrelmann Kettlewell Kingsmoor Knotgrass
Lakehurst Lanternby Larkwood Lindenfall Lockmere Longacre Lowenfeld Marblethorn Marchbank Meadowlark Merriwether Millbrook
Mistwood Moonfell Mossbury Nettlefold Nightingale Northmoor Oakhollow Oldcastle Orchardson Ottermann Palewater Pebblemarsh
Pennywhistle Pinecroft Plumridge Quillfeather Quarrystone Ravenholt Redfern Ridgewell Riverton-Moss Rookwood Rosethorn
Rushmere Saltmarsh Sandringham Shadowell Silverlake Sparrowhawk Springvale Starling-Fox Stonebridge Summerfold Swiftwater
Tanglewood Thistledown Thornquist Tidewell Timberlane Torrance-Hill Underhill Valewood Vesperdale Wakefield Waterlily
Weatherby Westermark Whitlock Wildmere Willowby Windmoor Winterbourne Wolfgrove Woodruffe Wrenfield Yarrowdale Yewthorpe
D'Arrowby O'Fallowell Müllerstein Čerwenka Łąkowski Ørstedal Bøgehus Šimonik Žitný Gonçalvez-Rio""".split()
SUFFIXES = (" Jr.", " II", " III", " Jr.", " IV")

MINUTES = (34.5, 33.0, 31.0, 29.0, 27.0, 24.0, 21.0, 18.0, 14.0, 11.0, 8.0, 6.0, 4.0, 3.0, 2.0)  # by place on the roster
POSITIONS = ("G", "G", "F", "F", "C")
# Rates a minute, and shares, by position: shots, share of threes, trips to the line, accuracy, and the rest.
RATES = {
    "G": dict(fga=.43, three=.46, fta=.082, p2=.50, p3=.365, ft=.83, oreb=.018, dreb=.085, ast=.155, stl=.034, blk=.009, tov=.060, pf=.062),
    "F": dict(fga=.41, three=.42, fta=.085, p2=.53, p3=.358, ft=.77, oreb=.034, dreb=.135, ast=.078, stl=.030, blk=.019, tov=.045, pf=.076),
    "C": dict(fga=.38, three=.16, fta=.105, p2=.60, p3=.330, ft=.71, oreb=.085, dreb=.200, ast=.070, stl=.024, blk=.044, tov=.052, pf=.096),
}
BOX = ("pts", "reb", "oreb", "dreb", "ast", "stl", "blk", "tov", "pf", "fgm", "fga", "tpm", "tpa", "ftm", "fta")
STATS = ("pts", "reb", "ast", "tpm", "stl", "blk", "tov")
# Of a team, in 48 minutes.
SHOTS, TRIPS, TURNOVERS, POINTS = 88.5, 21.5, 13.6, 114.0
OWN_BOARD, ASSISTED, STOLEN, BLOCKED = .235, .63, .57, .15
SEASON_DAYS, SEASON_GAMES, SEASON_STARTED, SEASONS_APART = 175, 1230, 80, 365
TIPS = ("00:00", "00:00", "00:30", "01:00", "02:00", "03:00")  # UTC, of the day after
BOOKS = ("northbook", "riverbet", "summitline", "citylines")
ALTERNATES = "riverbet"  # lists several lines beside the main one
MARKETS = {"points": ("pts",), "rebounds": ("reb",), "assists": ("ast",), "threes": ("tpm",), "steals": ("stl",),
           "blocks": ("blk",), "turnovers": ("tov",), "pra": ("pts", "reb", "ast"), "pr": ("pts", "reb"),
           "pa": ("pts", "ast"), "ra": ("reb", "ast")}
INJURIES = ("left ankle; sprain", "right knee; soreness", "lower back; tightness", "illness", "rest",
            "right hamstring; strain", "left wrist; contusion")


class Draw:
    """All chance, from one stream of numbers in [0, 1)."""

    def __init__(self, seed):
        import random
        self.random = random.Random(seed).random
        self.spare = None

    def below(self, n):
        return int(self.random() * n)

    def pick(self, items):
        return items[self.below(len(items))]

    def chance(self, p):
        return self.random() < p

    def normal(self, mean=0.0, sd=1.0):
        if self.spare is None:
            r = math.sqrt(-2 * math.log(1 - self.random()))
            angle = 2 * math.pi * self.random()
            self.spare, value = r * math.sin(angle), r * math.cos(angle)
        else:
            self.spare, value = None, self.spare
        return mean + sd * value

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items

    def poisson(self, mean):
        limit, count, product = math.exp(-mean), 0, self.random()
        while product > limit:
            count += 1
            product *= self.random()
        return count

    def count(self, mean, spread):
        """A whole number about the mean, with so many times a Poisson's variance."""
        return max(0, math.floor(mean + self.normal(0, math.sqrt(spread * mean)) + self.random()))

    def binomial(self, n, p):
        return sum(self.random() < p for _ in range(n))


# --- who there is

class Player:
    def __init__(self, draw, number, name, position, place):
        self.id, self.name, self.position = number, name, position
        self.place = place  # on the roster: whose minutes he gets
        self.skill = max(.6, 1.16 - .03 * place + draw.normal(0, .09))
        self.rates = {k: v * math.exp(draw.normal(0, .08 if k in ("p2", "p3", "ft") else .22)) for k, v in RATES[position].items()}
        for k, most in (("p2", .68), ("p3", .43), ("ft", .92), ("three", .75)):
            self.rates[k] = min(most, self.rates[k])
        self.out_until = None  # number of the team's game
        self.seen, self.seen_minutes = dict.fromkeys(STATS, 0.0), 0.0

    def minutes(self):
        return MINUTES[self.place]

    def weight(self, what, box):
        """His share of what the team's players divide among them."""
        usage = self.skill * box["form"] if what in ("fga", "fta", "ast", "tov") else 1
        return self.rates[what] * usage * box["more"]

    def note(self, box):
        self.seen_minutes += box["min"] / 100
        for name in STATS:
            self.seen[name] += box[name]

    def per_game(self, stat):
        """What he does on an average night, by what was seen of him; little seen, by his position."""
        r, few = RATES[self.position], 100
        usual = {"pts": r["fga"] * (2 * (1 - r["three"]) * r["p2"] + 3 * r["three"] * r["p3"]) + r["fta"] * r["ft"],
                 "reb": r["oreb"] + r["dreb"], "tpm": r["fga"] * r["three"] * r["p3"]}.get(stat) or r[stat]
        return (self.seen[stat] + few * usual) / (self.seen_minutes + few) * self.minutes()


class Team:
    def __init__(self, draw, code):
        self.code = code
        self.strength, self.defence, self.pace = draw.normal(0, .035), draw.normal(0, .03), draw.normal(1, .03)
        self.roster = []
        self.new_season()

    def new_season(self):
        self.games, self.home_games, self.last_day = 0, 0, -9
        self.scored, self.allowed, self.played = 10 * POINTS, 10 * POINTS, 10  # as if ten games had been average


class League:
    def __init__(self, draw):
        self.draw = draw
        self.names = draw.shuffle([f"{first} {last}" for first in FIRST for last in LAST])
        self.next_id = 9000001
        self.teams = {code: Team(draw, code) for code in TEAMS}
        for team in self.teams.values():
            team.roster = [self.new_player(place) for place in range(len(MINUTES))]

    def new_player(self, place):
        name = self.names.pop()
        if self.draw.chance(.04):
            name += self.draw.pick(SUFFIXES)
        self.next_id += 1 + self.draw.below(40)
        return Player(self.draw, self.next_id, name, POSITIONS[place % 5], place)

    def summer(self):
        """Between the seasons: some leave the league, some change teams."""
        draw, moving = self.draw, []
        for team in self.teams.values():
            team.new_season()
            team.strength = .6 * team.strength + draw.normal(0, .028)
            for place, player in enumerate(team.roster):
                player.out_until = None
                player.seen_minutes *= .5  # last year counts for less
                for stat in STATS:
                    player.seen[stat] *= .5
                if place > 5 and draw.chance(.22):
                    team.roster[place] = self.new_player(place)
                elif draw.chance(.12):
                    moving.append((team, place))
        players = draw.shuffle([team.roster[place] for team, place in moving])
        for (team, place), player in zip(moving, players):
            team.roster[place], player.place, player.position = player, place, POSITIONS[place % 5]


# --- a season's games

def calendar(draw, league, days, games):
    """Per day its pairs (away, home): who has played least for the days gone plays next, seldom two days running."""
    teams, made, plan = list(league.teams.values()), 0, []
    for day in range(days):
        want = min(15, round(games * (day + 1) / days) - made)
        order = sorted(teams, key=lambda t: t.games + (.8 if t.last_day == day - 1 else 0) + draw.random() * .9)
        tonight = draw.shuffle(order[:2 * want])
        pairs = []
        for one, two in zip(tonight[::2], tonight[1::2]):
            away, home = (one, two) if one.home_games - two.home_games > draw.normal(0, 1) else (two, one)
            pairs.append((away, home))
            home.home_games += 1
            for team in (away, home):
                team.games, team.last_day = team.games + 1, day
        made += len(pairs)
        plan.append(sorted(pairs, key=lambda pair: pair[1].code))
    return plan


def expected(away, home):
    """(total, spread of the home side), by the averages so far."""
    a = (away.scored / away.played + home.allowed / home.played) / 2 - 1.4
    h = (home.scored / home.played + away.allowed / away.played) / 2 + 1.4
    return a + h, a - h


def simulate(draw, league, away, home, game_number):
    """{team: [(player, starter, box)...]}, plus minus and all."""
    lines = {team: dress(draw, team, game_number[team.code]) for team in (away, home)}
    play(draw, lines, away, home, 48)
    while score(lines[away]) == score(lines[home]):
        for team in (away, home):
            for n, (_, _, box) in enumerate(lines[team]):
                box["more"] = 5.0 if n < 5 else 0.0
                box["min"] += 500 if n < 5 else 0
        play(draw, lines, away, home, 5)
    finish(draw, lines, away, home)
    for team, other in ((away, home), (home, away)):
        team.played += 1
        team.scored, team.allowed = team.scored + score(lines[team]), team.allowed + score(lines[other])
        for player, _, box in lines[team]:
            player.note(box)
    return lines


def dress(draw, team, number):
    """Who plays, who starts, and for how long; 240 minutes in all, in hundredths so that they add up."""
    ready = []
    for player in team.roster:
        if player.out_until is not None and number < player.out_until:
            continue
        player.out_until = None
        if draw.chance(.022):
            player.out_until = number + 1 + draw.below(9)
            continue
        if player.place > 8 and draw.chance(.25 + .09 * (player.place - 8)):
            continue  # coach's decision
        ready.append(player)
    while len(ready) < 8:  # a night of injuries: those who are least hurt play
        ready.append(next(p for p in team.roster if p not in ready))
    ready.sort(key=lambda p: p.place)
    weights = [p.minutes() * math.exp(draw.normal(0, .13)) for p in ready]
    hundredths = [min(4600, max(20, round(24000 * w / sum(weights)))) for w in weights]
    n = 0
    while sum(hundredths) != 24000:  # what rounding and the cap left over
        step = max(-150, min(150, 24000 - sum(hundredths)))
        if 20 <= hundredths[n % len(ready)] + step <= 4600:
            hundredths[n % len(ready)] += step
        n += 1
    lines = []
    for player, m in zip(ready, hundredths):
        box = dict.fromkeys(BOX, 0)
        box.update(min=m, more=m / 100, form=math.exp(draw.normal(0, .16)))
        lines.append((player, len(lines) < 5, box))
    return lines


def play(draw, lines, away, home, length):
    """`length` minutes of play, in which each one is on the floor for his `more`."""
    pace = (away.pace + home.pace) / 2 * math.exp(draw.normal(0, .025)) * length / 48
    got = {}
    for team, other, edge in ((away, home, -.018), (home, away, .018)):
        got[team] = shoot(draw, lines[team], pace, 1 + team.strength - other.defence + edge)
        lose(draw, lines[team], pace)
    for team, other in ((away, home), (home, away)):
        mine, theirs = got[team], got[other]
        share(draw, lines[team], "oreb", draw.binomial(mine["missed"], OWN_BOARD))
        share(draw, lines[team], "ast", draw.binomial(mine["made"], ASSISTED))
        share(draw, lines[team], "blk", draw.binomial(theirs["twos missed"], BLOCKED))
    for team, other in ((away, home), (home, away)):
        left = got[other]["missed"] - (total(lines[other], "oreb") - got[other]["oreb before"])
        share(draw, lines[team], "dreb", draw.binomial(left, .92))  # some go out of bounds
        share(draw, lines[team], "stl", draw.binomial(total(lines[other], "tov") - got[other]["tov before"], STOLEN))
        for player, _, box in lines[team]:
            box["pf"] = min(6, box["pf"] + draw.poisson(1.14 * player.rates["pf"] * box["more"]))
            box["reb"] = box["oreb"] + box["dreb"]
            box["pts"] = 2 * box["fgm"] + box["tpm"] + box["ftm"]


def total(lines, stat):
    return sum(box[stat] for _, _, box in lines)


def shoot(draw, lines, pace, quality):
    """Everyone's shots and free throws; what the team made and missed."""
    got = {"made": 0, "missed": 0, "twos missed": 0, "oreb before": total(lines, "oreb"), "tov before": total(lines, "tov")}
    shots_left = SHOTS * pace + draw.normal(0, 2.6 * math.sqrt(min(1, pace)))
    trips_left = max(0, TRIPS * pace + draw.normal(0, 4 * math.sqrt(min(1, pace))))
    for_shots = sum(player.weight("fga", box) for player, _, box in lines)
    for_trips = sum(player.weight("fta", box) for player, _, box in lines)
    for player, _, box in lines:
        r = player.rates
        shots = draw.count(shots_left * player.weight("fga", box) / for_shots, .16)
        tpa = draw.binomial(shots, r["three"])
        tpm = draw.binomial(tpa, min(.6, r["p3"] * quality))
        twos = draw.binomial(shots - tpa, min(.8, r["p2"] * quality))
        fta = draw.count(trips_left * player.weight("fta", box) / for_trips, .8)
        ftm = draw.binomial(fta, r["ft"])
        for name, value in (("fga", shots), ("fgm", tpm + twos), ("tpa", tpa), ("tpm", tpm), ("fta", fta), ("ftm", ftm)):
            box[name] += value
        got["made"] += tpm + twos
        got["twos missed"] += shots - tpa - twos
        got["missed"] += shots - tpm - twos + draw.binomial(fta - ftm, .45)  # of two free throws the first is no rebound
    return got


def lose(draw, lines, pace):
    share(draw, lines, "tov", draw.count(TURNOVERS * pace, .8))


def share(draw, lines, stat, count):
    """Each of them is somebody's."""
    bounds, end = [], 0.0
    for player, _, box in lines:
        end += player.weight(stat, box)
        bounds.append(end)
    for _ in range(count):
        lines[bisect.bisect_right(bounds, draw.random() * end)][2][stat] += 1


def score(lines):
    return sum(box["pts"] for _, _, box in lines)


def finish(draw, lines, away, home):
    """Plus-minus: five men a time share the margin."""
    for team, other in ((away, home), (home, away)):
        margin = score(lines[team]) - score(lines[other])
        length = sum(box["min"] for _, _, box in lines[team]) / 500
        for _, _, box in lines[team]:
            box["plus_minus"] = round(margin * box["min"] / 100 / length + draw.normal(0, 1.1 * math.sqrt(box["min"] / 100)))
        left = 5 * margin - sum(box["plus_minus"] for _, _, box in lines[team])
        for n in range(abs(left)):
            lines[team][n % len(lines[team])][2]["plus_minus"] += 1 if left > 0 else -1


# --- files

class Files:
    def __init__(self, directory):
        self.directory, self.written = directory, []

    def put(self, name, rows, text):
        raw = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as out:
            out.write(text.encode("utf-8"))
        with open(os.path.join(self.directory, name), "wb") as out:
            out.write(raw.getvalue())
        self.written.append((name, f"{rows} {'events' if 'ndjson' in name else 'rows'}"))

    def csv(self, name, header, rows):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        self.put(name, len(rows), out.getvalue())


PLAYER_HEADER = ("season season_type game_id game_date player_id player team opponent home win starter min pts reb oreb dreb "
                 "ast stl blk tov pf fgm fga tpm tpa ftm fta plus_minus box_complete").split()
TEAM_HEADER = ("season season_type game_id game_date team opponent home win min pts fgm fga tpm tpa ftm fta oreb dreb reb ast "
               "stl blk tov pf plus_minus").split()
ODDS_HEADER = "season season_type game_date away home away_pts home_pts favored spread spread_home total ml_away ml_home".split()
SCHEDULE_HEADER = "game_id season_type game_label tip_utc game_date home away arena_city".split()


def half(value):
    return round(value * 2) / 2


def season_name(day):
    """Of the real calendar, in which one begins in August: import holds dates against it."""
    year = day.year - (day.month < 8)
    return f"{year}-{(year + 1) % 100:02}"


def game_id(first_day, number):
    return f"002{first_day.year % 100:02}{number:05}"


def tip_of(date, n, games):
    """Spread over the evening; UTC, so of the next day."""
    clock = TIPS[n * len(TIPS) // games]
    return f"{date + datetime.timedelta(days=1)}T{clock}:00Z"


def american(p):
    """A fair chance as a book shows it: with its margin, in steps of five."""
    p = min(.97, max(.03, p * 1.045))
    price = -100 * p / (1 - p) if p >= .5 else 100 * (1 - p) / p
    return int(math.copysign(max(100, 5 * round(abs(price) / 5)), price))


def closing(draw, away, home):
    points, spread = expected(away, home)
    points, spread = half(points + draw.normal(0, 2)), half(spread + draw.normal(0, 1.2))
    home_wins = 1 / (1 + math.exp(spread / 6.5))
    return points, spread, american(1 - home_wins), american(home_wins)


def play_season(draw, league, first_day, plan, days, files):
    """The first `days` of a season: its box scores, teams' sums and closing lines."""
    name, number = season_name(first_day), 0
    players, teams, odds = [], [], []
    games = dict.fromkeys(TEAMS, 0)
    for day in range(days):
        today = first_day + datetime.timedelta(days=day)
        season, date = season_name(today), today.isoformat()
        for away, home in plan[day]:
            number += 1
            line, spread, ml_away, ml_home = closing(draw, away, home)  # before it is played
            lines = simulate(draw, league, away, home, games)
            points = {team: score(lines[team]) for team in (away, home)}
            for team, other in ((away, home), (home, away)):
                games[team.code] += 1
                start = [season, "regular", game_id(first_day, number), date]
                result = [int(team is home), int(points[team] > points[other])]
                for player, starter, box in lines[team]:
                    players.append([*start, player.id, player.name, team.code, other.code, *result, int(starter),
                                    f"{box['min'] / 100:g}", *(box[name] for name in BOX), box["plus_minus"], 1])
                teams.append([*start, team.code, other.code, *result, total(lines[team], "min") // 100,
                              *(total(lines[team], name) for name in TEAM_HEADER[9:-1]), points[team] - points[other]])
            odds.append([season, "regular", date, away.code, home.code, points[away], points[home],
                         "home" if spread < 0 else "away", abs(spread), spread, line, ml_away, ml_home])
        if day % 9 == 8 and day < days - 20:  # who was traded has played for his new team since
            trade(draw, league)
    files.csv(f"player_games_{name}.csv.gz", PLAYER_HEADER, players)
    files.csv(f"team_games_{name}.csv.gz", TEAM_HEADER, teams)
    files.csv(f"game_odds_{name}.csv.gz", ODDS_HEADER, odds)


def trade(draw, league):
    one, two, place = draw.pick(list(league.teams.values())), draw.pick(list(league.teams.values())), draw.below(12)
    one.roster[place], two.roster[place] = two.roster[place], one.roster[place]


def write_schedule(first_day, plan, files):
    rows, number = [], 0
    for day, pairs in enumerate(plan):
        date = first_day + datetime.timedelta(days=day)
        for n, (away, home) in enumerate(pairs):
            number += 1
            rows.append([game_id(first_day, number), "regular", "", tip_of(date, n, len(pairs)), date.isoformat(), home.code,
                         away.code, TEAMS[home.code]])
    files.csv(f"schedule_{season_name(first_day)}.csv.gz", SCHEDULE_HEADER, rows)


# --- the night

class Night:
    """The timeline: each book's lines from the morning on, what happens to the players, lineups, tip-offs."""

    def __init__(self, draw, date, pairs, ids):
        self.draw, self.date, self.pairs, self.ids = draw, date, pairs, ids
        self.events = []  # (second of the day, order, event)
        self.alternates = {}
        self.quotes = {}  # (player, market, book) -> what it showed last
        self.down = {}    # player -> [(from, to)...]: when no book has him up
        self.status = {}

    def make(self):
        for n, (away, home) in enumerate(self.pairs):
            self.tip = self.seconds(tip_of(self.date, n, len(self.pairs)))
            self.game = f"{away.code}@{home.code}"
            self.injuries(away, home)
            self.totals(away, home)
            for team in (away, home):
                for player in team.roster:
                    if player.minutes() >= 14:
                        self.props(team, player)
                self.lineups(team)
            self.put(self.tip, "tip", game_id=self.ids[n], src="schedule")
        self.put(self.at(17, 0), "report_pending", teams=[self.pairs[-1][0].code], src="sample", game=None)
        self.events.sort(key=lambda e: e[:2])
        return [event for _, _, event in self.events]

    def seconds(self, ts):
        when = datetime.datetime.fromisoformat(ts.replace("Z", "+00:00")).replace(tzinfo=None)
        return int((when - datetime.datetime.combine(self.date, datetime.time())).total_seconds())

    @staticmethod
    def at(hour, minute=0, second=0):
        return (hour * 60 + minute) * 60 + second

    def put(self, second, kind, **fields):
        when = datetime.datetime.combine(self.date, datetime.time()) + datetime.timedelta(seconds=second)
        event = {"ts": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "type": kind, "game_date": self.date.isoformat(), "game": self.game, **fields}
        self.events.append((second, len(self.events), {k: v for k, v in event.items() if v is not None}))

    # who plays

    def injuries(self, away, home):
        draw = self.draw
        for team in (away, home):
            hurt = draw.shuffle(list(team.roster))[:1 + draw.below(3)]
            for player in hurt:
                first = draw.pick(("Out", "Questionable", "Questionable", "Day-To-Day", "Doubtful", "Probable"))
                note = draw.pick(INJURIES)
                start = self.at(13, draw.below(240), draw.below(60))
                self.injury(start, team, player, first, note)
                last, when = first, start
                if first != "Out":
                    chance = {"Questionable": .35, "Day-To-Day": .35, "Doubtful": .8, "Probable": .1}[first]
                    last = "Out" if draw.chance(chance) else "Available"
                    when = self.tip - self.at(0, 35 + draw.below(150), draw.below(60))
                    self.injury(when, team, player, last, note if last == "Out" else None)
                    # Books take a player down while they do not know, and put him up again if he plays.
                    if first != "Probable":
                        self.down[player] = (start + 60 + draw.below(600), when + 120 + draw.below(300) if last == "Available" else None)
                else:
                    self.down[player] = (start + 60 + draw.below(300), None)
                self.status[player] = last
        if draw.chance(.2):
            team = draw.pick((away, home))
            player = team.roster[9 + draw.below(5)]
            if player not in self.status:
                self.injury(self.at(15, draw.below(60)), team, player, "Suspension", "suspended for one game")
                self.status[player] = "Out"
                self.down[player] = (self.at(13), None)

    def injury(self, second, team, player, status, note):
        self.put(second, "injury", player=player.name, team=team.code, status=status, prev=self.status.get(player), report="sample",
                 note=note, src="sample")
        self.status[player] = status

    def lineups(self, team):
        draw = self.draw
        well = [p for p in sorted(team.roster, key=lambda p: p.place) if self.status.get(p) != "Out"]
        guess = [p for p in sorted(team.roster, key=lambda p: p.place) if self.down.get(p, (0, 0))[1] is not None or p not in self.down]
        for second, who, status in ((self.at(16, draw.below(120)), guess, "expected"),
                                    (self.tip - self.at(0, 28 + draw.below(5)), well, "confirmed")):
            self.put(second, "lineup", team=team.code, starters=sorted(p.name for p in who[:5]), status=status, src="sample")

    # what the books show

    def totals(self, away, home):
        draw = self.draw
        points, spread = expected(away, home)
        points, spread = half(points + draw.normal(0, 3)), half(spread + draw.normal(0, 1.5))
        second, status = self.at(12, draw.below(30)), "open"
        while second < self.tip - 300:
            self.put(second, "game_total", spread_home=spread, total=points, status=status, src="sample")
            for book in BOOKS[:2]:
                for code, point in ((home.code, spread), (away.code, -spread)):
                    self.put(second + 20, "game_odds", book=book, market="spreads", selection=code, price_decimal=1.91, point=point, src="sample")
                    win = 1 / (1 + math.exp(point / 6.5))
                    self.put(second + 20, "game_odds", book=book, market="h2h", selection=code,
                             price_decimal=round(.96 / min(.96, max(.04, win)), 2), src="sample")
            second, status = second + self.at(0, 50 + draw.below(160)), "move"
            points, spread = points + half(draw.normal(0, 1)), spread + half(draw.normal(0, .6))

    def props(self, team, player):
        draw = self.draw
        markets = [m for m in MARKETS if m in ("points", "rebounds", "assists", "threes", "pra") or draw.chance(.45)]
        for market in markets:
            mean = sum(player.per_game(stat) for stat in MARKETS[market])
            if mean < .4:
                continue
            for book in BOOKS:
                if draw.chance(.85):
                    self.quote(team, player, market, book, mean)
        if draw.chance(.5):  # a market that is not in the contract
            self.put(self.at(14, draw.below(300)), "odds", book=BOOKS[0], player=player.name, team=team.code, market="fga",
                     line=half(player.rates["fga"] * player.minutes()) // 1 + .5, status="open", src="sample")

    def quote(self, team, player, market, book, mean):
        """One book's line through the day: opened, moved, taken down and put up with the player."""
        draw = self.draw
        mean *= math.exp(draw.normal(0, .04))
        second, status, down = self.at(14, draw.below(90), draw.below(60)), "open", self.down.get(player)
        taken = False
        while second < self.tip - 120:
            if down and second >= down[0] and (down[1] is None or second < down[1]):
                if not taken and status != "open":
                    self.put(second, "odds", book=book, player=player.name, team=team.code, market=market, status="off", src="sample")
                    self.take_alternates_down(second, team, player, market, book, ())
                taken = True
                if down[1] is None:
                    return
                second, status = down[1] + draw.below(600), "open"
                continue
            self.show(second, team, player, market, book, mean, status)
            gap = self.at(0, 20 + draw.below(300 if player.minutes() < 25 else 180))
            after, status = second + gap, "move"
            second = down[0] + draw.below(90) if down and second < down[0] < after else after
            mean *= math.exp(draw.normal(0, .03))

    def chance_over(self, mean, line):
        sd = math.sqrt(mean + (.16 * mean) ** 2) + .05
        return .5 * math.erfc((line - mean + .12) / (sd * math.sqrt(2)))

    def show(self, second, team, player, market, book, mean, status):
        lines = [max(.5, math.floor(mean) + .5)]
        if self.draw.chance(.06):
            lines = [max(1.0, float(round(mean)))]  # a whole number can push
        if book == ALTERNATES and market in ("points", "rebounds", "assists", "pra") and mean > 6:
            step = 1 if mean < 14 else 2.5 if mean < 30 else 5
            lines += [lines[0] - step, lines[0] + step, lines[0] + 2 * step]
        self.take_alternates_down(second, team, player, market, book, lines[1:])
        for line in lines:
            p = min(.93, max(.07, self.chance_over(mean, line) + self.draw.normal(0, .01)))
            event = dict(book=book, player=player.name, team=team.code, market=market, line=line, over=american(p), under=american(1 - p))
            if self.draw.chance(.01):
                event.pop("under")  # some sides are not on offer
            prev = self.quotes.get((player, market, book)) if line == lines[0] else None
            self.put(second, "odds", **event, prev=prev, status=status, src="sample")
        self.quotes[player, market, book] = lines[0]

    def take_alternates_down(self, second, team, player, market, book, still):
        """Those that are shown no longer."""
        shown = self.alternates.get((player, market, book), ())
        for line in shown:
            if line not in still:
                self.put(second, "odds", book=book, player=player.name, team=team.code, market=market, line=line, alt=True,
                         status="off", src="sample")
        self.alternates[player, market, book] = tuple(still)


def make(directory, seed, date):
    """Writes all files; [(name, "N rows")...]."""
    draw, files = Draw(seed), Files(directory)
    league = League(draw)
    second_day = date - datetime.timedelta(days=SEASON_STARTED)
    first_day = second_day - datetime.timedelta(days=SEASONS_APART)
    play_season(draw, league, first_day, calendar(draw, league, SEASON_DAYS, SEASON_GAMES), SEASON_DAYS, files)
    league.summer()
    plan = calendar(draw, league, SEASON_DAYS, SEASON_GAMES)
    number = sum(len(pairs) for pairs in plan[:SEASON_STARTED])
    play_season(draw, league, second_day, plan, SEASON_STARTED, files)
    write_schedule(second_day, plan, files)
    tonight = plan[SEASON_STARTED]
    events = Night(draw, date, tonight, [game_id(second_day, number + 1 + n) for n in range(len(tonight))]).make()
    files.put("night.ndjson.gz", len(events), "".join(json.dumps(e, ensure_ascii=False) + "\n" for e in events))
    return files.written
