"""The layout of C is .clang-format's, and lines end where CONTRIBUTING says."""
import subprocess
import unittest

import house

COLUMNS = 124  # 120, and what a comment's last word or a closing bracket may stand over


def sources():
    listed = subprocess.run(["git", "ls-files", "*.c", "*.h"], cwd=house.SOURCE, capture_output=True, text=True, check=True)
    return listed.stdout.split()


class Format(unittest.TestCase):
    def test_clang_format_would_change_nothing(self):
        done = subprocess.run(["clang-format", "--dry-run", "-Werror", *sources()], cwd=house.SOURCE, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, "run `clang-format -i` on:\n" + done.stderr[:4000])

    def test_lines_end_in_time(self):
        for path in sources():
            if path.startswith("tests/"):
                continue  # tables of inputs there are as wide as what they show
            with open(f"{house.SOURCE}/{path}", encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    self.assertLessEqual(len(line.rstrip("\n").expandtabs(8)), COLUMNS, f"{path}:{number}")


if __name__ == "__main__":
    unittest.main()
