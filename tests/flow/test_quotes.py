"""Lines: main and alternates, what an entry replaces, what is taken down, what is no news."""
import json
import unittest

import harness


class Quotes(harness.Night):
    def setUp(self):
        super().setUp()
        self.daemon = self.propsd()

    def after(self, *entries):
        """The book after these entries, each settled before the next."""
        for fields in entries:
            self.odds("lebronjames", **fields)
            self.wait_quiet()
        self.assertEqual(self.dead(), [])
        book = self.book("lebronjames")
        keep = ("line", "over", "under")
        return book and {**{k: book[k] for k in keep if k in book},
                         **({"alternates": [{k: a[k] for k in keep if k in a} for a in book["alternates"]]} if book.get("alternates") else {})}

    def test_an_entry_replaces_its_quote_whole(self):
        self.assertEqual(self.after({"line": "25.5", "over": "-110", "under": "-110"}, {"line": "26.5", "over": "+120"}),
                         {"line": 26.5, "over": 120})

    def test_a_line_without_prices(self):
        self.assertEqual(self.after({"line": "25"}), {"line": 25})

    def test_one_price_alone(self):
        self.assertEqual(self.after({"line": "25.5", "under": "-130"}), {"line": 25.5, "under": -130})

    def test_alternates_stand_beside_the_main_line_sorted(self):
        self.assertEqual(self.after({"line": "29.5", "alt": 1, "over": 150}, {"line": "25.5"}, {"line": "9.5", "alt": 1, "over": -1000},
                                    {"line": "21.5", "alt": 1, "under": 240}),
                         {"line": 25.5, "alternates": [{"line": 9.5, "over": -1000}, {"line": 21.5, "under": 240}, {"line": 29.5, "over": 150}]})

    def test_an_alternate_is_replaced_by_its_line(self):
        self.assertEqual(self.after({"line": "29.5", "alt": 1, "over": 150}, {"line": "29.50", "alt": 1, "over": 140, "under": -200}),
                         {"alternates": [{"line": 29.5, "over": 140, "under": -200}]})

    def test_an_alternate_may_have_the_main_lines_number(self):
        self.assertEqual(self.after({"line": "25.5", "over": -110}, {"line": "25.5", "alt": 1, "over": -120}),
                         {"line": 25.5, "over": -110, "alternates": [{"line": 25.5, "over": -120}]})

    def test_off_takes_the_main_line_and_leaves_alternates(self):
        self.assertEqual(self.after({"line": "25.5"}, {"line": "29.5", "alt": 1}, {"status": "off"}), {"alternates": [{"line": 29.5}]})

    def test_off_for_an_alternate_takes_that_one(self):
        self.assertEqual(self.after({"line": "25.5"}, {"line": "29.5", "alt": 1}, {"line": "31.5", "alt": 1},
                                    {"line": "29.5", "alt": 1, "status": "off"}), {"line": 25.5, "alternates": [{"line": 31.5}]})

    def test_off_with_a_line_takes_the_main_line_whatever_it_was(self):
        self.assertIsNone(self.after({"line": "25.5"}, {"line": "26.5", "status": "off"}))

    def test_open_again_after_off(self):
        self.assertEqual(self.after({"line": "25.5"}, {"status": "off"}, {"line": "24.5"}), {"line": 24.5})

    def test_an_empty_book_is_no_fault(self):
        self.assertFalse(self.after({"status": "off"}))

    def test_books_and_markets_are_apart(self):
        markets = ("points", "rebounds", "assists", "threes", "steals", "blocks", "turnovers", "pra", "pr", "pa", "ra")
        for n, market in enumerate(markets):
            self.odds("lebronjames", market=market, book="one", line=f"{n}.5")
            self.odds("lebronjames", market=market, book="two", line=f"{n}.25")
        self.odds("lebronjames", market="pra", book="one", status="off")
        self.wait_quiet()
        for n, market in enumerate(markets):
            book = self.book("lebronjames", market, "one")
            self.assertEqual(book.get("line") if book else None, None if market == "pra" else n + .5)
            self.assertEqual(self.book("lebronjames", market, "two")["line"], n + .25)

    def test_equal_values_run_nothing(self):
        self.after({"line": "12.5", "over": "100"})
        before = self.versions("lebronjames")
        for form in ({"line": "12.50", "over": "+100"}, {"line": "12.5", "over": "100", "status": "open", "alt": "0"}):
            self.after(form)
        self.odds("lebronjames", data=None, line="12.5", over=100)
        self.add("odds", data=json.dumps({"player_lookup": "LeBron James", "game_date": self.date, "market": "points", "book": "fanduel",
                                          "line": 12.5, "over": 100}))
        self.wait_quiet()
        self.assertEqual(self.versions("lebronjames"), before)

    def test_sides_that_come_alone_are_one_quote_at_equal_lines(self):
        self.assertEqual(self.after({"side": "over", "line": "25.5", "price": -110}, {"side": "Under", "line": "25.50", "price": "EVEN"}),
                         {"line": 25.5, "over": -110, "under": 100})
        self.assertEqual(self.after({"side": "over", "line": "26.5", "price": "+105"}),
                         {"line": 26.5, "over": 105, "alternates": [{"line": 25.5, "under": 100}]})
        self.assertEqual(self.after({"side": "under", "line": "26.5", "price": 1.8, "odds": "decimal"}), {"line": 26.5, "over": 105, "under": -125})
        self.assertEqual(self.after({"side": "over", "status": "suspended"}), {"line": 26.5, "under": -125})
        self.assertEqual(self.after({"line": "27.5", "over": -115, "under": -115}), {"line": 27.5, "over": -115, "under": -115})
        self.assertEqual(self.after({"side": "under", "line": "27.5", "price": -120}), {"line": 27.5, "over": -115, "under": -120})
        before = self.versions("lebronjames")
        # What its field says already is news, as a side stood above it; a side that says the same again is none.
        self.assertEqual(self.after({"line": "27.5", "over": -115, "under": -115}), {"line": 27.5, "over": -115, "under": -115})
        self.assertNotEqual(self.versions("lebronjames"), before)
        self.after({"side": "under", "line": "27.5", "price": -120}, {"side": "over", "line": "27.5", "price": -118})
        before = self.versions("lebronjames")
        self.after({"side": "under", "line": "27.5", "price": -120}, {"side": "over", "line": "27.5", "price": -118})
        self.assertEqual(self.versions("lebronjames"), before)

    def test_the_words_of_sources_reach_the_report(self):
        self.odds("lebronjames", market="PTS+REB+AST", line="40½", over="EVEN", under="−120", status="Open")
        self.odds("lebronjames", market="player_points_alternate", line="30.5", over=2.5, odds="decimal")
        self.injury("lebronjames", "Game Time Decision")
        self.wait_quiet()
        self.assertEqual(self.dead(), [])
        self.assertEqual({k: self.book("lebronjames", "pra")[k] for k in ("line", "over", "under")}, {"line": 40.5, "over": 100, "under": -120})
        self.assertEqual([{k: a[k] for k in ("line", "over")} for a in self.book("lebronjames")["alternates"]], [{"line": 30.5, "over": 150}])
        self.assertEqual(self.report("lebronjames")["injury"]["status"], "questionable")

    def test_a_document_of_a_source_is_told_how_it_becomes_entries(self):
        number = self.add("odds", data=json.dumps({"id": "e", "bookmakers": [{"key": "fanduel", "markets": [{"outcomes": [{}]}]}]}))
        letter = self.letter_of("odds", number)
        self.assertEqual((letter["reason"], letter["field"]), ("malformed", "data"))
        self.assertRegex(letter["error"], "is a document of The Odds API .*; script/convert odds-api makes entries of it")

    def test_the_ends_of_the_range(self):
        self.assertEqual(self.after({"line": "0", "over": -100000, "under": 100000}), {"line": 0, "over": -100000, "under": 100000})
        self.assertEqual(self.after({"line": "200", "over": -100, "under": 100}), {"line": 200, "over": -100, "under": 100})
        self.assertEqual(self.after({"line": "0.01"}), {"line": 0.01})

    def test_other_players_are_not_touched(self):
        self.odds("lebronjames", line="25.5")
        self.odds("austinreaves", line="12.5")
        self.wait_quiet()
        before = self.versions("austinreaves")
        self.odds("lebronjames", line="26.5")
        self.wait_quiet()
        self.assertEqual(self.versions("austinreaves"), before)


if __name__ == "__main__":
    unittest.main()
