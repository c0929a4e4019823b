"""A made-up night, the same for the same seed: games, rosters and everything that happens to them, without a database.

    night = made_up(random.Random(7), date)
    night.opening   slate entries: who plays whom, when, with whom; to be settled before the rest (see below)
    night.events    all else, in the order it happened; each (stream, fields, malformed), malformed None or (reason, field)

What is late for a game depends on whether its tip was known, so the opening goes first. Beyond that the night is made so
that any interleaving of the streams must end in the same reports: tips move only between hours in which nothing happens
to that game, copies of an event (same event_id) come before the field's next event, and what is later than tip is so
for each tip that the game ever had.
"""
import json

import harness
import oracle

TEAMS = ("ATL", "BOS", "BKN", "CHI", "DAL", "DEN", "GSW", "HOU", "LAL", "MIA", "NYK", "PHX")
FIRST = ("Aaron", "Bojan", "Caleb", "Dario", "Élie", "Franz", "Goran", "Hugo", "Ivica", "Jaylen", "Kristaps", "Luka")
LAST = ("Adams", "Bogdanović", "Collins", "Dončić", "Edwards", "Fox Jr.", "Green", "Hart III", "Ingram", "Jokić", "Kuzma",
        "O'Neale", "Şengün")
MARKETS = ("points", "rebounds", "assists", "threes", "steals", "blocks", "turnovers", "pra", "pr", "pa", "ra")
BOOKS = ("draftkings", "fanduel", "betmgm")
STATUS = ("out", "doubtful", "questionable", "probable", "available")
REASONS = ("left ankle; sprain", "rest", "illness", "right knee – soreness", "")
TIP = "25:00"  # of all games, at first; hours count from the game date's midnight UTC


class MadeUp:
    def __init__(self, date):
        self.date, self.opening, self.events = date, [], []
        self.games, self.rosters, self.names = [], {}, {}

    @property
    def malformed(self):
        return [event for event in self.events if event[2]]


def made_up(random, date, games=4, players=7, happenings=600, malformed=12):
    night = MadeUp(date)
    teams = random.sample(TEAMS, 2 * games)
    names = random.sample([f"{first} {last}" for first in FIRST for last in LAST], 2 * games * players + 4)
    night.games = [harness.game(date, f"{a}@{b}") for a, b in zip(teams[::2], teams[1::2])]
    for n, team in enumerate(teams):
        night.rosters[team] = names[n * players:(n + 1) * players]
    loose = names[-4:]  # on no slate: games that only events name
    for name in night.games:
        night.opening.append(("slate", {"game_id": name, "tip": harness.moment(date, TIP), "status": "scheduled"}, None))
    for team, roster in night.rosters.items():
        for player in roster:
            night.opening.append(("slate", {"player_lookup": player, "game_date": date, "team": team, "status": "active"}, None))
    _Maker(random, night, teams, loose).fill(happenings, malformed)
    return night


