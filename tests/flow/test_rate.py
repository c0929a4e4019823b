"""A processor's rate: how many of its jobs start in a time, whatever waits. Held against the bound in one direction only: a machine
that is slow starts fewer."""
import os
import time
import unittest

import harness

TELLS = """#!/usr/bin/python3
import json, os, sys, time
started = os.open(os.environ["STARTED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
print('{"v":1,"hello":"tells","concurrency":4}', flush=True)
for line in iter(sys.stdin.readline, ""):
    job = json.loads(line)
    os.write(started, f"{time.monotonic()} {job['player_lookup']}\\n".encode())
    print(json.dumps({"id": job["id"], "result": {"player_lookup": job["player_lookup"]}}), flush=True)
"""


class Rate(harness.Night):
    def mine(self, rate, **options):
        self.started_path = os.path.join(self.folder, "started")
        self.worker = os.path.join(self.folder, "tells.py")
        with open(self.worker, "w") as file:
            file.write(TELLS)
        return self.propsd(changes={("processor", "mine"): {"type": "exec", "command": ["/usr/bin/python3", self.worker], "children": 4,
                                                            "environment": [f"STARTED={self.started_path}"], "rate": rate, **options},
                                    "report": {"processor": "mine"}})

    def started(self):
        """[(monotonic seconds, player)] by time: what children wrote when they were given a job."""
        if not os.path.exists(self.started_path):
            return []
        with open(self.started_path) as file:
            return sorted((float(line.split()[0]), line.split()[1]) for line in file.read().splitlines())

    def hold(self, since, rate, burst):
        """By any time no more have started than the bucket held and got since: a child that writes late only makes it fewer."""
        for count, (at, player) in enumerate(self.started(), 1):
            self.assertLessEqual(count, burst + rate * (at - since) + 1e-3, f"{player} is number {count} after {at - since:.3f} s")

    def test_no_more_start_than_it_says_and_all_are_served(self):
        count = 20
        daemon = self.mine("8/s", burst=3)
        since = time.monotonic()
        self.add_all([("regenerate", {"player_lookup": f"p{n}", "game_date": self.date}) for n in range(count)])
        self.wait_quiet()
        shown = daemon.ctl.json("processor", "mine")["rate"]
        self.assertEqual((shown["limit"], shown["burst"]), ("8/s", 3))
        self.assertEqual(sorted(player for _, player in self.started()), sorted(f"p{n}" for n in range(count)))  # each once
        self.assertEqual([self.report(f"p{n}")["attempt"] for n in range(count)], [1] * count)
        self.hold(since, 8, 3)
        self.assertGreater(daemon.ctl.metrics()['propsd_processor_limited_seconds_total{phase="report"}'], 0)
        self.assertRegex(daemon.ctl.ok("processor", "mine"), r"(?m)^rate +8/s, 3 at once; held back \d+ m?s in all$")
        self.assertEqual([w for w in daemon.ctl.json("status")["warnings"] if w["kind"] == "processor"], [])

    def test_the_most_urgent_gets_the_next_token(self):
        daemon = self.mine("2/s")
        self.add_all([("regenerate", {"player_lookup": f"p{n}", "game_date": self.date}) for n in range(8)])
        harness.until(self.started, "the first to start")
        number = self.regenerate("star", priority="urgent")
        harness.until(lambda: [p for p in daemon.ctl.json_lines("players", "--all") if p["player"] == "star"], "star to be known")
        before = len(self.started())
        self.wait_acked("regenerate", number)
        names = [player for _, player in self.started()]
        self.assertLessEqual(names.index("star"), before + 2)  # beside one that was being begun, and one that a child has not told of
        self.wait_quiet()

    def test_a_reload_changes_it_and_ends_no_child(self):
        daemon = self.mine("1/h")
        self.regenerate("ann")
        self.wait_quiet()
        self.regenerate("bob")
        shown = harness.until(lambda: [s for s in [daemon.ctl.json("processor", "mine")] if s["rate"]["limited"] and s["rate"]["waiting"]],
                              "bob to wait")[0]
        self.assertEqual((shown["rate"]["waiting"], shown["state"]), (1, "ready"))
        self.assertNotIn("trouble", shown)
        children = [child["pid"] for child in shown["children"]]
        daemon.reload()  # an equal one fills no bucket
        self.assertTrue(daemon.ctl.json("processor", "mine")["rate"]["limited"])
        self.assertEqual([player for _, player in self.started()], ["ann"])
        daemon.configure({("processor", "mine"): {"rate": "20/s"}})
        daemon.reload()
        self.wait_quiet()
        self.assertEqual([player for _, player in self.started()], ["ann", "bob"])
        self.assertLessEqual(set(children), {child["pid"] for child in daemon.ctl.json("processor", "mine")["children"]})


if __name__ == "__main__":
    unittest.main()
