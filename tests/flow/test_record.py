"""What happened, step by step, and why a player is where he is: `events` and `why` say what is true at each moment of a night."""
import json
import subprocess
import unittest

import harness

STEPS = ["read", "applied", "affects", "queued", "begun", "ran", "committed", "acked"]


class Record(harness.Night):
    def start(self, trace=None):
        self.daemon = self.propsd(changes={("processor", "load"): {"fail_rate": 0.0}, "trace": trace or {},
                                           "regen": {"max_attempts": 100, "back_off": "1h", "max_back_off": "24h"}})
        self.ctl = self.daemon.ctl
        self.ctl.ok("wait", "ready")

    def why(self, player):
        return self.ctl.json("why", player, "--date", self.date)

    def wait_why(self, player, what):
        """Until that is what he waits for; all that is said then."""
        said = {}
        def look():
            said.update(self.why(player))
            return said["why"]["waits_for"]["what"] == what
        harness.until(look, lambda: f"{player} to wait for {what}, he waits for {said['why']['waits_for']}")
        return said

    def line(self, player, line):
        return self.odds(player, line=line, over=-110, under=-110)

    def events_of(self, player, number):
        """Steps that speak of the entry, once it is acknowledged."""
        def steps():
            rows = [row for row in self.ctl.json_lines("events", "--player", player, "--limit", "1000") if row.get("entry") == number]
            return rows if rows and rows[-1]["step"] == "acked" else None
        return harness.until(steps, f"{number} to be acknowledged")

    def test_each_step_of_an_event_is_told_once_in_its_order(self):
        self.start()
        self.seat("LAL@BOS", LAL=["l1", "l2"], BOS=["b1"])
        self.wait_quiet()
        number = self.line("l1", 25.5)
        rows = self.events_of("l1", number)
        self.assertEqual([row["step"] for row in rows], STEPS)
        self.assertEqual([row["n"] for row in rows], sorted(row["n"] for row in rows))
        by = {row["step"]: row for row in rows}
        for row in rows:
            self.assertEqual((row["type"], row["date"]), ("odds", self.date))
            self.assertGreaterEqual(row.get("took_ms", 0), 0)
        version = by["applied"]["version"]
        self.assertEqual((by["affects"]["player"], by["affects"]["version"], by["affects"]["phase"]), ("l1", version, "report"))
        self.assertEqual((by["begun"]["version"], by["committed"]["version"]), (version, version))
        self.assertEqual((by["ran"]["place"], by["ran"]["result"], by["acked"]["how"]), ("worker", "ok", "commit"))
        self.assertEqual(self.ctl.json("why", "l1")["report"]["version"], version, "today is not his day, the next one is")

        # Of a team's regenerate each player has steps of his own, and the entry's count for each. Others' are not his.
        number = self.regenerate(team="LAL")
        self.assertEqual([row["step"] for row in self.events_of("l2", number)], STEPS)
        self.assertEqual({row["player"] for row in self.ctl.json_lines("events", "--player", "l2") if "phase" in row}, {"l2"})
        self.assertEqual({row["type"] for row in self.ctl.json_lines("events", "--type", "odds")}, {"odds"})
        self.assertEqual(self.ctl.json_lines("events", "--type", "lineup"), [])
        self.assertEqual(len(self.ctl.json_lines("events", "--limit", "3")), 3)
        dead = self.add("odds", {"player_lookup": "l1", "game_date": self.date, "market": "nonsense"})
        harness.until(lambda: [row["step"] for row in self.ctl.json_lines("events", "--type", "odds")][-2:] == ["read", "dead"], "its letter")
        last = self.ctl.json_lines("events", "--type", "odds")[-1]
        self.assertEqual((last["entry"], last["reason"]), (dead, "malformed"))
        self.assertIn("dead", self.ctl.ok("events", "--type", "odds"))

    def test_why_says_what_is_true(self):
        self.start()
        self.seat("LAL@BOS", LAL=["l1", "l2"], BOS=["b1"])
        first = self.line("l1", 25.5)
        self.wait_quiet()
        self.assertEqual(self.ctl.run("why", "nobody")[0], 5)

        # Idle, and why his report changed.
        self.assertEqual(self.why("b1")["why"]["waits_for"]["what"], "nothing")
        before = self.why("l1")["report"]["version"]
        second = self.line("l1", 26.5)
        self.wait_quiet()
        said = self.wait_why("l1", "nothing")
        self.assertEqual((said["report"]["before"], [cause["id"] for cause in said["report"]["causes"]]), (before, [second]))
        self.assertIn({"field": "markets.points.books.fanduel.line", "from": 25.5, "to": 26.5}, said["report"]["fields"])
        run = said["why"]["last_runs"][0]
        self.assertEqual((run["end"], run["version"], run["place"]), ("committed", said["report"]["version"], "worker"))
        self.assertEqual(run["entries"], [{"type": "odds", "entry": second, "what": "l1 points fanduel line 26.5 over -110 under -110"}])
        self.assertIn(first, [e["entry"] for run in said["why"]["last_runs"] for e in run["entries"]])

        # All are paused: who is next waits for its end, who is behind for his turn, and why he is where he is.
        self.ctl.ok("pause")
        self.wait_status_paused()
        self.regenerate("b1", priority="urgent")
        waits = self.line("l1", 27.5)
        said = self.wait_why("l1", "turn")
        self.assertEqual([(b["player"], b["level"]) for b in said["why"]["before"]], [("b1", "urgent")])
        self.assertEqual(said["why"]["first_waits_for"]["what"], "pause")
        self.assertEqual((said["day"]["state"], said["day"]["place"]), ("waiting", 1))
        self.assertEqual([e["entry"] for e in said["why"]["entries"]], [waits])
        self.assertEqual(self.why("b1")["why"]["waits_for"]["what"], "pause")
        self.assertIn({"reason": "event", "level": "urgent", "type": "regenerate"}, self.why("b1")["why"]["levels"])
        self.ctl.ok("prioritize", "l1", "low")
        self.assertEqual([(c["reason"], c["level"]) for c in self.why("l1")["why"]["levels"]], [("order", "low")])
        gates = [row["why"] for row in self.ctl.json_lines("events", "--limit", "1000") if row["step"] == "gate"]
        self.assertEqual(gates[-1], "pause")
        self.ctl.ok("prioritize", "l1", "none")
        self.ctl.ok("resume")
        self.wait_quiet()

        # His team is paused: his entry is set aside, and whose order it is is told.
        self.ctl.ok("pause", "--team", "LAL")
        aside = self.line("l1", 28.5)
        harness.until(lambda: any(row["step"] == "aside" and row["entry"] == aside for row in self.ctl.json_lines("events")), "it to be set aside")
        said = self.wait_why("l1", "order")
        self.assertEqual(said["why"]["waits_for"]["order"]["team"], "LAL")
        self.assertEqual(self.why("b1")["why"]["waits_for"]["what"], "nothing")
        self.ctl.ok("pause", "--book", "fanduel")
        self.assertEqual([hold["book"] for hold in self.why("b1")["holds"]], ["fanduel"])
        self.ctl.ok("resume", "--book", "fanduel")
        self.ctl.ok("resume", "--team", "LAL")
        self.wait_quiet()

        # His run fails: until when he backs off, and of what.
        self.daemon.configure({("processor", "load"): {"fail_rate": 1.0}})
        self.daemon.reload()
        failed = self.line("l1", 29.5)
        said = self.wait_why("l1", "back-off")
        self.assertGreater(said["why"]["waits_for"]["until_ms"], 0)
        self.assertTrue(said["day"]["last_error"])
        self.assertEqual([e["entry"] for e in said["why"]["entries"]], [failed])
        self.assertEqual(said["why"]["last_runs"][0]["end"], "failed")
        self.assertIn("another try", self.ctl.ok("why", "l1", "--date", self.date))

    def wait_status_paused(self):
        harness.until(lambda: self.ctl.json("status")["paused"], "the pause")

    def test_a_follower_hears_each_step_and_of_those_that_he_missed(self):
        """A team's regenerate makes more steps in one go than the smaller ring holds."""
        self.start({"records": "4096"})
        self.seat("LAL@BOS", LAL=[f"l{n}" for n in range(20)], BOS=["b1"])
        self.wait_quiet()
        rows, number = self.followed()
        self.assertEqual(sum(row.get("lost", 0) for row in rows), 0)
        self.assertEqual(sum(row["step"] == "affects" and row["entry"] == number for row in rows), 20)
        self.daemon.configure({"trace": {"records": "16"}})
        self.daemon.restart()
        self.ctl.ok("wait", "ready")
        self.assertGreater(sum(row.get("lost", 0) for row in self.followed()[0]), 0)

    def followed(self):
        """What one who follows is told until an entry for all of a team is acknowledged; the entry. All of it is told or counted."""
        self.line("b1", 20.5)
        self.wait_quiet()
        command = [harness.built("propsctl"), "--socket", self.daemon.socket, "--json", "events", "--follow", "--limit", "1"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
            self.addCleanup(follower.kill)
            rows = [json.loads(follower.stdout.readline())]  # one of before: he is there
            number = self.regenerate(team="LAL")
            while not (rows[-1].get("step") == "acked" and rows[-1]["entry"] == number):
                rows.append(json.loads(follower.stdout.readline()))
            follower.kill()
        told = [row["n"] for row in rows if "n" in row]
        self.assertEqual(told[-1] - told[0] + 1, len(told) + sum(row.get("lost", 0) for row in rows))
        return rows, number


if __name__ == "__main__":
    unittest.main()
