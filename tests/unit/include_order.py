"""Keeps the include order: which folder may include which, and which folders see which library.

    include_order.py [ROOT]

Plants every kind of offence in a tree of its own first and must find each, so that a pass means something; then reads the
project's tree.
"""

import re
import sys
import tempfile
from pathlib import Path

# Lowest first. A folder includes itself and what is on lower lines, never what is beside it or above.
LEVELS = [
    ["base"],
    ["config", "redis", "pool", "store", "metrics", "trace", "fetch", "web"],
    ["league", "history"],
    ["model"],
    ["report"],
    ["slate", "ingest"],
    ["delivery", "process", "sink"],
    ["regen", "aside", "schedule"],
    ["admin", "core"],  # core.* lies in daemon/ itself, but sees neither admin nor the event library
    ["app"],  # main.c is of it
]

# The exceptions: who an event is about is asked of the slate, so it must know what an event is.
NEIGHBOURS = {("slate", "ingest")}

# Made by the build, so that they have no folder in the sources.
GENERATED = {"delivery": {"lua.h"}, "league": {"aliases_shipped.h", "nba_teams.h"}, "sink": {"lua.h"}}

# Headers that lie in daemon/ itself, and who includes them.
OF_DAEMON = {"core.h": {"core", "app"}}

# What the operator's tool sees of the daemon.
CTL_SEES = re.compile(r"base/|store/|league/import[^/]*$")

# Header of a library -> who may include it. One folder per library: swapping or faking it is then that folder's work.
LIBRARIES = [
    (r"hiredis/", {"redis"}),
    (r"openssl/(?!sha)", {"redis"}),
    (r"openssl/sha", {"redis", "sink", "process"}),
    (r"sqlite3", {"store"}),
    (r"ck_", {"base", "pool"}),  # headers alone: a stack, a pause
    # The edges; in model a pure function from the bytes of a user's own model to figures (foreign.c).
    (r"jansson", {"ingest", "admin", "ctl", "process", "model", "sink"}),
    (r"event2/|event\.h|ev(dns|http|rpc|util)\.h", {"redis", "admin", "process", "aside", "web", "app"}),  # where events are owned
    (r"confuse\.h", {"config"}),
    (r"zlib\.h", {"league"}),
    (r"utf8proc|xxhash|uthash\.h", {"base"}),
    (r"curl/", {"fetch"}),
    (r"libsmartcols/", {"ctl"}),
]

# What breaks a rule today. One that no longer does is an offence too, so that this list can only shrink.
STANDING = set()

# Pure functions over what they are given: no files, no sockets, no waiting.
PURE = {"model", "report"}
IMPURE = re.compile(r"(unistd|fcntl|poll|dirent|netdb|signal|pthread|spawn)\.h|(sys|netinet|arpa|linux)/")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
LEVEL_OF = {folder: level for level, folders in enumerate(LEVELS) for folder in folders}


def folder_of(path, root):
    """The folder as the rules name it: a folder of daemon/, "core", "app", "ctl" or "include"."""
    parts = path.relative_to(root).parts
    if parts[0] != "daemon":
        return parts[0]
    if len(parts) > 2:
        return parts[1]
    return "core" if path.stem == "core" else "app"


def offence_of_own(folder, name):
    """What is wrong with `folder` including the project's header `name`; None if nothing is."""
    target = name.split("/")[0] if "/" in name else None
    if target == "propsd":
        return None
    if folder == "include":
        return "include/propsd stands alone: daemon and ctl share it"
    if folder == "ctl":
        if target is None or CTL_SEES.match(name):
            return None
        return "ctl sees include/propsd, base, store and league/import*"
    if target is None:
        if name in GENERATED.get(folder, ()) or folder in OF_DAEMON.get(name, ()):
            return None
        return "includes are written from daemon/, with the folder"
    if target not in LEVEL_OF:
        return f"{target}/ is not in the include order"
    if target == folder or (folder, target) in NEIGHBOURS:
        return None
    if LEVEL_OF[target] == LEVEL_OF[folder]:
        return f"{target}/ is beside {folder}/, not below it; they meet through callbacks wired in core.c or app"
    if LEVEL_OF[target] > LEVEL_OF[folder]:
        return f"{target}/ is above {folder}/"
    return None


