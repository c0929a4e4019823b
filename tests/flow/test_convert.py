"""script/convert: answers of The Odds API and files by a mapping become entries, and these become reports."""
import json
import os
import re
import subprocess
import unittest

import harness

CONVERT = os.path.join(harness.SOURCE, "script", "convert")


def pair(player, line, over, under):
    return [{"name": name, "description": player, "price": price, "point": line}
            for name, price in (("Over", over), ("Under", under)) if price is not None]


def market(key, *outcomes, update="2026-12-02T20:00:00Z"):
    return {"key": key, "last_update": update, "outcomes": [o for group in outcomes for o in group]}


def event(*books, **more):
    return {"id": "e1", "sport_key": "basketball_nba", "commence_time": "2026-12-03T00:40:00Z", "home_team": "Golden State Warriors",
            "away_team": "Los Angeles Lakers", "bookmakers": [{"key": key, "title": key.title(), "markets": list(markets)} for key, *markets in books],
            **more}


class Case(harness.Night):
    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(content if isinstance(content, str) else json.dumps(content))
        return path

    def convert(self, *arguments, status=0, stdin=None):
        """(entries as {field: value} with the stream, what it said)"""
        done = subprocess.run([CONVERT, *arguments], input=stdin, capture_output=True, text=True, timeout=harness.DEADLINE)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def entries(self, *documents, status=0, options=()):
        paths = [self.file(f"document-{n}.json", d) for n, d in enumerate(documents)]
        return self.convert("odds-api", *options, *paths, status=status)


