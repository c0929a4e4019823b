"""docs/tutorial.md, word for word: what is to be typed is run in one shell, and what one sees must be seen."""
import os
import re
import signal
import subprocess
import unittest

import harness

# What the tutorial leaves to whoever follows it: an end.
WRAPPED = """set -euo pipefail
end() { trap - EXIT; kill $(jobs -p) 2>kill.log || :; wait; }
trap end EXIT
%s
"""
STEP = "echo '=== step %d'\n"


def steps():
    """[[what is to be typed, what one sees]...], block by block."""
    with open(os.path.join(harness.SOURCE, "docs", "tutorial.md"), encoding="utf-8") as file:
        found = re.findall(r"^```sh\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", file.read(), re.M | re.S)
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
    def run_all(self, script):
        folder = os.path.join(self.folder, "tutorial")
        os.mkdir(folder)
        with open(os.path.join(folder, "seen"), "w+", encoding="utf-8") as seen:
            shell = subprocess.Popen(["bash", "-c", WRAPPED % script], cwd=folder, stdout=seen, stderr=subprocess.STDOUT,
                                     stdin=subprocess.DEVNULL, start_new_session=True,
                                     env={**harness.sanitizer_environment(), "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": folder,
                                          "PATH": os.path.dirname(harness.built("propsctl")) + ":" + os.environ["PATH"]})
            try:
                status = shell.wait(4 * harness.DEADLINE * harness.SLOW)
            except subprocess.TimeoutExpired:
                os.killpg(shell.pid, signal.SIGKILL)
                status = f"no end: {shell.wait()}"
            seen.seek(0)
            text = seen.read()
        logs = ""
        for name in ("propsd.log", "redis.log"):
            if os.path.exists(os.path.join(folder, name)):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    logs += f"\n--- {name}\n{file.read()[-3000:]}"
        self.assertEqual(status, 0, text + logs)
        self.assertIsNone(harness.REPORT_OF_SANITIZER.search(text + logs), text + logs)
        return re.split(r"^=== step \d+\n", text, flags=re.M)[1:]

    def test_the_tutorial(self):
        told = steps()
        self.assertGreaterEqual(len(told), 10)
        self.assertGreaterEqual(sum(bool(seen) for _, seen in told), 8)
        all_seen = self.run_all("".join(typed for typed, _ in told))
        self.assertEqual(len(all_seen), len(told))
        for (typed, expected), seen in zip(told, all_seen):
            lines = [words(line) for line in seen.splitlines()]
            for line in expected.splitlines():
                if not any(is_in(words(line), one) for one in lines):
                    self.fail(f"{line!r} is not in what one sees after\n{typed}\n{seen}")


if __name__ == "__main__":
    unittest.main()
