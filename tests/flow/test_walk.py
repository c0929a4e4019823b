"""The walk of docs/migration.md, word for word: from a sequential script to programs behind propsd, with equal results."""
import os
import re
import signal
import subprocess
import unittest

import harness

# What the walk leaves to whoever follows it: an end.
WRAPPED = """set -euo pipefail
end() { trap - EXIT; kill $(jobs -p) 2>kill.log || :; wait; }
trap end EXIT
%s
"""


def walk():
    """The lines to be typed, block by block."""
    with open(os.path.join(harness.SOURCE, "docs", "migration.md"), encoding="utf-8") as file:
        section = file.read().partition("\n## The walk\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.M | re.S)


class Walk(harness.Night):
    def test_the_walk(self):
        blocks = walk()
        self.assertGreaterEqual(len(blocks), 5)
        folder = os.path.join(self.folder, "walk")
        os.mkdir(folder)
        with open(os.path.join(folder, "said"), "w+", encoding="utf-8") as said:
            shell = subprocess.Popen(["bash", "-c", WRAPPED % "\n".join(blocks)], cwd=folder, stdout=said, stderr=subprocess.STDOUT,
                                     stdin=subprocess.DEVNULL, start_new_session=True,
                                     env={**harness.sanitizer_environment(), "SOURCE": harness.SOURCE, "LC_ALL": "C.UTF-8",
                                          "TZ": "UTC", "HOME": folder,
                                          "PATH": os.path.dirname(harness.built("propsctl")) + ":" + os.environ["PATH"]})
            try:
                status = shell.wait(4 * harness.DEADLINE * harness.SLOW)
            except subprocess.TimeoutExpired:
                os.killpg(shell.pid, signal.SIGKILL)
                status = f"no end: {shell.wait()}"
            said.seek(0)
            text = said.read()
        for name in ("propsd.log", "redis.log", "push.log"):
            if os.path.exists(os.path.join(folder, name)) and status:
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text += f"\n--- {name}\n{file.read()[-3000:]}"
        self.assertEqual(status, 0, text)
        self.assertEqual(len(re.findall(r"^completed 24/24 in .*, 0 failed$", text, re.M)), 2, text)
        equal = re.findall(r"^equal +(\d+)$", text, re.M)
        self.assertEqual(equal, ["20"] * text.count("made aside"), text)
        self.assertEqual(len(equal), 5)
        self.assertIn("verdict     stay sequential\n", text)


if __name__ == "__main__":
    unittest.main()
