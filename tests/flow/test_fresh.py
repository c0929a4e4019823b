"""`propsctl fresh` says of all instances whether each report covers every event; `status` says first what is wrong, after a restart too."""
import datetime
import json
import os
import pathlib
import time
import unittest

import harness

FAILS = {("processor", "load"): {"fail_rate": 1.0}, "regen": {"max_attempts": 2, "back_off": "50ms"}}


def at(minutes):
    return datetime.datetime.fromtimestamp(time.time() + 60 * minutes, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Fresh(harness.Night):
    def fresh(self, daemon, *more):
        """(exit code, data)"""
        code, out, err = daemon.ctl.run("fresh", "--date", self.date, "--json", *more)
        self.assertIn(code, (0, 1), err)
        self.assertIn("reports", out, err)
        return code, json.loads(out)

    def wait_fresh(self, daemon, code, wanted=lambda data: True):
        last = []

        def look():
            last[:] = self.fresh(daemon)
            return last[1] if last[0] == code and wanted(last[1]) else None
        return harness.until(look, lambda: f"fresh to end with {code}: {last}", every=0.1)

    def order(self, daemon, other, *words):
        """Given to one, and known to the other, too: it may be the one that reads what comes now."""
        daemon.ctl.ok(*words, "--date", self.date)
        stand = sorted((row["order"], row["player"]) for row in daemon.ctl.json_lines("orders"))
        harness.until(lambda: sorted((row["order"], row["player"]) for row in other.ctl.json_lines("orders")) == stand, "the other to know it")

    def wrong(self, daemon):
        return [row["what"] for row in daemon.ctl.json("status")["wrong"]]

    def test_what_is_covered_by_whom_and_what_is_not(self):
        first = self.propsd("a")
        first.ctl.ok("wait", "ready")
        data = first.ctl.json("fresh")
        self.assertEqual((data["reports"], data["fresh"]), (0, True))
        status, _, err = first.ctl.run("fresh", "--date", self.date)
        self.assertEqual((status, err), (5, f"propsctl: nothing is known of {self.date}: it has no game, and nobody ever had a report\n"))
        self.seat(LAL=["l1", "l2"], GSW=["g1"])
        self.odds("l1", line="10.5")
        self.injury("l2", "questionable")
        self.lineup("GSW", ["g1"])
        self.add("odds", game_id=harness.game(self.date, "LAL@GSW"), book="fanduel", total="220.5")
        self.odds("stranger", line="4.5")
        self.wait_quiet()
        data = self.wait_fresh(first, 0)
        self.assertEqual((data["reports"], data["covered"]), (4, 4))
        self.assertIsNone(data["oldest_uncovered"])
        self.assertLess(data["last_event"]["injury"]["age_ms"], 3_600_000)

        # One is held back: an event of the team is uncovered of him alone, on the instance that did not read it, too.
        second = self.propsd("b")
        second.ctl.ok("wait", "ready")
        self.order(first, second, "pause", "--player", "l1")
        number = self.injury("l2", "out")
        data = self.wait_fresh(second, 1, lambda data: data["covered"] == 3 and data["uncovered"]["paused"] == 1)
        self.assertEqual([(row["player"], row["why"]) for row in data["uncovered_players"]], [("l1", "paused")])
        self.assertEqual((data["oldest_uncovered"]["entry"], data["oldest_uncovered"]["what"]), (number, "injury of l2"))
        text = second.ctl.run("fresh", "--date", self.date)[1]
        self.assertIn("3 of 4 reports cover every event", text)
        self.assertIn("injury of l2", text)
        self.order(first, second, "resume", "--player", "l1")
        self.wait_fresh(second, 0)

        # Muted: settled, and yet no report has it.
        self.order(first, second, "mute", "--player", "g1")
        self.odds("g1", line="7.5")
        self.wait_quiet()
        data = self.wait_fresh(second, 1, lambda data: data["uncovered"]["muted"] == 1)
        self.assertEqual([(row["player"], row["why"]) for row in data["uncovered_players"]], [("g1", "muted")])
        self.order(first, second, "unmute", "--player", "g1")
        self.wait_fresh(second, 0)

        # Given up: the letter stands and the report does not cover it, after a restart of all as well.
        for daemon in (first, second):
            daemon.configure(FAILS)
            daemon.restart()
            daemon.ctl.ok("wait", "ready")
        number = self.odds("l1", line="11.5")
        self.letter_of("odds", number)
        self.wait_quiet()
        data = self.wait_fresh(second, 1, lambda data: data["uncovered"]["fails"] == 1)
        self.assertEqual([(row["player"], row["why"]) for row in data["uncovered_players"]], [("l1", "fails")])
        self.assertEqual(data["oldest_uncovered"]["what"], "the report of l1")
        self.add("odds", player_lookup="l1")  # malformed
        self.wait_quiet()
        second.stop()
        first.kill()
        first.start()
        harness.until(lambda: "dead_letters" in self.wrong(first), "the letters to be told of")
        def told():
            status = first.ctl.json("status")
            return status["letters"], status["fleet"]["instances"]
        harness.until(lambda: told() == (2, 1), lambda: f"two letters and one instance: {told()}")
        self.assertIn("2 dead letters", first.ctl.ok("status"))
        first.ctl.ok("dead", "drop", "all")
        harness.until(lambda: first.ctl.json("status")["letters"] == 0, "none to be told of")
        first.configure({("processor", "load"): {"fail_rate": 0.0}})
        first.restart()
        first.ctl.ok("wait", "ready")
        first.ctl.ok("regenerate", "--player", "l1", "--date", self.date, "--wait")
        self.wait_fresh(first, 0)

    def quote(self, now, seconds_ago, number, book, **more):
        self.add("odds", id=f"{now - seconds_ago * 1000}-{number}", player_lookup="l1", market="points", book=book,
                 game_id=harness.game(self.date, "LAL@GSW"), line=str(10 + number / 2), **more)

    def test_a_feed_that_fell_silent_is_told_and_an_older_model_is_made_anew(self):
        model = os.path.join(self.folder, "model.py")
        with open(os.path.join(pathlib.Path(__file__).parent, "behave.py"), encoding="utf-8") as source, open(model, "w", encoding="utf-8") as copy:
            copy.write(source.read())
        daemon = self.propsd(changes={"ingest": {"silent_after": "2m"}, "report": {"processor": "mine"},
                                      ("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", model], "children": 1}})
        self.add("slate", game_id=harness.game(self.date, "LAL@GSW"), tip=at(60))
        self.wait_quiet()
        now = int(time.time() * 1000)
        spoke = [(ago, book) for ago in (900, 880, 860, 840, 820) for book in ("one", "two")]
        for number, (ago, book) in enumerate(spoke):
            self.quote(now, ago, number + 1, book)
        self.wait_quiet()
        # The reports cover what came, so they are fresh; and nobody who looks can miss that nothing comes any more.
        data = self.wait_fresh(daemon, 0, lambda data: data["odds_silent"])
        self.assertEqual(sorted(row["book"] for row in data["silent_books"]), ["one", "two"])
        self.assertGreaterEqual(data["silent_books"][0]["age_ms"], 820_000)
        harness.until(lambda: self.wrong(daemon)[:1] == ["feed_silent"], lambda: f"the feed to come first: {self.wrong(daemon)}")
        self.assertRegex(daemon.ctl.ok("status").splitlines()[0], "^error +no odds from any book")
        self.assertIn("(all 2 books silent)", daemon.ctl.ok("fresh", "--date", self.date))

        def one_speaks():
            self.quote(int(time.time() * 1000), 0, 1 + len(self.r.xrange(self.key("odds"))), "one")
            self.wait_quiet()
            code, data = self.fresh(daemon)
            return code == 0 and not data["odds_silent"] and [row["book"] for row in data["silent_books"]] == ["two"]
        harness.until(one_speaks, lambda: f"the other to be silent alone: {self.fresh(daemon)}", every=0.5)

        # The model's file changes: what it made before is told, and made anew by one command.
        self.odds("l2", line="7.5")
        self.wait_quiet()
        self.wait_fresh(daemon, 0)
        with open(model, "a", encoding="utf-8") as file:
            file.write("# another\n")
        daemon.ctl.ok("processor", "restart", "mine")
        data = self.wait_fresh(daemon, 1, lambda data: data["outdated"] == 2)
        self.assertEqual((data["covered"], data["reports"]), (2, 2))
        self.assertIn("propsctl regenerate --outdated", daemon.ctl.run("fresh", "--date", self.date)[1])
        self.odds("l2", line="8.5")
        self.wait_quiet()
        self.assertEqual(daemon.ctl.json("regenerate", "--outdated", "--dry-run", "--date", self.date)["names"], ["l1"])
        done = daemon.ctl.json("regenerate", "--outdated", "--wait", "--date", self.date)
        self.assertEqual((done["total"], done["completed"]), (1, 1))
        self.wait_fresh(daemon, 0)
        daemon.restart()
        daemon.ctl.ok("wait", "ready")
        self.assertEqual(self.wait_fresh(daemon, 0)["outdated"], 0)
        # As an older instance leaves it, which notes no model beside the version that it commits.
        player = self.key(f"player:{self.date}:l2")
        made, version = self.r.hget(player, "b").decode().split()
        self.assertEqual(version, self.r.hget(player, "c").decode())
        self.r.hset(player, "b", f"{made} {int(version) - 1}")
        self.assertEqual(daemon.ctl.json("regenerate", "--outdated", "--dry-run", "--date", self.date)["names"], ["l2"])


if __name__ == "__main__":
    unittest.main()
