"""What the reports must say: a sequential pass over everything that was sent.

Streams are unordered among each other, so the pass is taken per field: of all entries that speak of a field the one with
the highest order key counts (the entry's id; a regenerate's not_before; a retried dead letter's origin). The slate is such
fields too, and who reads what follows from the final slate. So the result is one state, whatever order the entries
arrived in, save for expiry: an entry whose time lies between tips that its game ever had may count or not. The nights that
are made up have no such entry; fold() refuses one (Ambiguous).

This file shares nothing with the daemon: names, numbers, times, rosters are worked out here again.
"""
import bisect
import collections
import csv
import datetime
import functools
import glob
import gzip
import json
import os
import re
import unicodedata
from decimal import Decimal

import harness

LATE = ("odds", "total", "injury", "lineup")  # kinds that expire at tip-off
SUFFIX = re.compile(r"(.+?)(jr|sr|ii|iii|iv|v)$")
LETTERS = {"đ": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ß": "ss"}


class Ambiguous(Exception):
    """The night holds an entry on which two right daemons may differ."""


# --- words on the wire

def fold_name(text):
    """"Luka Dončić" -> "lukadoncic", "Jalen Williams@CHA" -> "jalenwilliams@CHA". "Doncic, Luka" is turned, a suffix comes last."""
    whole = re.fullmatch(r"(.+)(@[A-Z]{3}) *", text, re.DOTALL)
    plain = whole[1] if whole else text
    if "," in plain:
        last, first = (re.findall(r"[^ ,]+", part) for part in plain.split(",", 1))
        ends = [part.pop() for part in (last, first) if part and re.fullmatch("jr|sr|ii|iii|iv|v", fold_name(part[-1]))]
        plain = " ".join(first + last + ends)
    plain = unicodedata.normalize("NFKD", plain).lower()
    plain = "".join(LETTERS.get(c, c) for c in plain)
    bare = "".join(c for c in unicodedata.normalize("NFKD", plain) if c.isascii() and c.isalnum())
    return bare + whole[2] if bare and whole else bare


def stem(lookup):
    found = SUFFIX.match(lookup)
    return found.group(1) if found else lookup


def order(stream_id):
    """"1700000000000-3" -> (1700000000000, 3)"""
    ms, _, seq = stream_id.partition("-")
    return int(ms), int(seq or 0)


def time_ms(text):
    """RFC 3339 or Unix ms."""
    if re.fullmatch(r"\d+", text):
        return int(text)
    when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))
    return int(when.timestamp() * 1000)


def number(text):
    return None if text in (None, "") else Decimal(text)


def flat(pairs):
    """Fields of an entry as text, `data` opened."""
    fields = {}
    for name, value in pairs:
        name = name.decode() if isinstance(name, bytes) else str(name)
        fields[name] = value.decode() if isinstance(value, bytes) else str(value)
    if "data" not in fields:
        return fields
    return {name: ",".join(map(str, value)) if isinstance(value, list) else
            str(int(value)) if isinstance(value, bool) else str(value)
            for name, value in json.loads(fields["data"], parse_float=str).items()}


