#!/usr/bin/python3
"""A sequential stand-in for propsd: small, slow and right, so that the harness and the oracle can be tested without it,
and against planted bugs (FAKE_BUG=NAME), each of which the oracle must catch.

All that it knows lies in one Redis key; a batch's effects (state, reports, notices, dead letters, acks) are one MULTI,
so a kill at any moment loses nothing. It takes entries in the order they arrive.
"""
import json
import os
import re
import signal
import socket
import sys

import redis

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import oracle  # only for words: names, times, numbers

BUGS = ("ack_first", "no_letter", "letter_twice", "lost_one", "never_acked", "name_not_folded", "late_applied",
        "price_merged", "side_is_whole", "off_ignored", "alternate_is_main", "trade_ignored", "tip_ignored", "postponed_ignored", "out_ignored",
        "mates_forgotten", "lineup_named_only", "regenerate_ignored", "version_falls", "report_without_notice", "older_report",
        "null_written", "keys_unsorted", "number_padded", "cause_made_up", "team_regenerate_ignored", "loose_ignored",
        "starters_kept", "status_sticks")
BUG = os.environ.get("FAKE_BUG", "")
STREAMS = ("regenerate", "slate", "lineup", "injury", "odds")
MARKETS = ("points", "rebounds", "assists", "threes", "steals", "blocks", "turnovers", "pra", "pr", "pa", "ra")
assert not BUG or BUG in BUGS, BUG


def bad(stream, pairs):
    """The field at fault, or None."""
    try:
        f = oracle.flat(pairs)
    except ValueError:
        return "data"

    def within(name, pattern, low, high):
        return name not in f or re.fullmatch(pattern, f[name]) and low <= float(f[name]) <= high
    price = r"[+-]?\d+"
    wrong = [name for name, fine in (
        ("line", within("line", r"\d+(\.\d{1,2})?", 0, 200)),
        ("over", within("over", price, 100, 1e5) or within("over", price, -1e5, -100)),
        ("under", within("under", price, 100, 1e5) or within("under", price, -1e5, -100)),
        ("market", f.get("market", "points") in MARKETS),
        ("priority", f.get("priority", "low") in ("urgent", "high", "normal", "low")),
        ("force", f.get("force", "0") in ("0", "1")),
        ("tip", "tip" not in f or re.match(r"\d{4}-", f["tip"])),
        ("game_date", re.match(r"\d{4}-[01]\d-[0123]\d$", f.get("game_date", "2026-01-01"))),
        ("game_date", "game_date" in f or "game_id" in f)) if not fine]
    if stream == "odds" and "player_lookup" in f and "line" not in f and f.get("status") != "off":
        wrong.append("line")
    if stream == "injury":
        wrong += [n for n, fine in (("player_lookup", "player_lookup" in f), ("status", f.get("status") != "hurt")) if not fine]
    if stream == "lineup":
        wrong += [n for n in ("team", "starters") if n not in f]
    return wrong[0] if wrong else None