class OddsApi(Case):
    BASE = {"stream": "props:odds", "game_id": "20261202_LAL_GSW", "book": "fanduel", "ts": "2026-12-02T20:00:00Z"}

    def test_pairs_alternates_and_sides_of_games(self):
        made, said = self.entries(event(("fanduel", market("player_points", pair("LeBron James", 24.5, -110, -120)),
                                         market("player_points_rebounds_assists", pair("LeBron James", 40, 100, -130)),
                                         market("player_points_alternate", pair("LeBron James", 29.5, 150, None)),
                                         market("player_double_double", pair("LeBron James", 0.5, 150, None)),
                                         {**market("spreads"), "outcomes": [{"name": "Golden State Warriors", "price": -110, "point": -3.5},
                                                                            {"name": "Los Angeles Lakers", "price": -110, "point": 3.5}]},
                                         {**market("totals"), "outcomes": [{"name": "Over", "price": -110, "point": 224},
                                                                           {"name": "Under", "price": -110, "point": 224}]})))
        base = {**self.BASE, "player_lookup": "LeBron James"}
        self.assertEqual(made, [{**base, "market": "points", "line": "24.5", "over": "-110", "under": "-120"},
                                {**base, "market": "pra", "line": "40", "over": "100", "under": "-130"},
                                {**base, "market": "points", "line": "29.5", "over": "150", "alt": "1"},
                                {**self.BASE, "spread": "-3.5"}, {**self.BASE, "total": "224"}])
        self.assertIn("not sent: 1 outcomes, market player_double_double\n", said)

    def test_prices_are_known_by_their_size(self):
        made, _ = self.entries(event(("fanduel", market("player_points", pair("A B", 24.5, 1.91, 2), pair("C D", 9.5, 150.0, 1.01)))))
        self.assertEqual([(e["over"], e["under"], e["odds"]) for e in made], [("1.91", "2", "decimal"), ("150", "1.01", "decimal")])
        made, _ = self.entries(event(("fanduel", market("player_points", pair("A B", 24.5, 100, 120)))))
        self.assertEqual([(e["over"], e["under"], e.get("odds")) for e in made], [("100", "120", None)])
        made, said = self.entries(event(("fanduel", market("player_points", pair("A B", 24.5, 1.91, -110)))), status=3)
        self.assertEqual([(e.get("over"), e["under"]) for e in made], [(None, "-110")])
        self.assertIn("outcome 1: A B: price 1.91 is no American price, and others of this event are; --odds says which they are", said)
        self.entries(event(("fanduel", market("player_points", pair("A B", 24.5, 1.91, 1.91)))), status=3, options=("--odds", "american"))

    def test_of_several_lines_the_evenest_is_the_main_one(self):
        made, _ = self.entries(event(("fanduel", market("player_points", pair("A B", 20.5, -200, 150), pair("A B", 24.5, -110, -112),
                                                        pair("A B", 22.5, 100, None)))))
        self.assertEqual({e["line"]: e.get("alt") for e in made}, {"20.5": "1", "24.5": None, "22.5": "1"})

    def test_the_date_is_the_leagues_own(self):
        for time, date in (("2026-12-03T03:30:00Z", "20261202"), ("2026-12-03T05:30:00Z", "20261203"), ("2026-07-03T04:30:00Z", "20260703"),
                           ("2026-12-02T19:40:00-05:00", "20261202")):
            made, _ = self.entries(event(("b", market("player_points", pair("A B", 1, 100, 100))), commence_time=time))
            self.assertEqual(made[0]["game_id"], f"{date}_LAL_GSW", time)

    def test_lists_history_and_lines_are_read_too(self):
        one, two = (event((book, market("player_points", pair("A B", 24.5, -110, -110)))) for book in ("x", "y"))
        self.assertEqual([e["book"] for e in self.entries([one, two])[0]], ["x", "y"])
        self.assertEqual([e["book"] for e in self.entries(json.dumps(one) + "\n" + json.dumps(two) + "\n")[0]], ["x", "y"])
        del one["bookmakers"][0]["markets"][0]["last_update"]
        made, _ = self.entries({"timestamp": "2026-12-01T10:00:00Z", "data": one})
        self.assertEqual(made[0]["ts"], "2026-12-01T10:00:00Z")
        made, _ = self.convert("odds-api", "-", stdin=json.dumps(two))
        self.assertEqual([e["book"] for e in made], ["y"])

    def test_each_fault_is_named_and_the_others_go_on(self):
        good = pair("Good Man", 9.5, -110, -110)
        for outcome, wanted in (({"name": "Over", "price": -110, "point": 1}, "no player; he stands in description"),
                                ({"name": "Yes", "description": "A B", "price": -110, "point": 1}, "name 'Yes' is no side"),
                                ({"name": "Over", "description": "A B", "price": -110}, "A B: point None is no line"),
                                ({"name": "Over", "description": "A B", "price": "-110", "point": 1}, "A B: price '-110' is no number"),
                                ({"name": "Over", "description": "A B", "price": float("inf"), "point": 1}, "A B: price inf is no number"),
                                ({"name": "Over", "description": "A B", "price": -110, "point": float("nan")}, "A B: point nan is no line"),
                                ("x", "an outcome is an object"), (pair("Good Man", 9.5, 100, None)[0], "over 9.5 stands twice")):
            made, said = self.entries(event(("fanduel", market("player_points", good, [outcome]))), status=3)
            self.assertEqual(len(made), 1, outcome)
            self.assertRegex(said, re.escape("document-0.json (Los Angeles Lakers at Golden State Warriors), fanduel, player_points, outcome 3: ")
                             + ".*" + re.escape(wanted))
        fine = event(("x", market("player_points", good)))
        for more, wanted in (({"home_team": "Golden State Warrios"}, "home_team 'Golden State Warrios' is no team of the table (did you mean Golden State Warriors?)"),
                             ({"home_team": None}, "no home_team"), ({"commence_time": "tonight"}, "'tonight' is no time"),
                             ({"commence_time": "2026-12-03T00:40:00"}, "has no time zone"), ({"bookmakers": None}, "no bookmakers"),
                             ({"sport_key": "icehockey_nhl"}, "is no basketball")):
            made, said = self.entries([{**fine, **more}, fine], status=3)
            self.assertEqual(len(made), 1, more)
            self.assertIn(wanted, said)
            self.assertIn("document-0.json: event 1", said)
        made, said = self.entries(json.dumps(fine) + "\n{broken\n" + json.dumps(fine), status=3)
        self.assertEqual(len(made), 1)
        self.assertIn("document-0.json:2: not JSON", said)

    def test_what_cannot_be_done_at_all(self):
        self.assertIn("No such file", self.convert("odds-api", "/nowhere/x.json", status=1)[1])
        self.assertIn("not JSON", self.entries("surely not", status=1)[1])
        self.assertIn("the API refused the request: Invalid key", self.entries({"message": "Invalid key"}, status=1)[1])
        self.assertIn("unrecognized arguments: --wrong", self.convert("odds-api", "--wrong", "x", status=2)[1])
        self.assertIn("Connection refused", self.entries(event(), status=1, options=("--redis", f"redis://127.0.0.1:{harness.free_port()}"))[1])
        self.assertIn("no such file; --league is a database", self.entries(event(), status=1, options=("--league", "/nowhere/l.db"))[1])

    def test_lines_that_are_gone_are_taken_down_by_the_answer_before(self):
        before = self.file("before.json", event(
            ("fanduel", market("player_points", pair("A B", 24.5, -110, -110), pair("C D", 9.5, 100, -120)),
             market("player_points_alternate", pair("A B", 29.5, 150, None), pair("A B", 31.5, 250, None))),
            ("gone", market("player_points", pair("A B", 24.5, -110, -110)))))
        now = event(("fanduel", market("player_points", pair("A B", 25.5, -110, -110)), market("player_points_alternate", pair("A B", 29.5, 150, None))))
        made, _ = self.entries(now, options=("--before", before))
        off = [{k: v for k, v in e.items() if k not in ("stream", "game_id")} for e in made if e.get("status")]
        self.assertEqual(off, [{"player_lookup": "C D", "market": "points", "book": "fanduel", "status": "off"},
                               {"player_lookup": "A B", "market": "points", "book": "fanduel", "alt": "1", "line": "31.5", "status": "off"},
                               {"player_lookup": "A B", "market": "points", "book": "gone", "status": "off"}])
        self.assertEqual(len(made), 5)

    def test_an_answer_becomes_a_report(self):
        """From the answer to what a reader gets, by a league that lists the names it does not know."""
        league = os.path.join(self.folder, "league.db")
        rows = ["season,season_type,game_id,game_date,player_id,player,team,opponent,home,win,starter,min,pts,reb,ast,stl,blk,tov,fg3m,oreb,dreb,pf,fgm,fga,tpa,ftm,fta"]
        for n in range(1, 21):
            rows.append(f"2026-27,regular,00226000{n:02},2026-11-{n:02},2544,LeBron James,LAL,GSW,0,1,1,35,{20 + n % 9},8,7,1,1,3,2,1,7,2,8,16,5,4,5")
        self.file("player_games-2026-27.csv", "\n".join(rows) + "\n")
        done = subprocess.run([harness.built("propsctl"), "import", os.path.join(self.folder, "player_games-2026-27.csv"), "--into", league],
                              capture_output=True, text=True, timeout=harness.DEADLINE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.propsd(changes={"league": {"database": league}, "report": {"processor": "builtin"}, "ingest": {"past": "accept"}})
        answer = self.file("answer.json", event(
            ("fanduel", market("player_points", pair("LeBron James", 24.5, 1.91, 1.95)), market("player_points_alternate", pair("LeBron James", 29.5, 3.1, None))),
            ("betmgm", market("player_points", pair("LeBron James", 25.5, 2, 1.8), pair("Nobody Known", 9.5, 1.9, 1.9)))))
        _, said = self.convert("odds-api", "--league", league, "--dry-run", answer)
        self.assertIn("would make 4 entries, 4 odds\n", said)
        self.assertIn("unmatched: Nobody Known, 1 entries, betmgm\n", said)
        made, said = self.convert("odds-api", "--league", league, "--redis", self.redis.url, "--prefix", self.prefix, answer)
        self.assertEqual(made, [])
        self.assertIn("sent 4 entries, 4 odds\n", said)
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        books = self.report("lebronjames", "2026-12-02")["markets"]["points"]["books"]
        fanduel, betmgm = books["fanduel"], books["betmgm"]
        self.assertEqual({k: fanduel[k] for k in ("line", "over", "under")}, {"line": 24.5, "over": -110, "under": -105})
        self.assertEqual({k: fanduel["alternates"][0][k] for k in ("line", "over")}, {"line": 29.5, "over": 210})
        self.assertEqual({k: betmgm[k] for k in ("line", "over", "under")}, {"line": 25.5, "over": 100, "under": -125})
        self.assertIn("p_over", fanduel)


class Map(Case):
    MAPPING = """
stream = "odds"
[fields]
player_lookup = "Player"
market = {column = "Prop", words = {Points = "points", PRA = "pra"}}
book = {constant = "mybook"}
line = "Line"
over = "Over"
under = "Under"
ts = {column = "Updated", as = "time"}
[game]
away = "Away"
home = "Home"
time = "Start"
[skip]
State = ["settled"]
"""
    HEAD = "Player,Prop,Line,Over,Under,Updated,Away,Home,Start,State\n"
    ROW = "LeBron James,points,24.5,-110,EVEN,1764711000,LA Lakers,GSW,2026-12-03T00:40:00Z,open\n"

    def mapped(self, mapping, name, content, *options, status=0):
        return self.convert("map", *options, self.file("mapping.toml", mapping), self.file(name, content), status=status)

    def test_a_table(self):
        wanted = {"stream": "props:odds", "player_lookup": "LeBron James", "market": "points", "book": "mybook", "line": "24.5", "over": "-110",
                  "under": "EVEN", "ts": "2025-12-02T21:30:00Z", "game_id": "20261202_LAL_GSW"}
        made, said = self.mapped(self.MAPPING, "quotes.csv", self.HEAD + self.ROW + self.ROW.replace("open", "settled"))
        self.assertEqual(made, [wanted])
        self.assertIn("not sent: 1 records, State settled\n", said)
        self.assertEqual(self.mapped(self.MAPPING, "quotes.csv", (self.HEAD + self.ROW).replace(",", ";"))[0], [wanted])
        lines = dict(zip(self.HEAD.strip().split(","), self.ROW.strip().split(",")))
        self.assertEqual(self.mapped(self.MAPPING, "quotes.ndjson", json.dumps({**lines, "Line": 24.5, "Updated": 1764711000000}) + "\n" + json.dumps(lines))[0],
                         [wanted, wanted])

    def test_faults_have_their_line(self):
        rows = [self.ROW.replace("points", "pionts"), self.ROW.replace("LA Lakers", "LA Leakers"), self.ROW.replace("LeBron James", ""),
                self.ROW.replace("2026-12-03T00:40:00Z", "tonight"), "too,short\n", self.ROW]
        made, said = self.mapped(self.MAPPING, "quotes.csv", self.HEAD + "".join(rows), status=3)
        self.assertEqual(len(made), 1)
        for line, wanted in ((2, "Prop 'pionts' is in no words of market (did you mean Points?); there are Points, PRA"),
                             (3, "away 'LA Leakers' is no team of the table"), (4, "nobody; an odds entry has a player_lookup, or a total or spread of a game"),
                             (5, "'tonight' is no time; it is written like 2025-11-16T01:30:00Z"), (6, "has 2 columns, and the header has 10")):
            self.assertRegex(said, f"quotes.csv:{line}: " + re.escape(wanted))

    def test_a_mapping_that_is_wrong_says_so(self):
        for old, new, wanted in (('"Player"', '"Plaier"', "quotes.csv: no column Plaier (did you mean Player?); there are Player, Prop"),
                                 ("player_lookup", "player_lokup", "fields: player_lokup is unknown (did you mean player_lookup?)"),
                                 ('"odds"', '"ods"', "stream 'ods' is none of odds, injury"), ('as = "time"', 'as = "tiem"', "as = 'tiem' is none of time"),
                                 ("[game]", "[gam]", "gam is unknown (did you mean game?)"), ('time = "Start"', "", "[game] has away, home, and time or date"),
                                 ("[fields]", "[fields", "mapping.toml: ")):
            self.assertIn(wanted, self.mapped(self.MAPPING.replace(old, new, 1), "quotes.csv", self.HEAD + self.ROW, status=1)[1])

    def test_documents_of_sources(self):
        """The examples of docs/events.md."""
        with open(os.path.join(harness.SOURCE, "docs", "events.md"), encoding="utf-8") as file:
            examples = dict(re.findall(r"```toml\n# (\w+).*?\n(.*?)```", file.read(), re.S))
        espn = {"injuries": [{"displayName": "Los Angeles Lakers", "injuries": [
            {"status": "Day-To-Day", "date": "2026-12-02T18:00Z", "athlete": {"displayName": "LeBron James"}, "shortComment": "Foot\nsore."}]}]}
        made, _ = self.mapped(examples["ESPN"], "espn.json", espn, "--set", "game_date=2026-12-02")
        self.assertEqual(made, [{"stream": "props:injury", "player_lookup": "LeBron James", "team": "LAL", "status": "Day-To-Day",
                                 "reason": "Foot sore.", "ts": "2026-12-02T18:00:00Z", "game_date": "2026-12-02"}])
        prizepicks = {"data": [{"type": "projection", "id": "1", "attributes": {"line_score": 24.5, "stat_type": "Pts+Rebs+Asts", "odds_type": kind,
                                                                              "start_time": "2026-12-02T19:40:00-05:00"},
                                "relationships": {"new_player": {"data": {"type": "new_player", "id": "7"}}}} for kind in ("standard", "demon")],
                      "included": [{"type": "new_player", "id": "7", "attributes": {"display_name": "LeBron James", "team": "LAL"}}]}
        made, _ = self.mapped(examples["PrizePicks"], "prizepicks.json", prizepicks)
        self.assertEqual(made, [{"stream": "props:odds", "player_lookup": "LeBron James", "team": "LAL", "market": "Pts+Rebs+Asts", "book": "prizepicks",
                                 "line": "24.5", "game_date": "2026-12-02"}])
        optic = {"data": [{"id": "f", "start_date": "2026-12-03T00:40:00Z", "away_team_display": "Los Angeles Lakers", "home_team_display": "Golden State Warriors",
                           "odds": [{"sportsbook": "FanDuel", "market": "Player Points", "selection": "LeBron James", "selection_line": side, "points": 24.5,
                                     "price": price, "timestamp": 1764711000.5, "is_main": True} for side, price in (("over", -110), ("under", -120))]}]}
        made, _ = self.mapped(examples["OpticOdds"], "optic.json", optic)
        self.assertEqual([(e["side"], e["price"], e["game_id"], e["ts"]) for e in made],
                         [("over", "-110", "20261202_LAL_GSW", "2025-12-02T21:30:00Z"), ("under", "-120", "20261202_LAL_GSW", "2025-12-02T21:30:00Z")])
        underdog = {"players": [{"id": "p", "first_name": "LeBron", "last_name": "James"}], "appearances": [{"id": "a", "player_id": "p", "match_id": 5}],
                    "games": [{"id": 5, "scheduled_at": "2026-12-03T00:40:00Z"}],
                    "over_under_lines": [{"stat_value": "24.5", "status": "active", "over_under": {"appearance_stat": {"appearance_id": "a", "display_stat": "3-Pointers Made"}}}]}
        made, _ = self.mapped(examples["Underdog"], "underdog.json", underdog)
        self.assertEqual(made, [{"stream": "props:odds", "player_lookup": "LeBron James", "market": "3-Pointers Made", "book": "underdog", "line": "24.5",
                                 "status": "active", "game_date": "2026-12-02"}])


if __name__ == "__main__":
    unittest.main()
