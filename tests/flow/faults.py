"""A night played while something breaks: what the kill, cut, restart and sharing tests have in common."""
import json
import os
import random
import sys

import harness
import night
import oracle


class Faulty(harness.Night):
    """play() sends the events in pieces and breaks something after each; the reports must equal the fold, and the bytes
    of a calm run of the same events."""
    changes = {("processor", "load"): {"spin_us": 500}}
    letters_once = True

    def setUp(self):
        super().setUp()
        self.seed = harness.seed_of_run()
        self.draw = random.Random(self.seed)
        self.broken = 0

    def clear(self):
        """All daemons drained, Redis empty."""
        for daemon in self.daemons:
            if daemon.now.running and daemon.now.asked is None:
                daemon.stop()
        self.r.flushall()
        self.sent.clear()

    def settle_opening(self, made):
        bad = night.send(self, made.opening)
        self.wait_quiet()
        return bad

    def calm(self, made, changes=None, league=None, events=None):
        """A run without faults, checked; its reports, normalised. Redis is empty afterwards."""
        daemon = self.propsd(f"calm{len(self.daemons)}", changes or self.changes)
        bad = self.settle_opening(made)
        bad.update(night.send(self, events or made.events))
        self.wait_quiet()
        oracle.check(self, oracle.fold(self.sent, self.date, league, bad), bad, [daemon])
        reports = oracle.all_normalised(self)
        self.clear()
        return reports

    def some_commits(self, most=12, milliseconds=60):
        """A random moment: after so many commits, or after so long without."""
        followed = self.notices()
        wanted = self.draw.randrange(most)
        while len(followed.all) < wanted and followed.more(self.draw.randrange(1, milliseconds) * harness.SLOW):
            pass

    def play(self, made, fault, times=10, league=None, events=None):
        """Sends what happens in `times` + 1 pieces of random length with fault(n) after each but the last."""
        events = events or made.events
        bad = self.settle_opening(made)
        cuts = sorted(self.draw.sample(range(1, len(events)), times))
        for n, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(events)])):
            bad.update(night.send(self, events[start:end]))
            if n < times:
                self.some_commits()
                fault(n)
                self.broken += 1
        self.wait_quiet()
        there = sum(self.r.xlen(self.key(stream)) for stream in harness.STREAMS)
        self.assertEqual(there, len(self.sent), "Redis itself lost entries")
        oracle.check(self, oracle.fold(self.sent, self.date, league, bad), bad,
                     [d for d in self.daemons if d.now.running and d.now.asked is None], self.letters_once)
        return oracle.all_normalised(self)

    def history_of(self, daemon):
        return os.path.join(daemon.folder, "history.db")

    def with_history(self, name="a", changes=None, **more):
        return self.propsd(name, {**(changes or {}), "history": {"file": os.path.join(self.folder, name, "history.db")}}, **more)

    def commits(self, stream="reports"):
        """{run: (player, date, version)} of all notices, of which each commit leaves one."""
        found = {}
        for _, fields in self.r.xrange(self.key(stream)):
            text = {name.decode(): value.decode() for name, value in fields.items()}
            if "run" in text:
                self.assertNotIn(text["run"], found)
                found[text["run"]] = (text["player_lookup"], text["game_date"], int(text["version"]))
        return found

    def history_is_whole(self, daemon, phase="report", stream="reports", every=0.1):
        """Every commit has one row of the history, whatever died, but for as many as it says that it dropped; its runs."""
        wanted, known = self.commits(stream), {}

        def look():
            rows = [json.loads(line) for line in daemon.ctl.ok("export", "runs").splitlines()]
            self.assertEqual(len({row["run"] for row in rows}), len(rows), "a run has two rows")
            known.clear()
            known.update({row["run"]: (row["player_lookup"], row["game_date"], row["report_version"])
                          for row in rows if row["result"] == "committed" and row["phase"] == phase})
            return len(wanted.keys() - known.keys()) <= daemon.ctl.json("history")["state"].get("dropped_ever", 0)
        # What a killed process did not write is looked for once a session and the file are there.
        harness.until(look, "the history to know of every commit", every=every)
        self.assertEqual(known, {run: wanted.get(run) for run in known}, "a row for a commit that Redis does not know, or of another")
        return known

    def same(self, calm, faulty):
        different = [player for player in sorted(set(calm) | set(faulty)) if calm.get(player) != faulty.get(player)]
        for player in different[:3]:
            print(f"{player}\n  calm   {calm.get(player)}\n  faulty {faulty.get(player)}", file=sys.stderr)
        self.assertEqual(different, [], "reports that differ from the calm run's")


def killed(test, daemon):
    """kill -9 and start again; every third time the new one is killed while it starts."""
    def fault(n):
        daemon.kill()
        daemon.launch()
        if n % 3 == 2:
            test.some_commits(1, 30)
            daemon.kill()
            daemon.launch()
    return fault