class State:
    def __init__(self, text):
        self.d = json.loads(text) if text else {"member": {}, "was": {}, "facts": {}, "named": {}, "injury": {}, "lineup": {},
                                                "odds": {}, "done": {}, "seen": {}, "version": {}, "causes": {}}

    def team(self, p):
        return self.d["member"].get(p, [None, False])[0]

    def game(self, p):
        for name in sorted(self.d["facts"]):
            if self.team(p) in name.split("_")[1:]:
                return name
        return self.d["named"].get(p, [None])[0]

    def roster(self, *teams):
        return {p for p, (team, active) in self.d["member"].items() if team in teams and active}

    def of_game(self, name):
        return self.roster(*name.split("_")[1:]) | {p for p, g in self.d["done"].items() if g == name}

    def take(self, stream, number, pairs):
        """Applies an entry; the players it touches."""
        f, d = oracle.flat(pairs), self.d
        p = f.get("player_lookup")
        if p and BUG != "name_not_folded":
            p = oracle.fold_name(p)
        game = f.get("game_id")
        if p and game and stream != "slate" and BUG != "loose_ignored":
            d["named"][p] = [game, f.get("team")]
        at = oracle.time_ms(f["ts"]) if "ts" in f else oracle.order(number)[0]
        about = self.game(p) if p else game or next((g for g in d["facts"] if f.get("team") in g.split("_")[1:]), None)
        tip = d["facts"].get(about, [None])[0]
        if stream in ("odds", "injury", "lineup") and tip and at > tip and BUG != "late_applied":
            return set()
        if f.get("event_id"):
            if f["event_id"] in d["seen"]:
                return set()
            d["seen"][f["event_id"]] = number
        return getattr(self, "_" + stream)(f, p)

    def _odds(self, f, p):
        if not p:
            return self.of_game(f["game_id"])
        alternate = oracle.number(f["line"]).normalize() if f.get("alt") == "1" and BUG != "alternate_is_main" else ""
        key = json.dumps([f["market"], f["book"], str(alternate)])
        sides, off = self.d["odds"].setdefault(p, {}).setdefault(key, {}), f.get("status") == "off"
        if off and BUG == "off_ignored":
            return {p}
        self.d["told"] = told = self.d.get("told", 0) + 1
        if "side" in f:
            sides[f["side"]] = None if off else [told, f["line"], f["price"]]
            if BUG == "side_is_whole":
                sides[{"over": "under", "under": "over"}[f["side"]]] = None
            return {p}
        price = {name: f.get(name) for name in ("over", "under")}
        if BUG == "price_merged":
            price = {name: new or sides.get(name) and sides[name][2] for name, new in price.items()}
        for name, other in (("over", "under"), ("under", "over")):
            sides[name] = None if off or price[other] and not price[name] else [told, f["line"], price[name]]
        return {p}

    def _injury(self, f, p):
        if BUG != "status_sticks" or f["status"] != "available":
            self.d["injury"][p] = [f["status"], f.get("reason")]
        active = self.d["member"].get(p, [None, False])[1]
        return {p} | (self.roster(self.team(p)) if active and BUG != "mates_forgotten" else set())

    def _lineup(self, f, p):
        names = [oracle.fold_name(name) for name in f["starters"].split(",")]
        old = self.d["lineup"].get(f["team"], [])
        self.d["lineup"][f["team"]] = names + (old if BUG == "starters_kept" else [])
        loose = {p for p in self.d["done"] if not self.team(p) and self.d["named"].get(p, [None, None])[1] == f["team"]}
        return set(names) | loose | (self.roster(f["team"]) if BUG != "lineup_named_only" else set())

    def _regenerate(self, f, p):
        if BUG == "regenerate_ignored" or BUG == "team_regenerate_ignored" and "team" in f:
            return set()
        if p:
            return {p}
        if "team" in f:
            return self.roster(f["team"])
        return set().union(*(self.of_game(g) for g in ([f["game_id"]] if "game_id" in f else self.d["facts"])))

    def _slate(self, f, p):
        d = self.d
        if not p:
            tip = oracle.time_ms(f["tip"]) if "tip" in f else None
            if BUG == "tip_ignored" and f["game_id"] in d["facts"]:
                tip = d["facts"][f["game_id"]][0]
            d["facts"][f["game_id"]] = [tip, f.get("status")]
            return self.of_game(f["game_id"])
        if BUG == "trade_ignored" and p in d["member"]:
            return {p}
        teams = d["was"].setdefault(p, [])
        teams.append(f["team"])
        d["member"][p] = [f["team"], f.get("status") == "active"]
        return {p} | self.roster(*teams)

    def report(self, p, now):
        d, name, team = self.d, self.game(p), self.team(p) or self.d["named"].get(p, [None, None])[1]
        tip, status = d["facts"].get(name, [None, None])
        injury = d["injury"].get(p)
        withdrawn = status in ("postponed", "cancelled") and BUG != "postponed_ignored"
        out = bool(injury) and injury[0] == "out" and BUG != "out_ignored"
        markets = {}
        mine = {tuple(json.loads(key)): sides for key, sides in d["odds"].get(p, {}).items() if any(sides.values())}
        for (market, book, alternate), sides in sorted(mine.items()):
            if withdrawn or out:
                continue
            entry = markets.setdefault(market, {"books": {}})["books"].setdefault(book, {"alternates": []})
            lines = {}  # the newest side's first
            for _, line, which, price in sorted(((*side[:2], which, side[2]) for which, side in sides.items() if side), reverse=True):
                said = lambda text: oracle.Raw(f"{oracle.number(text).normalize():f}")  # noqa: E731
                lines.setdefault(oracle.number(line), {"line": said(line)}).update({which: said(price)} if price else {})
            (_, main), *behind = lines.items()
            entry["alternates"].append(main) if alternate else entry.update(main)
            entry["alternates"] += [quote for line, quote in behind if (market, book, str(line.normalize())) not in mine]
        for market in markets.values():
            for entry in market["books"].values():
                entry["alternates"].sort(key=lambda q: float(q["line"]))
                if not entry["alternates"]:
                    del entry["alternates"]
        causes = [{"type": s, "stream": "props:" + s, "id": i} for s, i in sorted(set(map(tuple, d["causes"].get(p, []))), key=lambda c: (c[0], oracle.order(c[1])))]
        if BUG == "cause_made_up":
            causes[-1]["id"] = "1-1"
        report = {"player_lookup": p, "game_date": self.date, "version": oracle.Raw(d["version"][p]), "generated_at": now,
                  "processor": "fake", "attempt": oracle.Raw(1), "causes": causes,
                  "status": "withdrawn" if withdrawn else "out" if out else "ok", "markets": markets}
        if name:
            report.update(game_id=name, game={k: v for k, v in (("status", status), ("tip", tip and utc(tip))) if v})
        if team:
            report["team"] = team
            if name and team in name.split("_")[1:]:
                report["opponent"] = next(t for t in name.split("_")[1:] if t != team)
        if injury:
            report["injury"] = {k: v for k, v in zip(("status", "reason"), injury) if v}
        lineup = d["lineup"].get(team)
        if lineup and d["member"].get(p, [None, True])[1]:
            report["starter"] = p in lineup
        if BUG == "null_written":
            report["injury"] = report.get("injury")
        return report


