"""Timelines: what a night's sources said, one JSON object a line, and what of it goes to propsd.

    events = read("night.ndjson.gz")
    mapper = Mapper()
    for entry in mapper.entries(events):    # entry.stream, entry.fields, entry.ts
        ...XADD...
    mapper.not_sent                         # Counter: what stayed behind, by kind

    state = fold(sent, tips(events))        # sent: [(stream, id, fields)...]: what must be known when all is quiet

Mapping (docs/events.md has it as a table):
  odds         to `odds`. Markets outside the contract stay behind. open and move -> open; off -> off, without a line: the
               main line is taken down, alternates stand. Several lines of one player, market and book at the same ts: the
               one whose prices are closest to even is the main line, of equal ones the lower; the rest are alternates. A
               source that knows says so itself: "alt": true, with off too, which then takes that line down.
  game_total   to `odds`: total, spread (the home side's); the source is the book, for these come without one
  game_odds    spreads to `odds`: spread of the home side, whichever side is quoted; h2h and other prices stay behind
  injury       to `injury`: Day-To-Day -> questionable, Suspension -> out; the note is the reason, cut to 256 bytes
  lineup       to `lineup`: confirmed or expected
  tip          to `slate` on request (games_first), ahead of all else; a league's schedule has them already
  others       stay behind
"""
import collections
import datetime
import gzip
import json
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction

MARKETS = ("points", "rebounds", "assists", "threes", "steals", "blocks", "turnovers", "pra", "pr", "pa", "ra")
INJURY = {"out": "out", "suspension": "out", "doubtful": "doubtful", "questionable": "questionable",
          "day-to-day": "questionable", "probable": "probable", "available": "available"}
VALUE_MAX = 256  # bytes of a field's value
SUFFIXES = ("jr", "sr", "ii", "iii", "iv", "v")
LETTERS = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ß": "ss"})

Entry = collections.namedtuple("Entry", "stream fields ts")


class Malformed(Exception):
    """A line that is no event; says which."""


# --- words

def spoken(name):
    """"Jackson, Jaren Jr." -> "Jaren Jackson Jr.": a name with a comma has its last name first; a suffix comes last."""
    last, comma, first = name.partition(",")
    if not comma:
        return name
    if first.partition(",")[0].strip(" .").lower() in SUFFIXES and first.count(","):  # "Jackson, Jr., Jaren"
        suffix, _, first = first.partition(",")
        last += " " + suffix
    first, last = first.split(), last.split()
    suffixes = [part.pop() for part in (last, first) if part and part[-1].strip(".,").lower() in SUFFIXES]
    return " ".join(first + last + suffixes)


def fold_name(name):
    """"Luka Dončić" -> "lukadoncic": the contract's player_lookup. "Jalen Williams@CHA" keeps its team, "Doncic, Luka" is turned."""
    whole = re.fullmatch(r"(.+)(@[A-Z]{3}) *", name, re.DOTALL)
    plain = unicodedata.normalize("NFKD", spoken(whole[1] if whole else name)).lower().translate(LETTERS)
    bare = "".join(c for c in unicodedata.normalize("NFKD", plain) if c in "abcdefghijklmnopqrstuvwxyz0123456789")
    return bare + whole[2] if bare and whole else bare


def game_id(date, teams):
    """"2025-11-15", "LAL@GSW" -> "20251115_LAL_GSW"."""
    away, home = teams.split("@")
    return f"{date.replace('-', '')}_{away}_{home}"


def time_ms(text):
    when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(when.timestamp() * 1000)


def number(value):
    """As the wire has it: at most two decimals, no trailing zeros. 12.5 -> "12.5", 3.0 -> "3"."""
    text = f"{Decimal(str(value)).quantize(Decimal('0.01')):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain_text(text):
    """Fit for a value: one line, at most VALUE_MAX bytes of UTF-8."""
    line = " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text).split())
    return line.encode()[:VALUE_MAX].decode("utf-8", "ignore")


# --- reading

class Event(dict):
    """One line, which knows where it stands: what is wrong with it is told with file and line."""
    at = "?"

    def needs(self, name):
        if self.get(name) is None:
            raise Malformed(f"{self.at}: {self['type']} has no {name}")
        return self[name]


def _is_time(value):
    try:
        time_ms(value)
        return True
    except (ValueError, AttributeError):
        return False


def _is_date(value):
    return isinstance(value, str) and bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value)) and _is_time(value + "T00:00:00Z")


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e9


def _is_price(value):
    return isinstance(value, int) and not isinstance(value, bool) and 100 <= abs(value)


def _is_text(value):
    return isinstance(value, str)


