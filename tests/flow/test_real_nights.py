"""Each timeline of real nights, on the whole real league. Left out where the data is not there (PROPSD_DATA)."""
import glob
import os
import re
import unittest

import faults
import harness
import league_night
import night

WHOLE = 10  # faults a night


class Real(league_night.LeagueNight):
    """The league of all real files; the classes that are tests are made from the timelines below."""

    @staticmethod
    def league_files(folder):
        return harness.DATA

    def timeline_path(self):
        return self.path


class RealNight:
    def test_every_player_touched_equals_the_fold(self):
        _, reports = self.calm_night()
        self.assertGreater(len(reports), 50)

    def test_kills(self):
        made, calm = self.calm_night()
        daemon = self.with_history(changes=self.changes)
        self.same(calm, self.play(made, faults.killed(self, daemon), WHOLE))
        self.assertGreater(len(self.history_is_whole(daemon, every=1)), 50)

    def test_one_worker_and_eight_and_another_order_of_the_streams(self):
        made, two = self.calm_night()
        self.same(two, self.calm(made, {"pool": {"workers": "1"}}))
        self.same(two, self.calm(made, {"pool": {"workers": "8"}}, events=night.shuffled(self.draw, made.events)))


class RealNightOfRedis:
    aof = True

    def test_cuts_and_kills_of_redis(self):
        made, calm = self.calm_night()
        self.propsd(changes=self.changes)

        def fault(n):
            if n % 2:
                self.redis.cut()
            else:
                self.redis.kill()
                self.redis.start()
        self.same(calm, self.play(made, fault, WHOLE))


PATHS = sorted(glob.glob(os.path.join(harness.DATA, "timeline-*.ndjson.gz")))
for path in PATHS:
    label = re.search(r"timeline-(.*)\.ndjson", os.path.basename(path)).group(1)
    if harness.SANITIZER and os.path.getsize(path) > 20_000 or "thread" in harness.SANITIZER:
        continue  # instrumented, only the small one, or the sample league's night alone: the code is the same
    for base in (RealNight, RealNightOfRedis):
        name = base.__name__ + "_" + label.replace("-", "_")
        globals()[name] = type(name, (base, Real), {"path": path, "night_date": label[:10]})


class WhatIsThere(unittest.TestCase):
    def test_the_data_is_there(self):
        if not PATHS:
            self.skipTest(f"no real timelines: no timeline-*.ndjson.gz in {harness.DATA} (PROPSD_DATA)")


if __name__ == "__main__":
    unittest.main()