class Event:
    """One valid entry, decoded."""

    def __init__(self, stream, stream_id, pairs, league=None):
        self.stream, self.id = stream, stream_id
        f = self.fields = flat(pairs)
        self.key = order(f["origin"]) if "origin" in f else order(stream_id)
        self.event_id = f.get("event_id")
        self.ts = time_ms(f["ts"]) if "ts" in f else self.key[0]
        self.game = f.get("game_id") or None
        if self.game and re.fullmatch(r"\d{10}", self.game):
            self.game = league.by_league_id[self.game]
        self.team = f.get("team") or None
        self.date = f.get("game_date") or (self.game and f"{self.game[:4]}-{self.game[4:6]}-{self.game[6:8]}")
        self.player = fold_name(f["player_lookup"]) if f.get("player_lookup") else None
        self.due = time_ms(f["not_before"]) if "not_before" in f else 0
        self.starters, self.value = [], None
        getattr(self, "_" + stream)(f)

    def parts(self):
        """[(field, value)...]: what it speaks of, and what it says of that."""
        if self.kind == "total":
            return [((name, self.game, self.fields.get("book")), value) for name, value in sorted(self.value.items())]
        if self.kind in ("regenerate", "league"):
            return []
        if self.kind == "odds":
            return [(("odds", self.player, *self.quote, side), value) for side, value in self.value.items()]
        about = {"injury": (self.player,), "lineup": (self.team,),
                 "member": (self.player,), "facts": (self.game,)}[self.kind]
        return [((self.kind, *about), self.value)]

    def _odds(self, f):
        if not self.player:
            self.kind, self.value = "total", {k: number(f[k]) for k in ("total", "spread") if k in f}
            return
        self.kind = "odds"
        off, line = f.get("status", "open") == "off", number(f.get("line"))
        self.quote = (f["market"], f["book"], line if f.get("alt") == "1" else None)
        if "side" in f:
            self.value = {f["side"]: None if off else (line, number(f["price"]))}
            return
        over, under = number(f.get("over")), number(f.get("under"))
        # A side without a price is there only where both have none.
        self.value = {"over": None if off or (over is None and under is not None) else (line, over),
                      "under": None if off or (under is None and over is not None) else (line, under)}

    def _injury(self, f):
        self.kind, self.value = "injury", (f["status"], f.get("reason") or None)

    def _lineup(self, f):
        self.kind = "lineup"
        self.starters = [fold_name(name) for name in f["starters"].split(",") if name.strip()]
        self.value = (self.starters, f.get("confirmed", "0"))

    def _regenerate(self, f):
        self.kind = "league" if "league" in f else "regenerate"
        if self.due and self.kind == "regenerate":
            self.key = max(self.key, (self.due, 0))

    def _slate(self, f):
        if self.player:
            self.kind, self.value = "member", (self.team, f.get("status", "active") == "active")
        else:
            self.kind = "facts"
            self.value = (time_ms(f["tip"]) if f.get("tip") else None, f.get("status"))


# --- the league, from the same files that the daemon imports

class League:
    """Players, default rosters and the schedule, from box-score CSVs (columns: the data's README)."""

    def __init__(self, folder):
        self.rows = collections.defaultdict(list)  # person -> [(date, team, lookup)], ascending
        self.by_league_id, self.schedule = {}, collections.defaultdict(dict)  # date -> {game id: tip ms or None}
        unnamed = []
        for row in self._read(folder, "player_games*.csv*"):
            person, lookup = row["player_id"], fold_name(row["player"])
            entry = (row["game_date"], row["team"], lookup)
            if person:
                self.rows[person].append(entry)
            else:
                unnamed.append(entry)
            away, home = (row["opponent"], row["team"]) if row["home"] == "1" else (row["team"], row["opponent"])
            self._game(row["game_date"], away, home, row["game_id"], None)
        for row in self._read(folder, "schedule*.csv*"):
            self._game(row["game_date"], row["away"], row["home"], row["game_id"], time_ms(row["tip_utc"]))
        known = collections.defaultdict(set)
        for person, entries in self.rows.items():
            for _, _, lookup in entries:
                known[lookup].add(person)
        for entry in unnamed:  # a source without ids: the person of that name, else one more
            persons = known[entry[2]]
            self.rows[min(persons, key=lambda p: self.rows[p][-1:], default=None) or "name:" + entry[2]].append(entry)
        self.persons, self.canonical = {}, {}
        newest = {}
        for person, entries in self.rows.items():
            entries.sort()
            self.canonical[person] = entries[-1][2]
            for date, _, lookup in entries:
                if lookup not in newest or date > newest[lookup]:
                    newest[lookup], self.persons[lookup] = date, person

    @staticmethod
    def _read(folder, pattern):
        for path in sorted(glob.glob(os.path.join(folder, pattern))):
            opener = gzip.open if path.endswith(".gz") else open
            with opener(path, "rt", encoding="utf-8", newline="") as text:
                yield from csv.DictReader(text)

    def _game(self, date, away, home, league_id, tip):
        name = f"{date.replace('-', '')}_{away}_{home}"
        if tip is not None or name not in self.schedule[date]:
            self.schedule[date][name] = tip
        if league_id:
            self.by_league_id[league_id] = name

    def rosters(self, date):
        """{canonical lookup: team} by each one's latest game before the date, within 365 days."""
        first = (datetime.date.fromisoformat(date) - datetime.timedelta(days=365)).isoformat()
        found = {}
        for person, entries in self.rows.items():
            n = bisect.bisect_left(entries, (date,))
            if n and entries[n - 1][0] >= first:
                found[self.canonical[person]] = entries[n - 1][1]
        return found

    def name(self, lookup):
        """By box scores; else by the list that comes with propsd, whose pairs have one spelling each that is known."""
        person = self.persons.get(lookup) or self.persons.get(self.other_spellings.get(lookup))
        return self.canonical[person] if person else None

    @functools.cached_property
    def other_spellings(self):
        found = {}
        with open(os.path.join(harness.SOURCE, "etc", "aliases", "nba.csv"), encoding="utf-8", newline="") as text:
            for row in csv.DictReader(text):
                pair = fold_name(row["alias"]), fold_name(row["player"])
                found.update({one: other for one, other in (pair, pair[::-1]) if other in self.persons and one not in self.persons})
        return found