def utc(ms):
    import datetime
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def rank(value):
    """Keys sorted."""
    if isinstance(value, dict):
        return {k: rank(v) for k, v in sorted(value.items())}
    return [rank(v) for v in value] if isinstance(value, list) else value


class Fake:
    def __init__(self, config):
        self.name = re.search(r'^instance = "(.*)"', config, re.M).group(1)
        self.r = redis.Redis(unix_socket_path=re.search(r'url = "unix://(.*)"', config).group(1))
        self.stopping, self.count = False, 0

    def start(self):
        for stream in STREAMS:
            try:
                self.r.xgroup_create("props:" + stream, "propsd", "0", mkstream=True)
            except redis.ResponseError:
                pass
        self.state = State(self.r.get("fake:state"))
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
        while self.batch(dict.fromkeys(("props:" + s for s in STREAMS), "0")):
            pass

    def batch(self, cursors):
        got = self.r.xreadgroup("propsd", self.name, cursors, count=7, block=100)
        pipe, touched, work = self.r.pipeline(), {}, False
        for key, entries in got:
            stream = key.decode().split(":")[1]
            for number, fields in entries:
                work = True
                self.entry(pipe, touched, stream, number.decode(), list(fields.items()))
        now = self.r.time()
        for p, causes in touched.items():
            self.commit(pipe, p, causes, utc(now[0] * 1000))
        pipe.set("fake:state", json.dumps(self.state.d))
        if BUG == "ack_first" and work:
            for key, entries in got:
                if entries:
                    self.r.xack(key, "propsd", *[n for n, _ in entries])
            self.r.blpop("fake:never", 0.05)
        pipe.execute()
        return work

    def entry(self, pipe, touched, stream, number, pairs):
        self.count += 1
        field = bad(stream, pairs)
        if field:
            letter = {"fields": json.dumps(oracle.flat(pairs)) if field != "data" else "{}", "stream": "props:" + stream, "id": number,
                      "reason": "malformed", "field": field, "error": field + " is wrong"}
            for _ in range({"no_letter": 0, "letter_twice": 2}.get(BUG, 1)):
                pipe.xadd("props:dead", letter)
        elif not (BUG == "lost_one" and self.count % 50 == 0):
            self.state.date = oracle.flat(pairs).get("game_date") or getattr(self.state, "date", None) or self.day(pairs)
            for p in self.state.take(stream, number, pairs):
                touched.setdefault(p, []).append([stream, number])
        if BUG != "never_acked" or self.count % 40:
            pipe.xack("props:" + stream, "propsd", number)

    @staticmethod
    def day(pairs):
        name = oracle.flat(pairs)["game_id"]
        return f"{name[:4]}-{name[4:6]}-{name[6:8]}"

    def commit(self, pipe, p, causes, now):
        d = self.state.d
        d["causes"][p] = causes
        version = d["version"].get(p, 0) + (1 if BUG != "version_falls" or self.count % 9 else -1)
        d["version"][p] = version
        d["done"][p] = self.state.game(p)
        report = self.state.report(p, now)
        text = oracle.dump(report if BUG == "keys_unsorted" else rank(report))
        if BUG == "number_padded":
            text = re.sub(r'("line":\d+\.\d)([,}])', r"\g<1>0\2", text)
        if BUG != "older_report" or version % 5:
            pipe.set(f"props:report:{self.state.date}:{p}", text)
        if BUG != "report_without_notice" or version % 5:
            pipe.xadd("props:reports", {"player_lookup": p, "game_date": self.state.date, "game_id": self.state.game(p) or "",
                                        "version": version})


def main():
    fake = Fake(open(sys.argv[sys.argv.index("--config") + 1]).read())

    def leave(*_):
        fake.stopping = True
    signal.signal(signal.SIGTERM, leave)
    fake.start()
    while not fake.stopping:
        fake.batch(dict.fromkeys(("props:" + s for s in STREAMS), ">"))


main()
