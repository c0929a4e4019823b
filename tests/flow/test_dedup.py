"""Of several entries with one event_id, one counts."""
import unittest

import harness
import oracle


class Dedup(harness.Night):
    def test_the_second_of_two_is_acked_and_not_applied(self):
        daemon = self.propsd()
        self.odds("lebronjames", line="25.5", event_id="move-1")
        self.wait_quiet()
        before = self.versions("lebronjames")
        self.odds("lebronjames", line="26.5", event_id="move-1")
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)
        self.assertEqual(self.versions("lebronjames"), before)
        self.wait_settled_by(daemon, "duplicate", 1)
        self.assertEqual(list(oracle.check_books(daemon)), [])

    def test_a_copy_in_the_same_batch(self):
        for _ in range(3):
            self.regenerate("lebronjames", event_id="r-1")
        daemon = self.propsd()
        self.wait_quiet()
        self.wait_settled_by(daemon, "duplicate", 2)

    def test_another_id_is_another_event(self):
        self.propsd()
        self.odds("lebronjames", line="25.5", event_id="move-1")
        self.odds("lebronjames", line="26.5", event_id="move-2")
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 26.5)

    def test_the_id_is_known_after_a_kill(self):
        daemon = self.propsd()
        self.odds("lebronjames", line="25.5", event_id="move-1")
        self.wait_quiet()
        daemon.kill()
        self.odds("lebronjames", line="26.5", event_id="move-1")
        daemon.start()
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)

    def test_an_expired_entry_does_not_use_up_its_id(self):
        daemon = self.propsd()
        self.seat(LAL=["lebronjames"])
        self.odds("lebronjames", line="26.5", event_id="move-1", ts=harness.moment(self.date, "26:00"))
        self.wait_quiet()
        self.odds("lebronjames", line="25.5", event_id="move-1", ts=harness.moment(self.date, "20:00"))
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)
        self.assertEqual((self.settled_by(daemon, "expired"), self.settled_by(daemon, "duplicate")), (1, 0))

    def test_a_late_copy_of_an_event_from_before_tip_is_harmless(self):
        self.propsd()
        self.seat(LAL=["lebronjames"])
        for ts in ("20:00", "26:00"):
            self.odds("lebronjames", line="25.5", event_id="move-1", ts=harness.moment(self.date, ts))
            self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)

    def test_a_malformed_entry_does_not_use_up_its_id(self):
        self.propsd()
        self.odds("lebronjames", line="x", event_id="move-1")
        self.wait_quiet()
        self.odds("lebronjames", line="25.5", event_id="move-1")
        self.wait_quiet()
        self.assertEqual(self.book("lebronjames")["line"], 25.5)
        self.assertEqual(len(self.dead()), 1)





if __name__ == "__main__":
    unittest.main()