# --- the pass

class Slate:
    """Tonight, when all is known."""

    def __init__(self, date, league, members, facts, named):
        self.league, self.default = league, league.rosters(date) if league else {}
        self.members, self.facts, self.named = members, facts, named
        self.games = dict(league.schedule.get(date, {})) if league else {}
        for name in facts:
            self.games.setdefault(name, None)
        self.game_of_team = {team: name for name in sorted(self.games) for team in name.split("_")[1:]}
        self.rosters = collections.defaultdict(set)
        for player in set(self.default) | set(members):
            if self.active(player):
                self.rosters[self.team(player)].add(player)

    def team(self, player):
        return self.members[player][0] if player in self.members else self.default.get(player)

    def active(self, player):
        return self.members[player][1] if player in self.members else player in self.default

    def game(self, player):
        """(game id, whether the slate says so)"""
        by_slate = self.game_of_team.get(self.team(player))
        return (by_slate, True) if by_slate else (self.named.get(player), False)

    def stranger(self, player):
        return bool(self.league) and not self.league.name(player) and player not in self.members

    def roster(self, team):
        return self.rosters.get(team, set()) if team else set()

    def of_game(self, name):
        return {p for team in name.split("_")[1:] for p in self.roster(team) if self.game_of_team.get(team) == name}

    def everybody(self):
        return {p for name in self.games for p in self.of_game(name)}

    def tip(self, name):
        tip = self.facts[name][0] if name in self.facts else None
        return tip if tip is not None else self.games.get(name)


class Fold:
    """Of one date: `reports` {lookup: what his report must say}; `owed` {lookup: (ms, stream, id)}, the last entry that asks
    for a run of his, which no earlier commit can cover; ids that are `expired` and `duplicate`; the `events`."""

    def __init__(self, date):
        self.date = date
        self.reports, self.owed = {}, collections.defaultdict(lambda: (0, "", ""))
        self.expired, self.duplicate, self.events = [], [], []


def newest(fields, field, key, value):
    if field not in fields or key > fields[field][0]:
        fields[field] = (key, value)


