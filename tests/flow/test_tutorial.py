"""docs/tutorial.md, word for word: what is to be typed is run in one shell, and what one sees must be seen."""
import re
import unittest

import documents
import harness

STEP = "echo '=== step %d'\n"


def steps():
    """[[what is to be typed, what one sees]...], block by block."""
    found = re.findall(r"^```sh\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", documents.text("tutorial.md"), re.M | re.S)
    return [[STEP % n + typed, seen] for n, (typed, seen) in enumerate(found)]


def words(line):
    """Without what differs from day to day, and from machine to machine: numbers, units of time, and what the model says of a line."""
    line = re.sub(r"\d+(\.\d+)? (us|ms|s)\b", "TIME", line)
    line = re.sub(r"[-+]?\d+(\.\d+)?", "N", line)
    return re.sub(r"\b(OVER|UNDER|PASS)$", "SAYS", line).replace(",", ", ").split()


def is_in(few, many):
    """In this order; a table may have more columns."""
    rest = iter(many)
    return all(word in rest for word in few)


class Tutorial(harness.Night):
    def test_the_tutorial(self):
        told = steps()
        self.assertGreaterEqual(len(told), 10)
        self.assertGreaterEqual(sum(bool(seen) for _, seen in told), 8)
        everything = documents.follow(self, "".join(typed for typed, _ in told), ("propsd.log", "redis.log"))
        all_seen = re.split(r"^=== step \d+\n", everything, flags=re.M)[1:]
        self.assertEqual(len(all_seen), len(told))
        for (typed, expected), seen in zip(told, all_seen):
            lines = [words(line) for line in seen.splitlines()]
            for line in expected.splitlines():
                if not any(is_in(words(line), one) for one in lines):
                    self.fail(f"{line!r} is not in what one sees after\n{typed}\n{seen}")


if __name__ == "__main__":
    unittest.main()
