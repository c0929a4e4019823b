"""Schedules: each due time once over all instances, whoever dies at that moment; the last one that was missed; and nothing for a
time before a schedule was there.

Times of the day have seconds, so a test need not wait for long: armed() sets one a few seconds ahead, and a later one where the
machine took longer than that to hear of it. Downtime is had without waiting for it: the mark in Redis is put back."""
import time
import unittest

import harness

NOON = 12 * 3600


def in_seconds(seconds):
    """(Unix ms, "HH:MM:SS" in UTC) of a full second so far from now."""
    at = int(time.time()) + seconds
    return at * 1000, time.strftime("%H:%M:%S", time.gmtime(at))


def stamp(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ms / 1000))


def id_of(due, schedule="evening", whom=""):
    return f"schedule:{schedule}:{stamp(due)}{whom}"


class Scheduled(harness.Night):
    def scheduled(self, name="a", at=None, start=True, schedule="evening", **options):
        """An instance with a schedule; without `at` one that is due half a day from now."""
        return self.propsd(name, {"league": {"timezone": "UTC"},
                                  ("schedule", schedule): {"at": at or in_seconds(NOON)[1], **(options or {"slate": "yes"})}}, start=start)

    def armed(self, *daemons):
        """The Unix ms of a due time that is to come, and that all these know of."""
        lead = 3
        while True:
            due, at = in_seconds(lead)
            for daemon in daemons:
                daemon.configure({("schedule", "evening"): {"at": at}})
                daemon.reload()
            harness.until(lambda: stamp(due)[11:19].removesuffix(":00") in self.noted()[2], "the schedule to be known")
            if time.time() * 1000 < due - 1000:
                return due
            lead *= 2

    def wait_due(self, due):
        harness.until(lambda: time.time() * 1000 >= due, "the due time", seconds=600)

    def noted(self, name="evening"):
        """[mark, fired, rule] as Redis has it; "" where it does not know the schedule."""
        words = (self.r.hget(self.key("schedules"), name) or b"").decode().split(" ", 2)
        return words if len(words) == 3 else ["0", "0", ""]

    def known(self, daemon, name="evening"):
        harness.until(lambda: self.noted(name)[2], f"{name} to be known")
        return daemon

    def put_back(self, days, name="evening"):
        """As if nobody had asked for so long."""
        mark, fired, rule = self.noted(name)
        self.r.hset(self.key("schedules"), name, f"{int(mark) - days * 86_400_000} {fired} {rule}")

    def entries(self):
        return [{k.decode(): v.decode() for k, v in fields.items()} for _, fields in self.r.xrange(self.key("regenerate"))]

    def fired(self):
        """Event ids of what schedules added, in their order."""
        return [e["event_id"] for e in self.entries() if e.get("event_id", "").startswith("schedule:")]

    def wait_fired(self, due):
        self.wait_due(due)
        harness.until(lambda: self.check_alive() or id_of(due) in self.fired(), lambda: f"{id_of(due)} to be fired: {self.fired()}", seconds=60)

    def rows(self, daemon):
        return {row["name"]: row for row in daemon.ctl.json_lines("schedule")}

    def seen(self, daemon, due):
        """Until this instance has asked and heard what became of it."""
        harness.until(lambda: self.rows(daemon)["evening"].get("fired_ms") == due, lambda: f"it to be seen: {self.rows(daemon)}")