def fold(sent, date, league=None, skip=()):
    """`sent`: [(stream, id, [(field, value)...])]; `skip`: (stream, id) of those that are malformed."""
    result = Fold(date)
    events = [Event(s, i, pairs, league) for s, i, pairs in sorted(sent, key=lambda e: (e[0], order(e[1]))) if (s, i) not in skip]
    events = result.events = [e for e in events if e.date == date]

    # The slate first: who is where is a field like others, and says who reads what.
    members, facts, named, named_first = {}, {}, {}, {}
    teams, tips = collections.defaultdict(set), collections.defaultdict(set)
    for e in events:
        if e.kind == "member":
            e.player = (league and league.name(e.player)) or e.player
            newest(members, e.player, e.key, e.value)
            teams[e.player].add(e.team)
        elif e.kind == "facts":
            newest(facts, e.game, e.key, e.value)
            tips[e.game].add(e.value[0])
    members = {p: value for p, (_, value) in members.items()}
    slate = Slate(date, league, members, {g: value for g, (_, value) in facts.items()}, {})
    resolve = _Names(slate, league)
    for e in events:
        if e.kind in ("odds", "injury", "regenerate") and e.player:
            e.player = resolve(e.player)
            if e.game:
                newest(named, e.player, e.key, (e.game, e.team))
                named_first[e.player] = min(e.key, named_first.get(e.player, e.key))
        e.starters[:] = sorted({resolve(p) for p in e.starters})
    slate.named_first = named_first
    slate.named = {p: value[0] for p, (_, value) in named.items()}
    slate.named_team = {p: value[1] for p, (_, value) in named.items()}
    for player, default in slate.default.items():
        if player in teams:
            teams[player].add(default)

    touched, fields, seen = set(), {}, set()
    for e in events:
        if e.event_id and e.event_id in seen:
            result.duplicate.append((e.stream, e.id))
            continue
        if e.kind in LATE and _late(e, slate, teams, tips):
            result.expired.append((e.stream, e.id))
            continue
        if e.event_id:
            seen.add(e.event_id)
        who = _affected(e, slate, teams)
        touched |= who
        changed = not e.parts()
        for field, value in e.parts():
            changed = changed or field not in fields or fields[field][1] != value
            newest(fields, field, e.key, value)
        for player in who if changed else ():
            result.owed[player] = max(result.owed[player], (max(order(e.id)[0], e.due), e.stream, e.id))
    for player in touched:
        result.reports[player] = _report(player, slate, {f: value for f, (_, value) in fields.items()}, fields)
    return result


class _Names:
    def __init__(self, slate, league):
        self.league = league
        self.rostered = {p for p in set(slate.default) | set(slate.members) if slate.active(p)}
        self.by_stem = collections.defaultdict(set)
        for player in self.rostered:
            self.by_stem[stem(player)].add(player)

    def __call__(self, lookup):
        exact = self.league.name(lookup) if self.league else None
        if exact or lookup in self.rostered:
            return exact or lookup
        alike = self.by_stem[stem(lookup)]
        return min(alike) if len(alike) == 1 else lookup


def _late(e, slate, teams, tips):
    if e.kind == "total":
        games = {e.game}
    elif e.kind == "lineup":
        games = {slate.game_of_team.get(e.team)}
    else:
        games = {slate.game(e.player)[0]} | {slate.game_of_team.get(t) for t in teams.get(e.player, ())}
    games.discard(None)
    ever = set()
    for name in games:
        ever |= {tip for tip in (slate.games.get(name), *tips.get(name, ())) if tip is not None}
    if not ever or e.ts <= min(ever):
        return False
    # Of a player whom no roster has the game counts that events had named by then, and not one that came after.
    if e.kind in ("odds", "injury") and not e.game and not slate.game(e.player)[1] and slate.named_first[e.player] > e.key:
        raise Ambiguous(f"{e.stream} {e.id} {e.fields}: its game was named later")
    if e.ts <= max(ever):
        raise Ambiguous(f"{e.stream} {e.id} {e.fields}: between tips {sorted(ever)}")
    return True