class _Maker:
    """Draws happenings; knows the facts of the night as its producers would."""

    def __init__(self, random, night, teams, loose):
        self.random, self.night, self.teams, self.loose = random, night, teams, loose
        self.moved, self.lines, self.copies = set(), {}, 0
        self.team_of = {p: team for team, roster in night.rosters.items() for p in roster}
        self.players = list(self.team_of)

    def fill(self, happenings, malformed):
        draws = (("quote", 44), ("side", 8), ("alternate", 10), ("off", 6), ("injury", 9), ("lineup", 4), ("total", 5), ("regenerate", 6),
                 ("trade", 1), ("inactive", 1), ("retime", 0.7), ("postpone", 0.5), ("loose", 3), ("late", 3))
        names, weights = zip(*draws)
        for what in self.random.choices(names, weights, k=happenings):
            getattr(self, "_" + what)()
        for _ in range(malformed):
            at = self.random.randrange(len(self.night.events) + 1)
            self.night.events.insert(at, self._malformed())

    # --- forms of the same entry

    def put(self, stream, fields, may_copy=True):
        random, date = self.random, self.night.date
        fields = {k: v for k, v in fields.items() if v is not None}
        if "player_lookup" in fields and random.random() < .6:
            fields["player_lookup"] = oracle.fold_name(fields["player_lookup"])
        if "game_id" not in fields or random.random() < .5:
            fields["game_date"] = date
        if random.random() < .1:
            fields["priority"] = random.choice(("urgent", "high", "normal", "low"))
        if may_copy and random.random() < .06:
            self.copies += 1
            fields["event_id"] = f"made-up-{self.copies}"
        entry = self.as_data(fields) if random.random() < .3 else fields
        copies = random.choice((1, 2)) if "event_id" in fields else 0
        for _ in range(1 + copies):
            self.night.events.append((stream, entry, None))

    def as_data(self, fields):
        """The slow form, with numbers as numbers or as text."""
        def value(name, text):
            if name in ("line", "over", "under", "price", "total", "spread", "alt", "force", "confirmed") and self.random.random() < .7:
                return json.loads(str(text).lstrip("+"))
            if name == "starters" and self.random.random() < .7:
                return text.split(",")
            return str(text)
        return {"data": json.dumps({k: value(k, v) for k, v in fields.items()}, ensure_ascii=self.random.random() < .5)}

    def price(self):
        return self.random.choice((None, -110, -115, 100, "+120", 145, -250, -105))

    def line(self, text=True):
        whole = self.random.randrange(0, 45)
        return f"{whole}.{self.random.choice(('5', '50', '0', '25'))}" if self.random.random() < .8 else str(whole)

    def before_tip(self):
        """At the source, at most an hour before the earliest tip there is."""
        return harness.moment(self.night.date, f"{self.random.randrange(12, 23):02}:{self.random.randrange(60):02}")

    # --- happenings

    def _quote(self, player=None, **more):
        player = player or self.random.choice(self.players)
        market, book = self.random.choice(MARKETS), self.random.choice(BOOKS)
        line = self.line()
        self.lines[(player, market, book)] = line
        self.put("odds", dict(player_lookup=player, market=market, book=book, line=line, over=self.price(), under=self.price(),
                              ts=self.random.choice((None, self.before_tip())), **more))

    def _side(self):
        """One side alone, mostly of a line that stands, now and then of an alternate."""
        player, market, book = (self.random.choice(list(self.lines)) if self.lines and self.random.random() < .9 else
                                (self.random.choice(self.players), "points", "fanduel"))
        line = self.lines.get((player, market, book), "9.5") if self.random.random() < .6 else self.line()
        off = self.random.random() < .15
        alternate = self.random.random() < .15
        self.put("odds", dict(player_lookup=player, market=market, book=book, side=self.random.choice(("over", "under")),
                              alt=1 if alternate else None, line=None if off and not alternate else "9.5" if alternate else line,
                              price=None if off else self.random.choice((-110, 105, -250)), status="off" if off else None))

    def _alternate(self):
        player, market, book = self.random.choice(self.players), self.random.choice(MARKETS[:4]), self.random.choice(BOOKS)
        self.put("odds", dict(player_lookup=player, market=market, book=book, alt=1, line=self.random.choice(("4.5", "9.5", "14.5")),
                              over=self.price(), under=self.price(), status=self.random.choice((None, "open", "off"))))

    def _off(self):
        player, market, book = (self.random.choice(list(self.lines)) if self.lines and self.random.random() < .8 else
                                (self.random.choice(self.players), "points", "fanduel"))
        self.put("odds", dict(player_lookup=player, market=market, book=book, status="off"))

    def _injury(self):
        player = self.random.choice(self.players)
        team = None if player in self.moved else self.random.choice((None, self.team_of[player]))
        self.put("injury", dict(player_lookup=player, status=self.random.choice(STATUS), team=team,
                                reason=self.random.choice(REASONS) or None))

    def _lineup(self):
        team = self.random.choice(self.teams)
        starters = self.random.sample(self.night.rosters[team], 5)
        self.put("lineup", dict(team=team, starters=",".join(starters), confirmed=self.random.choice((0, 1))))

    def _total(self):
        name = self.random.choice(self.night.games)
        total, spread = f"{self.random.randrange(400, 500) / 2:g}", f"{self.random.randrange(-20, 20) / 2:g}"
        both = self.random.choice(((total, None), (None, spread), (total, spread)))
        self.put("odds", dict(game_id=name, total=both[0], spread=both[1], book=self.random.choice(BOOKS)))

    def _regenerate(self):
        scope = self.random.choices(("player_lookup", "team", "game_id", "slate"), (6, 1, 1, 0.3))[0]
        value = {"player_lookup": self.random.choice(self.players), "team": self.random.choice(self.teams),
                 "game_id": self.random.choice(self.night.games), "slate": None}[scope]
        self.put("regenerate", dict({scope: value} if value else {"game_date": self.night.date}, force=self.random.choice((None, 0, 1))))

    def _trade(self):
        player = self.random.choice(self.players)
        team = self.random.choice(self.teams)
        self.moved.add(player)
        self.put("slate", dict(player_lookup=player, team=team, status="active"))

    def _inactive(self):
        player = self.random.choice(self.players)
        self.moved.add(player)
        self.put("slate", dict(player_lookup=player, team=self.team_of[player], status=self.random.choice(("inactive", "active"))))

    def _retime(self):
        name = self.random.choice(self.night.games)
        self.put("slate", dict(game_id=name, tip=harness.moment(self.night.date, self.random.choice(("24:00", "24:30", "25:30", "26:00"))),
                               status="scheduled"))

    def _postpone(self):
        name = self.random.choice(self.night.games)
        self.put("slate", dict(game_id=name, tip=harness.moment(self.night.date, TIP),
                               status=self.random.choice(("postponed", "cancelled", "scheduled"))))

    def _loose(self):
        """Always the same game for the same player: the newest one that an event named would be another test's matter."""
        n = self.random.randrange(len(self.loose))
        self._quote(self.loose[n], game_id=self.night.games[n % len(self.night.games)], team=self.teams[2 * (n % len(self.night.games))])

    def _late(self):
        """Later than any tip that any game ever has."""
        player = self.random.choice(self.players)
        ts = harness.moment(self.night.date, "29:30")
        if self.random.random() < .7:
            self.put("odds", dict(player_lookup=player, market="points", book="fanduel", line="99.5", ts=ts), may_copy=False)
        else:
            self.put("injury", dict(player_lookup=player, status="out", reason="late", ts=ts), may_copy=False)

    # --- entries that nobody can use

    def _malformed(self):
        player, date = self.random.choice(self.players), self.night.date
        quote = dict(player_lookup=player, game_date=date, market="points", book="fanduel", line="20.5")
        stream, fields, field = self.random.choice((
            ("odds", {**quote, "line": "2o.5"}, "line"),
            ("odds", {**quote, "line": "20.555"}, "line"),
            ("odds", {**quote, "line": "200.5"}, "line"),
            ("odds", {**quote, "market": "dunks"}, "market"),
            ("odds", {**quote, "over": "50"}, "over"),
            ("odds", {**quote, "under": "-99"}, "under"),
            ("odds", {k: v for k, v in quote.items() if k != "line"}, "line"),
            ("odds", {k: v for k, v in quote.items() if k != "game_date"}, None),
            ("odds", {**quote, "priority": "first"}, "priority"),
            ("odds", {"data": "{\"player_lookup\": "}, "data"),
            ("injury", dict(player_lookup=player, game_date=date, status="hurt"), "status"),
            ("injury", dict(game_date=date, status="out"), "player_lookup"),
            ("lineup", dict(game_date=date, starters=player), "team"),
            ("lineup", dict(team=self.teams[0], game_date=date), "starters"),
            ("regenerate", dict(player_lookup=player, game_date="2026-13-40"), "game_date"),
            ("regenerate", dict(player_lookup=player, game_date=date, force="maybe"), "force"),
            ("slate", dict(game_id=self.night.games[0], tip="tomorrow"), "tip"),
        ))
        return stream, fields, ("malformed", field)


def shuffled(random, events):
    """The same events in another interleaving: the order within each stream stays."""
    queues = {}
    for event in events:
        queues.setdefault(event[0], []).append(event)
    order = [stream for stream, queue in queues.items() for _ in queue]
    random.shuffle(order)
    heads = {stream: iter(queue) for stream, queue in queues.items()}
    return [next(heads[stream]) for stream in order]


def send(test, events):
    """XADDs them in order; returns {(stream, id): (reason, field)} of the malformed ones."""
    numbers = test.add_all([(stream, fields) for stream, fields, _ in events])
    return {(event[0], number): event[2] for number, event in zip(numbers, events) if event[2]}
