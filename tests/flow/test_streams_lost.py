"""The group is destroyed, a stream is deleted or trimmed under what is pending, a key has the wrong type."""
import unittest

import faults
import harness
import night
import oracle


class Group(faults.Faulty):
    letters_once = False

    def test_groups_destroyed_in_the_middle_of_a_night(self):
        made = night.made_up(self.draw, self.date, happenings=500)
        calm = self.calm(made)
        self.propsd(changes=self.changes)
        self.same(calm, self.play(made, lambda n: self.r.xgroup_destroy(self.key(self.draw.choice(harness.STREAMS)), "propsd"), times=6))

    def test_the_last_id_of_a_group_set_back_replays_and_changes_nothing(self):
        made = night.made_up(self.draw, self.date, happenings=300)
        self.propsd(changes=self.changes)
        reports = self.play(made, lambda n: None, times=1)
        for stream in harness.STREAMS:
            self.r.xgroup_setid(self.key(stream), "propsd", "0")
        self.regenerate("afterwards")
        self.wait_report("afterwards", lambda report: True)
        self.wait_quiet()
        after = oracle.all_normalised(self)
        after.pop("afterwards")
        self.same(reports, after)


class Deleted(harness.Night):
    def test_a_deleted_stream_is_made_again_and_serves(self):
        daemon = self.propsd()
        self.odds("lebronjames", line="25.5")
        self.wait_quiet()
        self.r.delete(self.key("odds"))
        self.odds("lebronjames", line="26.5")
        self.wait_report("lebronjames", lambda report: report["markets"]["points"]["books"]["fanduel"]["line"] == 26.5)
        self.wait_quiet()
        daemon.check()

    def test_everything_deleted_does_not_end_it(self):
        daemon = self.propsd()
        self.odds("lebronjames", line="25.5")
        self.wait_quiet()
        self.r.flushall()
        self.regenerate("stephencurry")
        self.wait_report("stephencurry", lambda report: True)
        self.wait_quiet()
        daemon.check()

    def test_low_ids_after_a_deletion_become_dead_letters(self):
        daemon = self.propsd()
        self.odds("lebronjames", line="25.5")
        self.wait_quiet()
        daemon.stop()
        self.r.delete(self.key("odds"))
        fields = {"player_lookup": "lebronjames", "game_date": self.date, "market": "points", "book": "fanduel", "line": "99.5"}
        number = self.add("odds", fields, id="1000-1")
        daemon.start()
        self.assertEqual(self.letter_of("odds", number)["reason"], "before_mark")
        self.odds("lebronjames", line="26.5")
        self.wait_report("lebronjames", lambda report: report["markets"]["points"]["books"]["fanduel"]["line"] == 26.5)
        self.wait_quiet()


class Trimmed(harness.Night):
    def left_pending(self, count):
        """Entries that are delivered to a daemon that was then killed."""
        daemon = self.propsd(changes={"pool": {"workers": "1"}, ("processor", "load"): {"spin_us": 10_000_000}})
        numbers = [self.regenerate(f"p{n}") for n in range(count)]
        harness.until(lambda: self.pending("regenerate") >= count - 1, "all to be delivered")
        daemon.kill()
        left = [e["message_id"].decode() for e in self.r.xpending_range(self.key("regenerate"), "propsd", "-", "+", 1000)]
        self.assertGreater(len(left), count // 2)
        return daemon, numbers, left

    def test_own_entries_trimmed_while_it_was_down(self):
        daemon, _, left = self.left_pending(12)
        self.r.xtrim(self.key("regenerate"), maxlen=0, approximate=False)
        daemon.configure({("processor", "load"): {"spin_us": 0}})
        daemon.start()
        self.wait_quiet(tokens=False)
        self.assertEqual(sorted(l["id"] for _, l in self.dead() if l["reason"] == "trimmed"), sorted(left))
        self.regenerate("afterwards")
        self.wait_report("afterwards", lambda report: True)

    def test_entries_of_a_dead_instance_trimmed_before_another_takes_them_over(self):
        _, _, left = self.left_pending(12)
        self.r.xtrim(self.key("regenerate"), maxlen=0, approximate=False)
        self.propsd("b")
        self.wait_quiet(tokens=False)  # the heartbeat of the dead lasts 10 s
        self.assertEqual(sorted(l["id"] for _, l in self.dead() if l["reason"] == "trimmed"), sorted(left))

    def test_entries_trimmed_while_they_run_are_served_from_memory(self):
        daemon = self.propsd(changes={("processor", "load"): {"sleep_ms": 2000}})
        for n in range(6):
            self.regenerate(f"p{n}")
        self.wait_read("regenerate")
        self.r.xtrim(self.key("regenerate"), maxlen=0, approximate=False)
        for n in range(6):
            self.wait_report(f"p{n}", lambda report: True)
        self.wait_quiet()
        daemon.check()


if __name__ == "__main__":
    unittest.main()
