"""The walk of docs/migration.md, word for word: from a sequential script to programs behind propsd, with equal results."""
import re
import unittest

import documents
import harness


def walk():
    """The lines to be typed, block by block."""
    section = documents.text("migration.md").partition("\n## The walk\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S)


class Walk(harness.Night):
    def test_the_walk(self):
        blocks = walk()
        self.assertGreaterEqual(len(blocks), 5)
        text = documents.follow(self, "\n".join(blocks), ("propsd.log", "redis.log", "push.log"), SOURCE=harness.SOURCE)
        self.assertEqual(len(re.findall(r"^completed 24/24 in .*, 0 failed$", text, re.M)), 2, text)
        equal = re.findall(r"^equal +(\d+)$", text, re.M)
        self.assertEqual(equal, ["20"] * text.count("made aside"), text)
        self.assertEqual(len(equal), 5)
        self.assertIn("verdict     stay sequential\n", text)


if __name__ == "__main__":
    unittest.main()