# What a field of a line that is sent must be; null is as if it were not there.
FORMS = [
    (("ts",), _is_time, "a time such as 2026-03-23T18:00:00Z"),
    (("game_date",), _is_date, "a date such as 2026-03-23"),
    (("game",), lambda value: _is_text(value) and bool(re.fullmatch(r"[^@]+@[^@]+", value)), "AWAY@HOME, such as LAL@GSW"),
    (("player", "team", "book", "market", "status", "note", "src", "selection"), _is_text, "a text"),
    (("line", "total", "spread_home", "point"), _is_number, "a number"),
    (("over", "under"), _is_price, "an American price, whole, such as -110"),
    (("starters",), lambda value: isinstance(value, list) and all(map(_is_text, value)), "a list of names"),
]
FORM = {name: (fits, want) for names, fits, want in FORMS for name in names}
NEEDS = {"odds": ("game_date", "game", "player", "market", "book", "status"), "game_total": ("game_date", "game"),
         "game_odds": ("game_date", "game", "market"), "injury": ("game_date", "game", "player", "status"),
         "lineup": ("game_date", "game", "starters", "status"), "tip": ("game_date", "game")}


def check(event):
    """What is sent has all it needs, and each field is what it must be."""
    for name in NEEDS.get(event["type"], ()):
        event.needs(name)
    for name, value in event.items() if event["type"] in NEEDS else ():
        fits, want = FORM.get(name, (None, None))
        if fits and value is not None and not fits(value):
            raise Malformed(f"{event.at}: {event['type']}: {name} is {json.dumps(value, ensure_ascii=False)[:80]}; it must be {want}")


def read(path):
    """All events of a file, plain or gzip, in its order."""
    events = []
    with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as lines:
        for n, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                said = json.loads(line)
            except ValueError as error:
                raise Malformed(f"{path}:{n}: not a JSON object: {error}") from None
            if not isinstance(said, dict) or "ts" not in said or not isinstance(said.get("type"), str):
                raise Malformed(f"{path}:{n}: an event is a JSON object with ts and type")
            event = Event(said)
            event.at = f"{path}:{n}"
            check(event)
            events.append(event)
    return events


def tips(events):
    """{game id: tip in ms}"""
    return {game_id(e["game_date"], e["game"]): time_ms(e["ts"]) for e in events if e["type"] == "tip"}


# --- mapping

def probability(price):
    """What an American price alone says of its side."""
    return Fraction(100, 100 + price) if price > 0 else Fraction(-price, 100 - price)


def unevenness(event):
    """How far a quote's prices are from even; 1 where there is none."""
    over, under = event.get("over"), event.get("under")
    if over and under:
        p, q = probability(over), probability(under)
        return abs(p / (p + q) - Fraction(1, 2))
    price = over or under
    return abs(probability(price) - Fraction(1, 2)) if price else Fraction(1)


class Mapper:
    def __init__(self):
        self.not_sent = collections.Counter()

    def entries(self, events, games_first=False):
        """Entries in the order in which they are to be sent."""
        if games_first:
            yield from self._games(events)
        quotes = _together(events)
        by_type = {"odds": lambda e: self._odds(e, quotes), "game_total": self._game_total, "game_odds": self._game_odds,
                   "injury": self._injury, "lineup": self._lineup}
        for e in events:
            try:
                yield from by_type.get(e["type"], self._unknown)(e)
            except KeyError as missing:
                raise Malformed(f"{getattr(e, 'at', '?')}: {e['type']} at {e['ts']} has no {missing.args[0]}") from None
        if games_first:
            self.not_sent.pop("tip", None)

    def _games(self, events):
        for e in events:
            if e["type"] == "tip":
                yield Entry("slate", {"game_id": game_id(e["game_date"], e["game"]), "tip": e["ts"], "status": "scheduled"}, e["ts"])

    @staticmethod
    def _common(e):
        fields = {"game_id": game_id(e["game_date"], e["game"]), "ts": e["ts"]}
        if e.get("team"):
            fields["team"] = e["team"]
        return fields

    def _stay(self, kind):
        self.not_sent[kind] += 1
        return ()

    def _unknown(self, e):
        return self._stay(e["type"])

    def _odds(self, e, quotes):
        if e["market"] not in MARKETS:
            return self._stay(f"odds, market {e['market']}")
        fields = {"player_lookup": fold_name(e["player"]), **self._common(e), "market": e["market"], "book": e["book"]}
        if e["status"] == "off" and not e.get("alt"):
            return [Entry("odds", {**fields, "status": "off"}, e["ts"])]
        if e.get("line") is None:
            return self._stay("odds, without a line")
        fields["line"] = number(e["line"])
        if e["status"] == "off":
            return [Entry("odds", {**fields, "alt": "1", "status": "off"}, e["ts"])]
        for side in ("over", "under"):
            if e.get(side):
                fields[side] = str(e[side])
        if e.get("alt") or e is not min(quotes[_quote(e)], key=lambda q: (unevenness(q), q["line"])):
            fields["alt"] = "1"
        return [Entry("odds", fields, e["ts"])]

    def _game_total(self, e):
        fields = {**self._common(e), "book": e.get("book") or e["src"]}
        for theirs, ours in (("total", "total"), ("spread_home", "spread")):
            if e.get(theirs) is not None:
                fields[ours] = number(e[theirs])
        if "total" not in fields and "spread" not in fields:
            return self._stay("game_total, without figures")
        return [Entry("odds", fields, e["ts"])]

    def _game_odds(self, e):
        if e["market"] != "spreads":
            return self._stay(f"game_odds, market {e['market']}")
        home = e["game"].split("@")[1]
        point = e["point"] if e["selection"] == home else -e["point"]
        return [Entry("odds", {**self._common(e), "book": e["book"], "spread": number(point)}, e["ts"])]

    def _injury(self, e):
        status = INJURY.get(e["status"].lower())
        if not status:
            return self._stay(f"injury, status {e['status']}")
        fields = {"player_lookup": fold_name(e["player"]), **self._common(e), "status": status}
        reason = plain_text(e.get("note") or "")
        if reason:
            fields["reason"] = reason
        return [Entry("injury", fields, e["ts"])]

    def _lineup(self, e):
        starters = ",".join(fold_name(name) for name in e["starters"])
        return [Entry("lineup", {**self._common(e), "starters": starters,
                                 "confirmed": "1" if e["status"] == "confirmed" else "0"}, e["ts"])]


