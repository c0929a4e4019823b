"""An operator's evening on one instance: what he does by hand, and what befalls him. At each step `status`, `fresh`, `why` and
the exit codes say what is true, and each thing that is wrong is told of once."""
import datetime
import json
import os
import re
import signal
import time
import unittest

import harness

BEHAVE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "behave.py")
FLOOD = 2000
LAKERS, WARRIORS = ("lebronjames", "austinreaves"), ("stephencurry", "slowmo")


class Evening(harness.Night):
    aof = True

    def setUp(self):
        super().setUp()
        self.down = os.path.join(self.folder, "down")
        self.open_gate()
        self.daemon = self.propsd(changes={
            "ingest": {"silent_after": "2m"}, "report": {"processor": "mine"}, "pool": {"aging": "1h"},
            ("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", BEHAVE], "children": 1,
                                    "environment": [f"DOWN={self.down}", f"GATE={self.gate}"]}})
        self.ctl = self.daemon.ctl
        self.ctl.ok("wait", "ready")
        self.game = harness.game(self.date, "LAL@GSW")
        tip = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        self.add("slate", game_id=self.game, tip=tip.strftime("%Y-%m-%dT%H:%M:%SZ"))
        for team, players in (("LAL", LAKERS), ("GSW", WARRIORS)):
            for player in players:
                self.slate_player(player, team)

    # --- what is asked

    def fresh(self):
        """(exit code, data)"""
        code, out, err = self.ctl.run("fresh", "--date", self.date, "--json")
        self.assertIn(code, (0, 1), err)
        return code, json.loads(out)

    def why(self, player):
        return self.ctl.json("why", player, "--date", self.date)

    def waits_for(self, player, what):
        """All that `why` says once he waits for that."""
        said = {}

        def look():
            said.update(self.why(player))
            return said["why"]["waits_for"]["what"] == what
        harness.until(look, lambda: f"{player} to wait for {what}: {said['why']}", every=0.05)
        return said

    def why_text(self, player):
        return " ".join(self.ctl.ok("why", player, "--date", self.date).split())

    def all_say(self, *wrong, uncovered=None):
        """Until just this is wrong by `status`, in this order, and just these are uncovered by `fresh`, whose exit code says
        whether any is. What `status` names as the command that tells more is one. The answers of both."""
        uncovered, last = uncovered or {}, []

        def look():
            status, (code, fresh) = self.ctl.json("status"), self.fresh()
            last[:] = [status, fresh]
            found = {row["player"]: row["why"] for row in fresh.get("uncovered_players", [])}
            return ([row["what"] for row in status["wrong"]] == list(wrong) and found == uncovered and
                    (code, fresh.get("fresh")) == ((1, False) if uncovered else (0, True)))
        harness.until(look, lambda: f"{wrong} to be wrong and {uncovered} uncovered: {last}", every=0.05)
        for row in last[0]["wrong"]:
            self.ctl.ok(*row["command"].split()[1:], "--help")
        return last

    def first_line(self):
        return self.ctl.ok("status").splitlines()[0]

    def quote(self, player, book, line, id="*"):
        return self.odds(player, book=book, line=line, over=-110, under=-110, game_date=None, game_id=self.game, id=id)

    def wait_line(self, player, line):
        self.wait_report(player, lambda report: report["line"] == line, f"with {line}")

    # --- what happens

    def test_each_step_is_told_as_it_is(self):
        self.wait_quiet()
        status, fresh = self.all_say()
        self.assertEqual((status["health"], fresh["reports"], fresh["covered"]), ("healthy", 4, 4))
        self.assertRegex(self.first_line(), "^healthy ")
        self.assertEqual(self.ctl.run("why", "nobody", "--date", self.date)[0], 5)
        self.star_is_out()
        self.team_is_raised()
        self.book_is_muted()
        self.feed_falls_silent()
        self.processor_goes_down()
        self.malformed_entries_flood()
        self.redis_restarts()
        self.letters_are_dropped()
        # A warning is told when it begins and when it ends, and neither one more often nor too soon.
        self.assertEqual(sorted(re.findall(r"watch: (\w+): over", self.daemon.now.log())), ["dead_letters", "feed_silent", "processor"])
        self.daemon.stop()
        self.assertEqual([self.ctl.run(*words)[0] for words in (("status",), ("fresh",), ("why", "stephencurry"))], [3, 3, 3])

    def star_is_out(self):
        out = self.ctl.json("publish", "injury", "player_lookup=LeBron James", f"game_date={self.date}", "status=out")["entry"]
        self.wait_quiet()
        self.all_say()
        for player in LAKERS:
            self.assertEqual([cause["id"] for cause in self.why(player)["report"]["causes"]], [out], player)
        self.assertNotIn(out, [cause["id"] for cause in self.why("stephencurry")["report"]["causes"]])
        self.assertEqual(self.ctl.run("publish", "injury", "player_lookup=LeBron James", f"game_date={self.date}", "status=unwell")[0], 2)

    def team_is_raised(self):
        self.ctl.ok("prioritize", "--team", "LAL", "urgent")
        self.all_say()  # nothing is wrong with that
        self.assertIn("urgent as team LAL", self.why_text("austinreaves"))
        self.assertNotIn("urgent", self.why_text("stephencurry"))

    def book_is_muted(self):
        """Its events are settled, and he whom they are about is owed a run: that is what keeps him, and no queue."""
        self.ctl.ok("mute", "--book", "caesars")
        self.all_say("held")
        self.began = int(time.time() * 1000)
        self.quote("stephencurry", "caesars", 29.5, f"{self.began - 950_000}-0")
        self.wait_quiet()
        status, fresh = self.all_say("held", uncovered={"stephencurry": "muted"})
        self.assertEqual(fresh["uncovered"], {"waits": 0, "fails": 0, "paused": 0, "muted": 1})
        self.assertEqual([hold["book"] for hold in status["holds"]], ["caesars"])
        self.assertRegex(self.first_line(), "^warning +held back by order: 1 mute: propsctl orders$")
        self.assertEqual(self.waits_for("stephencurry", "order")["why"]["waits_for"]["order"]["book"], "caesars")
        self.assertIn("waits for book caesars is muted by a standing order", self.why_text("stephencurry"))
        self.assertIn("no run for entries of book caesars, by a mute", self.why_text("stephencurry"))
        self.assertEqual(self.why("austinreaves")["why"]["waits_for"]["what"], "nothing")

    def feed_falls_silent(self):
        """First all of it, then one book. What came is covered, so silence alone leaves reports fresh."""
        for number, ago in enumerate((900, 880, 860, 840, 820)):
            for turn, book in enumerate(("fanduel", "draftkings")):
                self.quote("austinreaves", book, 10.5 + number, f"{self.began - ago * 1000}-{turn}")
        self.wait_quiet()
        _, fresh = self.all_say("feed_silent", "held", uncovered={"stephencurry": "muted"})
        self.assertEqual((fresh["odds_silent"], [row["book"] for row in fresh["silent_books"]]), (True, ["fanduel", "draftkings"]))
        self.assertRegex(self.first_line(), "^error +no odds from any book")
        self.assertEqual(self.ctl.run("doctor")[0], 1)
        self.quote("austinreaves", "fanduel", 20.5)
        self.all_say("book_silent", "held", uncovered={"stephencurry": "muted"})
        self.assertIn("(draftkings silent for ", self.ctl.run("fresh", "--date", self.date)[1])
        self.ctl.ok("unmute", "--book", "caesars")
        _, fresh = self.all_say("book_silent")
        self.assertEqual((fresh["odds_silent"], [row["book"] for row in fresh["silent_books"]]), (False, ["draftkings"]))
        self.wait_line("stephencurry", 29.5)
        self.assertIn("line null -> 29.5", self.why_text("stephencurry"))

    def processor_goes_down(self):
        """Children die before their hello: jobs wait, those of the team that was raised first."""
        with open(self.down, "w", encoding="ascii"):
            pass
        idle = [child["pid"] for child in self.ctl.json("processor", "mine")["children"]]
        for pid in idle:
            os.kill(pid, signal.SIGKILL)
        harness.until(lambda: not self.ctl.json("processor", "mine")["children"], "its child to be gone")
        self.quote("stephencurry", "fanduel", 30.5)
        self.all_say("processor", "book_silent", uncovered={"stephencurry": "waits"})
        self.assertRegex(self.first_line(), "^error +mine takes no jobs, they wait: its child ended with status 3 before its hello")
        number = self.quote("austinreaves", "fanduel", 21.5)
        said = self.waits_for("austinreaves", "processor")["why"]
        self.assertIn("the warehouse does not answer", said["waits_for"]["text"])
        self.assertEqual([entry["entry"] for entry in said["entries"]], [number])
        self.assertEqual([(row["reason"], row["level"], row["order"]["team"]) for row in said["levels"]], [("order", "urgent", "LAL")])
        said = self.waits_for("stephencurry", "turn")["why"]
        self.assertEqual([(row["player"], row["level"]) for row in said["before"]], [("austinreaves", "urgent")])
        self.assertEqual(said["first_waits_for"]["what"], "processor")
        self.all_say("processor", "book_silent", uncovered={"stephencurry": "waits", "austinreaves": "waits"})
        self.assertEqual(self.ctl.run("wait", "idle", "--timeout", "100ms")[0], 6)
        self.assertEqual(self.ctl.run("doctor")[0], 1)
        os.unlink(self.down)
        self.ctl.ok("processor", "restart", "mine")
        self.all_say("book_silent")
        self.ctl.ok("wait", "idle")
        self.assertEqual((self.report("austinreaves")["attempt"], self.report("stephencurry")["attempt"]), (1, 1))

    def malformed_entries_flood(self):
        self.add_all([("odds", {"player_lookup": f"p{n}", "game_date": self.date, "market": "dunks", "book": "fanduel"}) for n in range(FLOOD)])
        number = self.quote("stephencurry", "fanduel", 31.5)
        self.wait_report("stephencurry", lambda report: number in [cause["id"] for cause in report["causes"]], f"for {number}")
        self.wait_quiet()
        harness.until(lambda: self.ctl.json("status")["letters"] == FLOOD, "all letters to be counted")
        self.all_say("dead_letters", "book_silent")  # they are about no report
        self.assertRegex(self.first_line(), f"^warning +{FLOOD} dead letters.*propsctl dead list")

    def redis_restarts(self):
        """A run is under way meanwhile, which ends when it is done; nothing that stood is forgotten or taken for over."""
        os.unlink(self.gate)
        number = self.quote("slowmo", "fanduel", 8.5)
        self.waits_for("slowmo", "run")
        self.all_say("dead_letters", "book_silent", uncovered={"slowmo": "waits"})
        harness.until(lambda: self.ctl.json("status")["fleet"]["pending"] == 1, "his entry to be counted")
        self.redis.kill()
        self.away()
        self.redis.start()
        self.ctl.ok("wait", "ready")
        _, fresh = self.all_say("dead_letters", "book_silent", uncovered={"slowmo": "waits"})
        self.assertEqual([row["book"] for row in fresh["silent_books"]], ["draftkings"])
        harness.until(lambda: [entry["entry"] for entry in self.why("slowmo")["why"]["entries"]] == [number], "his entry to be read again")
        self.assertIn("urgent as team LAL", self.why_text("austinreaves"))
        self.open_gate()
        self.all_say("dead_letters", "book_silent")
        self.wait_line("slowmo", 8.5)
        self.assertEqual(self.ctl.json("status")["redis"]["reconnects"], 1)

    def away(self):
        def wrong():
            return [row["what"] for row in self.ctl.json("status")["wrong"]]
        harness.until(lambda: wrong() == ["not_ready", "dead_letters", "book_silent"], lambda: f"the session to be missed: {wrong()}")
        self.assertRegex(self.first_line(), "^error +no session with Redis: .*: propsctl doctor$")
        for words, code in ((("fresh", "--date", self.date), 1), (("doctor",), 1), (("wait", "ready", "--timeout", "100ms"), 6)):
            self.assertEqual(self.ctl.run(*words)[0], code, words)
        self.assertIn("Redis", self.ctl.run("fresh", "--date", self.date)[2])
        self.assertEqual(self.why("slowmo")["why"]["waits_for"]["what"], "run")
        self.assertEqual(self.why("stephencurry")["why"]["waits_for"]["what"], "redis")
        # What is not settled grows older, though Redis tells of it no more.
        before = self.ctl.json("status")["fleet"]["oldest_ms"]
        harness.until(lambda: self.ctl.json("status")["fleet"]["oldest_ms"] > before, "the oldest to grow older")

    def letters_are_dropped(self):
        self.assertEqual(self.ctl.json("dead", "drop", "--reason", "malformed", "--limit", str(FLOOD))["dropped"], FLOOD)
        self.all_say("book_silent")
        self.ctl.ok("prioritize", "--team", "LAL", "none")
        self.assertEqual(self.ctl.json_lines("orders"), [])


if __name__ == "__main__":
    unittest.main()