class Once(Scheduled):
    def test_of_two_instances_one_fires(self):
        a, b = self.scheduled("a"), self.scheduled("b")
        self.slate_game("LAL@GSW")
        due = self.armed(a, b)
        self.wait_fired(due)
        self.seen(a, due)
        self.seen(b, due)
        self.wait_quiet()
        self.assertEqual(self.fired().count(id_of(due)), 1)
        counts = [d.ctl.metrics() for d in (a, b)]
        figures = {how: sum(c[f'propsd_schedule_due_total{{result="{how}"}}'] for c in counts) for how in ("fired", "late")}
        self.assertEqual(figures["fired"] + figures["late"], len(self.fired()))
        self.assertEqual(self.noted()[:2], [str(due), str(due)])
        self.assertEqual(self.dead(), [])

    def test_one_that_is_killed_at_the_due_time(self):
        for before in (100, 0):  # ms
            with self.subTest(before=before):
                a, b = self.scheduled(f"a{before}"), self.scheduled(f"b{before}")
                due = self.armed(a, b)
                self.wait_due(due - before)
                a.kill()
                self.wait_fired(due)
                a.start()
                self.seen(a, due)
                self.seen(b, due)
                self.assertEqual(self.fired().count(id_of(due)), 1)
                a.stop()
                b.stop()

    def test_a_lost_session_fires_nothing_again(self):
        a = self.scheduled()
        due = self.armed(a)
        self.wait_fired(due)
        for n in range(1, 4):
            mark, _, rule = self.noted()
            self.r.hset(self.key("schedules"), "evening", f"{mark} {n} {rule}")  # tells that it was asked again
            self.redis.cut()
            self.seen(a, n)
        self.assertEqual(self.fired().count(id_of(due)), 1)

    def test_what_redis_has_forgotten_is_fired_all_the_same(self):
        """A failover, say: who has the schedule knows up to when it was dealt with."""
        a = self.scheduled()
        due = self.armed(a)
        self.r.delete(self.key("schedules"))
        self.wait_fired(due)
        self.assertEqual(self.fired().count(id_of(due)), 1)

    def test_at_redis_memory_limit_it_waits(self):
        a = self.scheduled()
        while True:
            due = self.armed(a)
            self.r.config_set("maxmemory", "1mb")
            if time.time() * 1000 < due:
                break
            self.r.config_set("maxmemory", "0")
        self.wait_due(due)
        a.wait_log("schedule: evening cannot be fired, it is tried again: .*OOM")
        self.r.config_set("maxmemory", "0")
        self.wait_fired(due)
        self.assertEqual(self.fired().count(id_of(due)), 1)

    def test_instances_with_other_times_say_so(self):
        a = self.known(self.scheduled("a", at="03:00"))
        b = self.scheduled("b", at="04:00")
        b.wait_log('schedule: evening has other times now, and begins anew times="UTC mon-sun 04:00" before="UTC mon-sun 03:00"')
        self.redis.cut()  # each asks again
        a.wait_log('schedule: evening has other times on another instance: give all instances the same times="UTC mon-sun 03:00" '
                   'there="UTC mon-sun 04:00"')

    def test_rubbish_in_its_place_is_no_mark(self):
        self.r.hset(self.key("schedules"), mapping={"evening": "rubbish", "other": "1 0 gone", "odd": ""})
        a = self.scheduled()
        self.known(a)
        self.wait_fired(self.armed(a))


class Away(Scheduled):
    aof = True

    def test_redis_is_away_at_the_due_time(self):
        a, b = self.scheduled("a"), self.scheduled("b")
        while True:
            due = self.armed(a, b)
            self.redis.kill()
            if time.time() * 1000 < due:
                break
            self.redis.start()
        self.wait_due(due)
        self.redis.start()
        self.wait_fired(due)
        self.seen(a, due)
        self.seen(b, due)
        self.assertEqual(self.fired().count(id_of(due)), 1)


class Missed(Scheduled):
    def test_after_downtime_the_last_one_alone_is_fired(self):
        due, at = in_seconds(-3600)
        a = self.known(self.scheduled(at=at))
        a.stop()
        self.put_back(3)
        a.start()
        self.wait_fired(due)
        a.wait_log(f"schedule: evening was missed, fired now due={stamp(due)}")
        a.restart()
        self.seen(a, due)
        self.assertEqual(self.fired(), [id_of(due)])
        self.assertEqual(a.ctl.metrics()['propsd_schedule_due_total{result="late"}'], 0)

    def test_of_several_times_of_the_day_too(self):
        earlier, last = in_seconds(-7200), in_seconds(-3600)
        a = self.known(self.scheduled(at=[last[1], earlier[1]]))
        a.stop()
        self.put_back(3)
        a.start()
        self.wait_fired(last[0])
        self.assertEqual(self.fired(), [id_of(last[0])])

    def test_nothing_is_fired_for_a_time_before_it_was_there(self):
        """Neither when it is new, nor when its times have changed, by a reload or a restart."""
        a = self.known(self.scheduled(at=in_seconds(-3600)[1]))
        for minutes, again in ((30, a.reload), (20, a.restart)):
            due, at = in_seconds(-60 * minutes)
            a.configure({("schedule", "evening"): {"at": at}})
            again()
            harness.until(lambda: at.removesuffix(":00") in self.noted()[2], "the new times to be known")
        self.assertEqual(self.noted()[1], "0")
        self.assertEqual(self.fired(), [])
        # What changes but when it is due is no other schedule.
        a.stop()
        self.put_back(1)
        a.configure({("schedule", "evening"): {"force": "yes"}})
        a.start()
        self.wait_fired(due)

    def test_a_mark_far_ahead_holds_nothing_up(self):
        """Redis' clock was put ahead by a year, and back."""
        due, at = in_seconds(-3600)
        a = self.known(self.scheduled(at=at))
        a.stop()
        self.put_back(-365)
        a.start()
        harness.until(lambda: abs(int(self.noted()[0]) - time.time() * 1000) < 3_600_000, lambda: f"it to begin anew: {self.noted()}")
        self.assertEqual(self.fired(), [])
        self.wait_fired(self.armed(a))