def offence_of_library(folder, name):
    for pattern, allowed in LIBRARIES:
        if re.match(pattern, name) and folder not in allowed:
            return f"this library is seen only by {', '.join(sorted(allowed))}"
    if folder in PURE and IMPURE.match(name):
        return f"{folder}/ does no I/O"
    return None


def offences(root, standing):
    """Lines "file:line: include: why" for every include that breaks a rule, and for folders that no rule knows."""
    found = []
    stood = set()
    for folder in sorted(p for p in (root / "daemon").iterdir() if p.is_dir()):
        if folder.name not in LEVEL_OF:
            found.append(f"daemon/{folder.name}: not in the include order; give it a level in {Path(__file__).name}")
    files = [p for top in ("daemon", "ctl", "include") for p in (root / top).rglob("*") if p.suffix in (".c", ".h")]
    for path in sorted(files):
        folder = folder_of(path, root)
        if folder not in LEVEL_OF and folder not in ("ctl", "include"):
            continue  # said above
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            include = INCLUDE.match(line)
            if include is None:
                continue
            quote, name = include.groups()
            # A library's header in quotes is the library's all the same.
            why = offence_of_library(folder, name) or (offence_of_own(folder, name) if quote == '"' else None)
            if why is not None and (str(path.relative_to(root)), name) in standing:
                stood.add((str(path.relative_to(root)), name))
            elif why is not None:
                found.append(f"{path.relative_to(root)}:{number}: {include.group(0).strip()}: {why}")
    for file, name in sorted(standing - stood):
        found.append(f"{file}: does not include {name} any more; take the two out of STANDING in {Path(__file__).name}")
    return found