def _quote(e):
    return e["ts"], e["game"], e["player"], e["market"], e["book"]


def _together(events):
    """The lines that a book shows at once for a player and market."""
    quotes = collections.defaultdict(list)
    for e in events:
        if e["type"] == "odds" and e["status"] != "off" and not e.get("alt") and e.get("line") is not None:
            quotes[_quote(e)].append(e)
    return quotes


# --- the fold: what is known once everything was taken in

def _order(stream_id):
    ms, seq = (stream_id.decode() if isinstance(stream_id, bytes) else stream_id).split("-")
    return int(ms), int(seq)


def figure(text):
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)


def _sides(f):
    """What an entry says of the sides of its quote: {side: (line, price or None), or None where it takes it down}. With one
    price alone it takes the other side down; without any, both are there."""
    side, off, line = f.get("side"), f.get("status") == "off", figure(f["line"]) if "line" in f else None
    if side:
        return {side: None if off else (line, figure(f["price"]))}
    price = {name: figure(f[name]) for name in ("over", "under") if name in f}
    return {name: None if off or (price and name not in price) else (line, price.get(name)) for name in ("over", "under")}


def _quotes(over, under):
    """The quotes that two sides make, each given as (key, (line, price)) or None: one at equal lines, else the newer first."""
    sides = [(key, name, line, price) for name, side in (("over", over), ("under", under)) if side for key, (line, price) in (side,)]
    if len(sides) == 2 and sides[0][2] != sides[1][2]:
        return [{"line": line, **({} if price is None else {name: price})} for _, name, line, price in sorted(sides, key=lambda s: s[0], reverse=True)]
    return [{"line": sides[0][2], **{name: price for _, name, _, price in sides if price is not None}}] if sides else []


def _show_quotes(fields, players):
    """Main lines and alternates of all books; a main side that was left behind at another line is one of the alternates, unless
    the book has one at that line."""
    quotes = collections.defaultdict(dict)
    for field, (key, value) in fields.items():
        if field[0] == "quote" and value is not None:
            quotes[field[1:5]][field[5]] = key, value
    for (player, market, book, line), sides in sorted(quotes.items(), key=lambda item: [str(part) for part in item[0]]):
        shown = _quotes(sides.get("over"), sides.get("under"))
        entry = players[player].setdefault("markets", {}).setdefault(market, {}).setdefault(book, {})
        if line is None:
            entry.update(shown[0])
        behind = shown[1:] if line is None else shown
        taken = [q[3] for q in quotes if q[:3] == (player, market, book)] if line is None else []
        alternates = [quote for quote in behind if quote["line"] not in taken]
        if alternates:
            entry["alternates"] = sorted(entry.get("alternates", []) + alternates, key=lambda quote: quote["line"])


