"""docs/data.md against the tables that import reads files by: every kind, every column, every other name, and no more."""
import json
import os
import re
import subprocess
import unittest

import house

BOX = ("player_games", "team_games")


def names(cell):
    return re.findall(r"`([^`]+)`", cell)


def rows(section):
    """The cells of the first table below a heading, without its head."""
    table = re.search(r"(?m)^\|.*\n\|[-|]+\|\n((?:\|.*\n)*)", section)
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table.group(1).splitlines()] if table else []


class Data(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        said = subprocess.run([os.path.join(house.BUILD, "propsctl"), "import", "--columns", "--json"], stdout=subprocess.PIPE,
                              text=True, check=True).stdout
        cls.known = json.loads(said)
        cls.kinds = {kind["kind"]: {column["column"]: column for column in kind["columns"]} for kind in cls.known["kinds"]}
        with open(os.path.join(house.SOURCE, "docs", "data.md"), encoding="utf-8") as file:
            text = file.read()
        parts = re.split(r"(?m)^#{2,3} (.+)\n", text)
        cls.sections = dict(zip(parts[1::2], parts[2::2]))
        cls.head = parts[0]

    def test_every_kind_is_there_and_no_other(self):
        self.assertGreaterEqual(len(self.kinds), 6)
        self.assertEqual({names(row[0])[0] for row in rows(self.head)}, set(self.kinds))
        for kind in self.kinds:
            self.assertIn(kind, self.sections)

    def test_every_column_is_there_with_what_it_needs_and_no_other(self):
        for kind, columns in self.kinds.items():
            table = {names(row[0])[0]: row for row in rows(self.sections[kind])}
            self.assertEqual(set(table), set(columns), kind)
            for column, row in table.items():
                self.assertEqual(row[1] == "needed", columns[column]["needed"], f"{kind}.{column}")
                self.assertEqual(len(row), 5, f"{kind}.{column}")
                for cell in row[2:]:
                    self.assertTrue(cell, f"{kind}.{column}")

    def test_every_other_name_is_there_and_no_other(self):
        tables = re.findall(r"(?m)^\| column \| also called \|\n\|[-|]+\|\n((?:\|.*\n?)*)", self.sections["Other names of columns"])
        self.assertEqual(len(tables), 2)
        for table, of_box in zip(tables, (True, False)):
            said = {}
            for line in table.splitlines():
                column, also = line.strip("|").split("|", 1)
                said[names(column)[0]] = set(names(also))
            right = {}
            for kind, columns in self.kinds.items():
                for name, column in columns.items():
                    if (kind in BOX) == of_box and column["also"]:
                        right.setdefault(name, set()).update(column["also"])
            self.assertEqual(said, right)

    def test_every_source_is_there_and_no_other(self):
        said = [names(row[0])[0] for row in rows(self.sections["Files of other sources"])]
        self.assertEqual(sorted(said), sorted(self.known["layouts"]))


if __name__ == "__main__":
    unittest.main()
