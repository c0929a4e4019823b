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

    def wrong(self, daemon):
        return [row["what"] for row in daemon.ctl.json("status")["wrong"]]

    def test_what_is_covered_by_whom_and_what_is_not(self):
        first = self.propsd("a")
        first.ctl.ok("wait", "ready")
        code, data = self.fresh(first)
        self.assertEqual((code, data["reports"], data["fresh"]), (0, 0, True))
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
        first.ctl.ok("pause", "--player", "l1", "--date", self.date)
        number = self.injury("l2", "out")
        harness.until(lambda: self.fresh(first)[1]["uncovered"] == {"waits": 0, "fails": 0, "paused": 1, "muted": 0}, "l1 alone")
        data = self.wait_fresh(second, 1, lambda data: data["covered"] == 3 and data["uncovered"]["paused"] == 1)
        self.assertEqual([(row["player"], row["why"]) for row in data["uncovered_players"]], [("l1", "paused")])
        self.assertEqual((data["oldest_uncovered"]["entry"], data["oldest_uncovered"]["what"]), (number, "injury of l2"))
        text = second.ctl.run("fresh", "--date", self.date)[1]
        self.assertIn("3 of 4 reports cover every event", text)
        self.assertIn("injury of l2", text)
        first.ctl.ok("resume", "--player", "l1", "--date", self.date)
        self.wait_fresh(second, 0)

        # Muted: settled, and yet no report has it.
        first.ctl.ok("mute", "--player", "g1", "--date", self.date)
        self.odds("g1", line="7.5")
        self.wait_quiet()
        data = self.wait_fresh(second, 1, lambda data: data["uncovered"]["muted"] == 1)
        self.assertEqual([(row["player"], row["why"]) for row in data["uncovered_players"]], [("g1", "muted")])
        first.ctl.ok("unmute", "--player", "g1", "--date", self.date)
        self.wait_fresh(second, 0)

        # Given up: the letter stands and the report does not cover it, after a restart of all as well.
        for daemon in (first, second):
            daemon.configure(FAILS)
            daemon.restart()
        number = self.odds("l1", line="11.5")
        self.letter_of("odds", number)
        self.wait_quiet()
        data = self.wait_fresh(second, 1)
        self.assertEqual([(row["player"], row["why"]) for row in data["uncovered_players"]], [("l1", "fails")])
        self.add("odds", player_lookup="l1")  # malformed
        self.wait_quiet()
        second.stop()
        first.kill()
        first.start()
        harness.until(lambda: "dead_letters" in self.wrong(first), "the letters to be told of")
        status = first.ctl.json("status")
        self.assertEqual((status["letters"], status["fleet"]["instances"]), (2, 1))
        self.assertIn("2 dead letters", first.ctl.ok("status"))
        first.ctl.ok("dead", "drop", "all")
        harness.until(lambda: first.ctl.json("status")["letters"] == 0, "none to be told of")
        first.configure({("processor", "load"): {"fail_rate": 0.0}})
        first.restart()
        first.ctl.ok("regenerate", "--player", "l1", "--date", self.date, "--wait")
        self.wait_fresh(first, 0)


if __name__ == "__main__":
    unittest.main()