def _affected(e, slate, teams):
    if e.kind == "odds":
        return {e.player}
    if e.kind == "total":
        return slate.of_game(e.game)
    if e.kind == "injury":
        return {e.player} | (slate.roster(slate.team(e.player)) if slate.active(e.player) else set())
    if e.kind == "lineup":
        return slate.roster(e.team) | set(e.starters)
    if e.kind == "facts":
        return slate.of_game(e.game)
    if e.kind == "member":
        return {e.player} | {p for t in teams[e.player] for p in slate.roster(t)}
    if e.kind == "league":
        return slate.everybody()
    if e.player:
        return {e.player}
    if e.team:
        return slate.roster(e.team)
    return slate.of_game(e.game) if e.game else slate.everybody()


def _books(player, keyed):
    """{market: {book: ...}} of his open quotes. `keyed`: {field: (key, value)}."""
    halves = collections.defaultdict(dict)  # (market, book, alternate's line) -> {side: (key, line, price)}
    for field, (key, value) in keyed.items():
        if field[:2] == ("odds", player) and value is not None:
            halves[field[2:5]][field[5]] = (key, *value)
    markets = {}
    for (market, book, alternate), sides in halves.items():
        entry = markets.setdefault(market, {}).setdefault(book, {})
        newest_side = max(sides, key=lambda side: sides[side][0])
        main_line = sides[newest_side][1]
        main = {"line": main_line, **{side: price for side, (_, line, price) in sides.items() if line == main_line and price is not None}}
        if alternate is not None:
            entry.setdefault("alternates", []).append(main)
            continue
        entry.update(main)
        for side, (_, line, price) in sides.items():  # one that the other has left behind
            if line != main_line and (market, book, line) not in halves:
                entry.setdefault("alternates", []).append({"line": line, **({} if price is None else {side: price})})
    for books in markets.values():
        for entry in books.values():
            entry.get("alternates", []).sort(key=lambda quote: quote["line"])
    return markets


def _report(player, slate, fields, keyed):
    name, by_slate = slate.game(player)
    team = slate.team(player) or slate.named_team.get(player)
    tip, game_status = (slate.tip(name), slate.facts.get(name, (None, None))[1]) if name else (None, None)
    injury, lineup = fields.get(("injury", player)), fields.get(("lineup", team))
    withdrawn = game_status in ("postponed", "cancelled")
    out = injury is not None and injury[0] == "out"
    rivals = name.split("_")[1:] if name else []
    starters = lineup[0] if lineup and (slate.active(player) or not slate.team(player)) else None
    markets = {} if withdrawn or out else _books(player, keyed)
    return {
        "status": "withdrawn" if withdrawn else "out" if out else "ok",
        "injury": injury and {k: v for k, v in (("status", injury[0]), ("reason", injury[1])) if v},
        "starter": None if starters is None else player in starters,
        "game_id": name,
        "team": team,
        "opponent": next((rival for rival in rivals if rival != team), None) if team in rivals else None,
        "game_status": game_status,
        "tip": tip,
        "unknown_player": slate.stranger(player),
        "markets": markets,
    }


# --- reports as they are

class Raw(str):
    """A number as it stands in the text."""


class NotCanonical(AssertionError):
    pass


def parse_report(text):
    """The report, numbers as their text. Checks the form: UTF-8, compact, keys sorted and once, no null, plain numbers."""
    def pairs(items):
        names = [name for name, _ in items]
        if names != sorted(set(names)):
            raise NotCanonical(f"keys not sorted, or twice: {names}")
        if any(value is None for _, value in items):
            raise NotCanonical(f"null: {items}")
        return dict(items)

    def plain(literal):
        if not re.fullmatch(r"-?(0|[1-9]\d*)(\.\d{0,3}[1-9])?", literal) or literal == "-0":
            raise NotCanonical(f"number {literal}")
        return Raw(literal)
    text = text.decode("utf-8") if isinstance(text, bytes) else text
    report = json.loads(text, object_pairs_hook=pairs, parse_float=plain, parse_int=plain, parse_constant=plain)
    if dump(report) != text:
        raise NotCanonical(f"not compact: {text[:200]}")
    return report