# (file, its text, the offence that must be found or None, what stands in that tree...)
PLANTED = [
    ("daemon/base/a.c", '#include "base/err.h"\n#include "pool/pool.h"\n', "daemon/base/a.c:2:"),
    ("daemon/base/a.h", '#  include "app/app.h"\n', "app/ is above base/"),
    ("daemon/pool/a.c", '#include "metrics/metrics.h"', "beside pool/"),
    ("daemon/pool/a.c", '#include "base/err.h"\n#include <ck_stack.h>\n#include <pthread.h>', None),
    ("daemon/league/a.c", '#include "model/live.h"', "above league/"),
    ("daemon/model/a.c", '#include "league/market.h"\n#include <math.h>', None),
    ("daemon/model/a.c", "#include <unistd.h>", "no I/O"),
    ("daemon/model/a.c", "#include <jansson.h>", None),
    ("daemon/report/a.c", "#include <sys/socket.h>", "no I/O"),
    ("daemon/slate/a.c", '#include "ingest/event.h"', None),
    ("daemon/ingest/a.c", '#include "slate/slate.h"', "beside ingest/"),
    ("daemon/process/a.c", '#include "delivery/delivery.h"', "beside process/"),
    ("daemon/regen/a.c", '#include "delivery/delivery.h"\n#include "process/process.h"', None),
    ("daemon/regen/a.c", '#include "admin/server.h"', "above regen/"),
    ("daemon/regen/a.c", '#include "regen.h"', "with the folder"),
    ("daemon/regen/a.c", '#include "lua.h"', "with the folder"),
    ("daemon/delivery/a.c", '#include "lua.h"', None),
    ("daemon/admin/a.c", '#include "propsd/protocol.h"\n#include <event2/event.h>\n#include <jansson.h>', None),
    ("daemon/admin/a.c", '#include "cellar/wine.h"', "cellar/ is not in the include order"),
    ("daemon/app/a.c", '#include "app/app.h"\n#include "admin/server.h"\n#include <event2/event.h>', None),
    ("daemon/app/a.c", "#include <hiredis/hiredis.h>", "seen only by redis"),
    ("daemon/app/a.c", '#include "core.h"\n#include "regen/regen.h"', None),
    ("daemon/core.c", '#include "core.h"\n#include "regen/regen.h"', None),
    ("daemon/core.c", '#include "admin/server.h"', "beside core/"),
    ("daemon/core.c", '#include "app/app.h"', "app/ is above core/"),
    ("daemon/main.c", '#include "app/app.h"', None),
    ("daemon/core.c", "#include <event2/event.h>", "seen only by admin, app, aside, process, redis, web"),
    ("daemon/regen/a.c", '#include "core.h"', "with the folder"),
    ("daemon/cellar/a.c", "", "daemon/cellar: not in the include order"),
    ("daemon/redis/a.c", "#include <hiredis/read.h>\n#include <openssl/ssl.h>\n#include <event2/buffer.h>", None),
    ("daemon/redis/a.c", '#include "sqlite3.h"', "seen only by store"),
    ("daemon/regen/a.c", "#include <openssl/sha.h>", "seen only by process, redis, sink"),
    ("daemon/regen/a.c", "#include <ck_ring.h>", "seen only by base, pool"),
    ("daemon/report/a.c", "#include <jansson.h>", "seen only by admin, ctl, ingest, model, process, sink"),
    ("daemon/pool/a.c", "#include <event2/event.h>", "seen only by admin, app, aside, process, redis, web"),
    ("daemon/delivery/a.c", "#include <event.h>", "seen only by admin, app, aside, process, redis, web"),
    ("daemon/admin/a.c", "#include <confuse.h>", "seen only by config"),
    ("daemon/store/a.c", "#include <zlib.h>", "seen only by league"),
    ("daemon/regen/a.c", "#include <uthash.h>", "seen only by base"),
    ("daemon/process/a.c", "#include <curl/curl.h>", "seen only by fetch"),
    ("daemon/admin/a.c", "#include <libsmartcols/libsmartcols.h>", "seen only by ctl"),
    ("daemon/league/a.c", "#include <sqlite3.h>", None, ("daemon/league/a.c", "sqlite3.h")),
    ("daemon/league/b.c", "#include <sqlite3.h>", "seen only by store"),
    ("daemon/league/a.c", "", "does not include sqlite3.h any more", ("daemon/league/a.c", "sqlite3.h")),
    ("ctl/a.c", '#include "a.h"\n#include "base/err.h"\n#include "store/store.h"\n#include "league/import.h"', None),
    ("ctl/a.c", '#include "league/import_csv.h"\n#include "propsd/version.h"\n#include <jansson.h>', None),
    ("ctl/a.c", '#include "league/snapshot.h"', "ctl sees"),
    ("ctl/a.c", '#include "admin/server.h"', "ctl sees"),
    ("ctl/a.c", "#include <sqlite3.h>", "seen only by store"),
    ("include/propsd/a.h", '#include "base/err.h"', "stands alone"),
    ("include/propsd/a.h", '#include "propsd/b.h"\n#include <stdint.h>', None),
    ("daemon/base/a.c", '/* "pool/pool.h" is for others */\n// #include "pool/pool.h"\n', None),
]


def check_planted():
    failed = []
    for file, text, wanted, *standing in PLANTED:
        standing = set(standing)
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for top in ("daemon", "ctl", "include"):
                (root / top).mkdir()
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(text, encoding="utf-8")
            found = offences(root, standing)
        if len(found) != (wanted is not None) or any(wanted not in line for line in found):
            failed.append(f"planted {file} {text!r}: wanted {wanted!r}, found {found}")
    return failed


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    found = check_planted() or offences(root, STANDING)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