class Entries(Scheduled):
    def setUp(self):
        super().setUp()
        self.began = time.time()

    def fire(self, name, at, **options):
        """Whatever it adds, as if it had been missed."""
        a = self.known(self.scheduled(at=at, schedule=name, start=False, **options).start(), name)
        a.stop()
        self.put_back(1, name)
        return a.start()

    def days(self):
        return {time.strftime("%Y-%m-%d", time.gmtime(at)) for at in (self.began - 60, time.time())}

    def test_of_players(self):
        due, at = in_seconds(-60)
        self.fire("stars", at, players=["LeBron James", "Stephen Curry"], priority="urgent", force="yes")
        self.wait_quiet()
        harness.until(lambda: len(self.fired()) == 2, "two entries")
        self.wait_quiet()
        for entry, player in zip(self.entries(), ("lebronjames", "stephencurry")):
            self.assertIn(entry.pop("game_date"), self.days())
            self.assertEqual(entry, {"event_id": id_of(due, "stars", f":{player}"), "player_lookup": player, "priority": "urgent", "force": "1"})
            self.assertTrue(any(self.report_text(player, day) for day in self.days()))
        self.assertEqual(self.dead(), [])

    def test_of_teams_and_a_phase(self):
        due, at = in_seconds(-60)
        self.fire("bay", at, teams=["GSW", "SAC"], phase="report")
        harness.until(lambda: len(self.fired()) == 2, "two entries")
        self.wait_quiet()
        for entry, team in zip(self.entries(), ("GSW", "SAC")):
            self.assertIn(entry.pop("game_date"), self.days())
            self.assertEqual(entry, {"event_id": id_of(due, "bay", f":{team}"), "team": team, "phase": "report"})
        self.assertEqual(self.dead(), [])

    def test_of_the_slate_its_players_are_run(self):
        """Today's, as it is fired: nobody wants a day that is over."""
        due, at = in_seconds(-3600)
        a = self.known(self.scheduled(at=at))
        for self.date in sorted(self.days() | {time.strftime("%Y-%m-%d", time.gmtime(time.time() + 3600))}):
            self.slate_game("LAL@GSW")
            self.slate_player("lebronjames", "LAL")
        self.wait_quiet()
        before = {day: self.versions_on(day) for day in self.days()}
        a.stop()
        self.put_back(1)
        a.start()
        self.wait_fired(due)
        self.wait_quiet()
        entry, = (e for e in self.entries() if "event_id" in e)
        day = entry.pop("game_date")
        self.assertIn(day, self.days())
        self.assertEqual(entry, {"event_id": id_of(due)})
        self.assertGreater(self.versions_on(day), before.get(day, 0))

    def versions_on(self, day):
        text = self.report_text("lebronjames", day)
        return harness.json.loads(text)["version"] if text else 0


class Shown(Scheduled):
    def test_what_is_due_next_and_was_fired_last(self):
        due, at = in_seconds(-3600)
        a = self.known(self.scheduled(at=at))
        a.configure({("schedule", "stars"): {"at": [in_seconds(NOON)[1]], "players": ["LeBron James", "Stephen Curry"], "days": "mon,tue,wed-sun"}})
        a.stop()
        self.put_back(1)
        a.start()
        self.wait_fired(due)
        self.seen(a, due)
        rows = self.rows(a)
        self.assertEqual((rows["evening"]["what"], rows["evening"]["days"], rows["evening"]["at"]), ("slate", "mon-sun", at.removesuffix(":00")))
        self.assertIn(rows["evening"]["next_ms"], (due + 86_400_000, due + 2 * 86_400_000))
        self.assertEqual((rows["stars"]["what"], rows["stars"]["days"]), ("2 players", "mon-sun"))
        self.assertNotIn("fired_ms", rows["stars"])
        self.assertEqual(list(rows), ["evening", "stars"])
        next_due = a.ctl.json("status")["schedule"]
        self.assertEqual(next_due["name"], "stars")
        self.assertEqual(a.ctl.metrics()["propsd_schedule_next_time_seconds"], next_due["next_ms"] / 1000)
        self.assertRegex(a.ctl.ok("schedule"), r"(?m)^evening +\d{4}-\d\d-\d\d \d\d:\d\d [A-Z]+ +\d{4}-\d\d-\d\d \d\d:\d\d [A-Z]+ +slate +mon-sun +" + at.removesuffix(":00") + "$")
        self.assertRegex(a.ctl.ok("status"), r"(?m)^schedule +stars, 2 players, next \d{4}-\d\d-\d\d \d\d:\d\d [A-Z]+$")

    def test_without_any(self):
        a = self.propsd()
        self.assertEqual(a.ctl.ok("schedule"), "No schedule.\n")
        self.assertNotIn("schedule", a.ctl.json("status"))
        self.assertFalse(self.r.exists(self.key("schedules")))


if __name__ == "__main__":
    unittest.main()