def fold(sent, tip_of=None):
    """Sequential: per field the entry with the highest id counts, and replaces it whole; of a quote each side is a field. `sent`:
    [(stream, id, flat fields)] of entries that are valid, in the contract's own words and American prices; an entry later than its
    game's tip in `tip_of` counts as expired.

    players  {lookup: {"game_id", "team"?, "markets": {market: {book: {"line"?, "over"?, "under"?, "alternates"?: [...]}}},
                       "injury"?: {"status", "reason"?}, "starter"?: true}}
    games    {game id: {"total": {book: x}, "spread": {book: x}}}
    lineups  {team: {"starters": [...], "confirmed": 0|1}}
    expired  [[stream, id]...]
    """
    fields, players, expired = {}, {}, []

    def put(field, key, value):
        if field not in fields or key > fields[field][0]:
            fields[field] = key, value

    for stream, stream_id, f in sent:
        key = _order(stream_id)
        tip = (tip_of or {}).get(f.get("game_id"))
        if stream in ("odds", "injury", "lineup") and tip is not None and "ts" in f and time_ms(f["ts"]) > tip:
            expired.append([stream, stream_id])
            continue
        player = f.get("player_lookup")
        if player and stream in ("odds", "injury"):
            known = players.setdefault(player, {})
            known.update({name: f[name] for name in ("game_id", "team") if name in f})
        if stream == "odds" and player:
            line = figure(f["line"]) if f.get("alt") == "1" else None
            for side, value in _sides(f).items():
                put(("quote", player, f["market"], f["book"], line, side), key, value)
        elif stream == "odds":
            for name in ("total", "spread"):
                if name in f:
                    put((name, f["game_id"], f["book"]), key, figure(f[name]))
        elif stream == "injury":
            put(("injury", player), key, {name: f[name] for name in ("status", "reason") if name in f})
        elif stream == "lineup":
            put(("lineup", f["team"]), key, {"starters": sorted(set(f["starters"].split(","))), "confirmed": int(f["confirmed"])})

    games = collections.defaultdict(lambda: {"total": {}, "spread": {}})
    lineups = {}
    _show_quotes(fields, players)
    for field, (_, value) in sorted(fields.items(), key=lambda item: [str(part) for part in item[0]]):
        if field[0] in ("total", "spread"):
            games[field[1]][field[0]][field[2]] = value
        elif field[0] == "injury":
            players[field[1]]["injury"] = value
        elif field[0] == "lineup":
            lineups[field[1]] = value
            for starter in value["starters"]:
                players.setdefault(starter, {"team": field[1]})["starter"] = True
    return {"players": players, "games": dict(games), "lineups": lineups, "expired": expired}


# --- entries that must end in the dead letters

def malformed(random, entry_of):
    """One entry that nobody can use, made of a good one: (stream, [(field, value)...], the field at fault or None).
    `random`: random.Random; `entry_of`: {stream: fields of a valid entry}."""
    quote, injury, lineup = entry_of.get("odds"), entry_of.get("injury"), entry_of.get("lineup")
    game = next(f["game_id"] for f in entry_of.values() if "game_id" in f)
    date = f"{game[:4]}-{game[4:6]}-{game[6:8]}"
    kinds = [
        ("regenerate", {"player_lookup": "lebronjames", "game_date": f"{date[:8]}32"}, "game_date"),
        ("regenerate", {"player_lookup": "lebronjames", "game_date": date, "force": "maybe"}, "force"),
        ("regenerate", {"player_lookup": "!!!", "game_date": date}, "player_lookup"),
        ("slate", {"game_id": game, "tip": "half past seven"}, "tip"),
        ("slate", {"game_id": "tonight", "status": "scheduled"}, "game_id"),
        ("injury", {"player_lookup": "lebronjames", "game_id": game, "status": "hurt"}, "status"),
        ("injury", {"data": '{"player_lookup": "lebronjames",'}, "data"),
    ]
    if quote:
        kinds += [("odds", {**quote, "line": "2x.5", "status": "open"}, "line"),
                  ("odds", {**quote, "line": "20.125", "status": "open"}, "line"),
                  ("odds", {**quote, "line": "250.5", "status": "open"}, "line"),
                  ("odds", {**quote, "market": "dunks"}, "market"),
                  ("odds", {**quote, "over": "55"}, "over"),
                  ("odds", {k: v for k, v in quote.items() if k != "book"}, "book"),
                  ("odds", {**quote, "priority": "first"}, "priority"),
                  ("odds", {**quote, "book": b"b\xff"}, "book"),
                  ("odds", [*quote.items(), ("market", quote["market"])], "market")]
    if injury:
        kinds += [("injury", {k: v for k, v in injury.items() if k != "player_lookup"}, "player_lookup"),
                  ("injury", {**injury, "ts": "yesterday"}, "ts")]
    if lineup:
        kinds += [("lineup", {k: v for k, v in lineup.items() if k != "team"}, "team"),
                  ("lineup", {**lineup, "confirmed": "perhaps"}, "confirmed")]
    stream, fields, field = kinds[random.randrange(len(kinds))]
    return stream, list(fields.items()) if isinstance(fields, dict) else fields, field