def dump(value):
    """Compact, with numbers as they were."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{dump(k)}:{dump(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        if None in value:
            raise NotCanonical("null in a list")
        return "[" + ",".join(map(dump, value)) + "]"
    return str(value) if isinstance(value, Raw) else json.dumps(value, ensure_ascii=False)


def normalised(text):
    """The bytes that equal inputs must make equal: without what the contract excepts."""
    report = parse_report(text)
    for name in ("generated_at", "version", "attempt", "causes", "phases"):
        report.pop(name, None)
    report.get("league", {}).pop("number", None)
    for stage in report.get("stages", {}).values():
        stage.pop("reused", None)
        stage.pop("ms", None)
    return dump(report)


def all_reports(night, date=None):
    """{lookup: bytes} of all committed reports of the date."""
    prefix = night.key(f"report:{date or night.date}:").encode()
    keys = sorted(night.r.scan_iter(match=prefix + b"*", count=1000))
    return dict(zip((k[len(prefix):].decode() for k in keys), night.r.mget(keys) if keys else []))


def all_normalised(night, date=None):
    return {player: normalised(text) for player, text in all_reports(night, date).items()}


def said(report):
    """The report reduced to what the pass speaks of, as _report() writes it."""
    def quote(entry):
        return {k: Decimal(entry[k]) for k in ("line", "over", "under") if k in entry}
    markets = {}
    for market, content in report.get("markets", {}).items():
        for book, entry in content.get("books", {}).items():
            main, alternates = quote(entry), [quote(a) for a in entry.get("alternates", [])]
            if "line" not in main and not alternates:
                continue  # a book that took all down
            markets.setdefault(market, {})[book] = {**main, **({"alternates": alternates} if alternates else {})}
    game = report.get("game", {})
    return {
        "status": "ok" if report["status"] == "no_history" else report["status"],
        "injury": report.get("injury"),
        "starter": report.get("starter"),
        "game_id": report.get("game_id"),
        "team": report.get("team"),
        "opponent": report.get("opponent"),
        "game_status": game.get("status"),
        "tip": time_ms(game["tip"]) if "tip" in game else None,
        "unknown_player": report.get("unknown_player", False),
        "markets": markets,
    }


class Wrong(AssertionError):
    pass


def check(night, folded, bad=None, daemons=(), letters_once=True):
    """All that the promise says, once all is quiet. `bad`: {(stream, id): (reason, field)} of the dead letters that must be there.
    Raises Wrong with every fault found.
    Not `letters_once`: a group that was destroyed gives its entries once more, the malformed ones too."""
    wrong = []
    texts = all_reports(night, folded.date)
    notices = collections.defaultdict(list)
    for number_, fields in night.r.xrange(night.key("reports")):
        if fields[b"game_date"].decode() == folded.date:
            notices[fields[b"player_lookup"].decode()].append((number_.decode(), int(fields[b"version"])))
    wrong += _check_reports(night, folded, texts)
    wrong += _check_versions(texts, notices)
    for player, owed in folded.owed.items():
        last = max((order(n)[0] for n, _ in notices[player]), default=0)
        if last < owed[0]:
            wrong.append(f"{player}: {owed[1]} {owed[2]} is not covered, the last commit was at {last}")
    left = night.unsettled()
    if left:
        wrong.append("not settled: " + left)
    wrong += _check_letters(night, bad or {}, letters_once)
    for daemon in daemons:
        wrong += check_books(daemon)
    if wrong:
        raise Wrong(f"{len(wrong)} faults:\n" + "\n".join(wrong[:20]))


def _check_reports(night, folded, texts):
    wrong = [f"{p}: no report" for p in sorted(set(folded.reports) - set(texts))]
    wrong += [f"{p}: a report that nothing asked for" for p in sorted(set(texts) - set(folded.reports))]
    sent = {(stream, number_) for stream, number_, _ in night.sent}
    for player in sorted(set(texts) & set(folded.reports)):
        try:
            report = parse_report(texts[player])
        except (ValueError, NotCanonical) as error:
            wrong.append(f"{player}: {error}: {texts[player][:300]}")
            continue
        expected, got = folded.reports[player], said(report)
        for name, value in expected.items():
            if name == "game_status" and value is None and got[name] == "scheduled":
                continue  # a game of the schedule that no entry spoke of
            if got[name] != value:
                wrong.append(f"{player}: {name} is {got[name]}, the fold says {value}")
        for name in ("player_lookup", "game_date"):
            if report.get(name) != {"player_lookup": player, "game_date": folded.date}[name]:
                wrong.append(f"{player}: {name} is {report.get(name)}")
        wrong += [f"{player}: {fault}" for fault in _check_causes(night, report, sent)]
    return wrong


def _check_causes(night, report, sent):
    causes = [(c["type"], c["stream"], c["id"]) for c in report.get("causes", [])]
    if not causes:
        yield "no causes"
    if causes != sorted(set(causes), key=lambda c: (c[0], c[1], order(c[2]))):
        yield f"causes not sorted, or twice: {causes}"
    for kind, stream, number_ in causes:
        there = (kind, number_) in sent or night.r.xrange(night.key(kind), number_, number_)  # another program sent it
        if stream != night.key(kind) or not there:
            yield f"a cause that was never sent: {kind} {stream} {number_}"


def _check_versions(texts, notices):
    for player, text in sorted(texts.items()):
        versions = [version for _, version in notices[player]]
        if any(b <= a for a, b in zip(versions, versions[1:])):
            yield f"{player}: versions do not rise: {versions}"
        version = json.loads(text).get("version")
        if not versions or versions[-1] != version:
            yield f"{player}: the report is version {version}, the last notice {versions[-1:]}"


def _check_letters(night, bad, letters_once):
    count = collections.Counter()
    for _, letter in night.dead():
        entry = (letter["stream"].removeprefix(night.prefix), letter["id"])
        count[entry] += 1
        if entry not in bad:
            yield f"a dead letter that nobody asked for: {letter}"
            continue
        reason, field = bad[entry]
        if letter["reason"] != reason or (field is not None and letter.get("field") != field):
            yield f"dead letter {entry}: {letter['reason']} {letter.get('field')}, expected {reason} {field}: {letter['error']}"
    for entry in bad:
        if count[entry] != 1 and (letters_once or not count[entry]):
            yield f"entry {entry} stands in the dead letters {count[entry]} times, not once"


def check_books(daemon):
    """read = settled + forgotten + set aside + in flight, and nothing in flight. What is wrong, when it stays so: a daemon may hear of
    an entry's end after Redis has shown it, and of its own heartbeat's after it stood still."""
    wrong = []

    def even():
        wrong[:] = _uneven(daemon)
        return not wrong
    try:
        harness.until(even, "even books", seconds=30)
    except AssertionError:
        pass
    return wrong


def _uneven(daemon):
    values = daemon.ctl.metrics()
    total = {name: sum(v for k, v in values.items() if k.split("{")[0] == "propsd_" + name)
             for name in ("entries_read_total", "entries_settled_total", "entries_forgotten_total", "entries_set_aside_total", "entries_in_flight")}
    read, settled, forgotten, aside, flying = total.values()
    if read != settled + forgotten + aside + flying:
        yield (f"books of {daemon.name}: read {read:.0f}, settled {settled:.0f} + forgotten {forgotten:.0f} "
               f"+ set aside {aside:.0f} + in flight {flying:.0f}")
    if flying:
        yield f"books of {daemon.name}: {flying:.0f} in flight when all is quiet"


def sent_by(night):
    """What lies in the streams, for a night that another program sent. Through a script, as redis-py makes mappings of
    entries, and a malformed one may hold a field twice."""
    whole = "return redis.call('XRANGE', KEYS[1], '-', '+')"
    return [(stream, number_.decode(), list(zip(parts[::2], parts[1::2])))
            for stream in harness.STREAMS for number_, parts in night.r.eval(whole, 1, night.key(stream))]
