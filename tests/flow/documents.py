"""Runs what a document tells its reader to type, word for word, in one shell and a folder of its own."""
import os
import signal
import subprocess

import harness

# What a document leaves to whoever follows it: an end.
WRAPPED = """set -euo pipefail
end() { trap - EXIT; kill $(jobs -p) 2>kill.log || :; wait; }
trap end EXIT
%s
"""


def text(name):
    with open(os.path.join(harness.SOURCE, "docs", name), encoding="utf-8") as file:
        return file.read()


def follow(case, script, logs, **environment):
    """What one sees. The shell must end well, and none of the `logs` that it leaves may have a sanitizer's report."""
    folder = os.path.join(case.folder, "reader")
    os.mkdir(folder)
    with open(os.path.join(folder, "seen"), "w+", encoding="utf-8") as seen:
        shell = subprocess.Popen(["bash", "-c", WRAPPED % script], cwd=folder, stdout=seen, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL, start_new_session=True,
                                 env={**harness.sanitizer_environment(), "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": folder,
                                      "PATH": os.path.dirname(harness.built("propsctl")) + ":" + os.environ["PATH"], **environment})
        try:
            status = shell.wait(4 * harness.DEADLINE * harness.SLOW)
        except subprocess.TimeoutExpired:
            os.killpg(shell.pid, signal.SIGKILL)
            status = f"no end: {shell.wait()}"
        seen.seek(0)
        said = seen.read()
    everything = said
    for name in logs:
        if os.path.exists(os.path.join(folder, name)):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                everything += f"\n--- {name}\n{file.read()[-30000:]}"
    case.assertEqual(status, 0, everything)
    case.assertIsNone(harness.REPORT_OF_SANITIZER.search(everything), everything)
    return said
