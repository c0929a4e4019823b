"""Runs a Python function behind propsd: one file, standard library only, Python 3.9 or later.

    import propsd_worker

    @propsd_worker.setup
    def load():                     # once, before the first job
        global model
        model = load_model()

    def generate_player_report(player_lookup, game_date):
        return {"markets": {"points": {"mean": 27.4, "sd": 6.1}}}

    if __name__ == "__main__":
        propsd_worker.serve(generate_player_report)

propsd starts such a program as a child (`type = "exec"`) and speaks with it in lines of JSON; docs/processors.md has the
wire, propsd-processor(7) the use. By hand, without propsd:

    python3 worker.py --try lebronjames 2025-11-15

A function in a file that knows nothing of propsd is served from the command line:

    python3 -m propsd_worker /opt/model/model.py:generate_player_report

How it works. Descriptors 0 and 1 are the protocol, so they are moved away before any code of the user's runs: what print()
or a native library writes to 1 then goes to standard error, and what reads 0 finds nothing. This happens when this module
is imported by a child of propsd's (it sets PROPSD_PROCESSOR), and else in serve(). A job is taken, called and answered by
_Worker, on the main thread, on threads or on an event loop; with prefork it does so in processes of its own, and _Herd
stands between them and propsd.
"""
import argparse
import asyncio
import atexit
import collections.abc
import concurrent.futures
import contextvars
import dataclasses
import datetime
import decimal
import enum
import faulthandler
import fcntl
import functools
import gc
import importlib
import importlib.util
import inspect
import json
import math
import os
import pathlib
import re
import resource
import select
import signal
import sys
import threading
import time
import traceback
import unicodedata
import uuid
import weakref

__all__ = ["PermanentError", "per_game", "progress", "serve", "setup"]

VERSION = 1  # of the protocol
MAX_LINE = 16 << 20  # of a request: a precompute output at propsd's default limit four times over
CHUNK = 1 << 16  # what a pipe holds
ERROR_BYTES = 1000  # of the text in a reply: it stands in logs, on screens and in dead letters
ERROR_FRAMES = 4
NOTE_BYTES = 200
PROGRESS_SECONDS = 0.1  # between two lines of a job: they are for people's eyes
DEPTH = 200  # of a result's nesting: beyond is a structure that contains itself, most likely
GAMES = 32  # results that a per_game function keeps: a night has 15 games at most, and some change
IDLE_DEATHS = 5  # in a row, of forked processes that had no job: another would not live either


class PermanentError(Exception):
    """Raised by a function whose job would fail again however often it was tried: its words become the job's error."""


class ResultError(PermanentError):
    """What the function returned cannot be sent."""


def setup(function=None, *, each=False):
    """Decorator: the function runs once, before the first job, without arguments; several run in their order.

    With `prefork` that is before the fork, so that all processes share what it loads. `each=True` runs it in every process
    after the fork: for connections, open files and random numbers, which processes must not share.
    """
    if function is None:
        return functools.partial(setup, each=each)
    _setups.append((function, each))
    return function


def per_game(function=None, *, size=GAMES):
    """Decorator for work that all players of a game share: computed once a game and process, until its facts change.

        @propsd_worker.per_game
        def pace(game_id, game_date, totals): ...

        def generate_player_report(player_lookup, game_date, job):
            expected = pace(job)

    The function is given, by the names of its parameters, facts of the game and nothing else, so they are the key under
    which its result is kept: game_id, game_date, home_team, away_team, tip, game_status, totals, spreads; or `job`, the
    request less all that is not of the game. One that names a fact of a team (team, opponent, home, starters,
    lineup_confirmed, injuries) is computed once for each team of the game. What is not known is None, or an empty dict.

    It is called with the request, or with nothing inside a job. Threads and tasks that want a result which is being computed
    wait for it; an exception is theirs too, and is not kept. The `size` results used last are; clear() forgets them. It may
    be async. Callers share the result and must not change it. Without a game_id nothing is kept.
    """
    if function is None:
        return functools.partial(per_game, size=size)
    return _PerGame(function, size)


def progress(fraction, note=""):
    """Tells how far the running job is: 0 to 1, and a few words. Calls in quick succession are dropped."""
    job = _current_job()
    if job is not None:
        job.progress(fraction, note)


def serve(function, *, name=None, concurrency=1, prefork=0, max_line=MAX_LINE):
    """Serves jobs with the function until propsd closes the child's standard input.

    The function is called as function(player_lookup, game_date), function(job) or function(player_lookup, game_date, job),
    by its parameters; `job` is the request as a dict. It returns a dict, or its JSON as str or bytes. An exception is the
    job's failure, and a PermanentError one that is not tried again.

    name         which worker this is, for people; the processor's name otherwise
    concurrency  jobs at a time: on an event loop if the function is async, else on threads
    prefork      processes to fork when the setup is done; each does `concurrency` jobs at a time
    max_line     bytes of the longest request that is taken

    With `--try PLAYER [DATE] [--job FILE]` on the command line it does one job by hand and exits.
    """
    global _served
    _served = True
    _whole("concurrency", concurrency, 1)
    _whole("prefork", prefork, 0)
    _whole("max_line", max_line, 1024)
    worker = _Worker(function, concurrency)
    if "--try" in sys.argv[1:]:
        sys.exit(_try(worker, sys.argv[1:]))
    if _wire is None and os.isatty(0):
        sys.exit(f"{sys.argv[0]}: propsd starts this and speaks with it through pipes; to try it by hand: --try PLAYER DATE")
    wire = _take_over()
    wire.max_line = max_line
    _die_of_interrupts()
    hello = {"v": VERSION, "hello": name or _name or _name_of(function), "concurrency": concurrency * max(prefork, 1),
             "max_line": max_line}
    hello = json.dumps(hello, ensure_ascii=False, separators=(",", ":")).encode()
    if prefork:
        _Herd(worker, prefork, wire).run(hello)
    else:
        worker.run(wire, hello, [function for function, each in _setups])


_setups = []  # (function, each)
_per_games = weakref.WeakSet()
_running = set()  # jobs that are out, of all threads
_current = contextvars.ContextVar("job", default=None)
_wire = None  # what stood at descriptors 0 and 1, once it is moved
_served = False


def _current_job():
    job = _current.get()
    if job is None:  # a thread that the function started itself
        running = list(_running)
        job = running[0] if len(running) == 1 else None
    return job


def _whole(name, value, least):
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name}: {value!r} is not a whole number from {least} on")


def _name_of(function):
    return getattr(function, "__name__", None) or type(function).__name__


def _say(text):
    """A line on standard error, which propsd keeps; past sys.stderr, of which the user may have made something else."""
    _flush()
    try:
        os.write(2, text.encode("utf-8", "backslashreplace") + b"\n")
    except OSError:
        pass


def _die(text):
    _say(f"propsd_worker: {text}")
    os._exit(1)


def _flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # none there, or closed
            pass


def _die_of_interrupts():
    """An interrupt ends the process as SIGTERM does: no KeyboardInterrupt in the middle of a line that is being written."""
    if threading.current_thread() is threading.main_thread() and \
            signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


# The wire


class _Wire:
    """Lines over two descriptors. One thread reads; any thread writes."""

    def __init__(self, source, sink, max_line=MAX_LINE):
        self.source, self.sink, self.max_line = source, sink, max_line
        self._buffer = bytearray()
        self._seen = 0  # bytes of the buffer that have no newline in them
        self._lock = threading.Lock()

    def fill(self):
        """Reads once; whether there was anything before the end."""
        data = os.read(self.source, CHUNK)
        self._buffer += data
        return bool(data)

    def line(self):
        """The next line if it is whole, else None."""
        end = self._buffer.find(b"\n", self._seen)
        if end < 0:
            self._seen = len(self._buffer)
        if (self._seen if end < 0 else end) > self.max_line:
            _die(f"a request is longer than the {self.max_line} bytes that the hello promised to take")
        if end < 0:
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[:end + 1]
        self._seen = 0
        return line

    def read_line(self):
        """Waits for a line; None at the end."""
        while (line := self.line()) is None:
            if not self.fill():
                if self._buffer:
                    _say("propsd_worker: the last request was cut off and is not done")
                return None
        return line

    def write_line(self, *pieces):
        rest = memoryview(b"".join(pieces) + b"\n")
        with self._lock:
            try:
                while rest:
                    rest = rest[os.write(self.sink, rest):]
            except BrokenPipeError:
                _die("propsd is gone: a reply could not be written")

    def close(self):
        for fd in {self.source, self.sink} - {-1}:
            os.close(fd)
        self.source = self.sink = -1  # who writes on gets an error, not another's file

    # What _Worker needs of a channel: jobs as (tag, request), None at the end; lines back, the last of a job marked so.

    def take(self):
        line = self.read_line()
        return None if line is None else (None, line)

    def send(self, tag, last, line):
        self.write_line(line)


class _Relayed(_Wire):
    """The wire of a forked process to _Herd: a number before each request, the same and whether it is the last before each
    reply, so that _Herd need not read the JSON."""

    def take(self):
        line = self.read_line()
        if line is None:
            return None
        tag, _, request = line.partition(b" ")
        return tag, request

    def send(self, tag, last, line):
        self.write_line(b"R" if last else b"P", tag, b" ", line)


def _take_over():
    """Moves descriptors 0 and 1 away, to copies that no program started from here inherits, and puts harmless ones there."""
    global _wire
    if _wire is not None:
        return _wire
    try:
        source, sink = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3) for fd in (0, 1))
    except OSError:
        _die("standard input and output must be open: they are the protocol")
    for fd in (source, sink, 2):
        try:
            os.set_blocking(fd, True)
        except OSError:  # no standard error
            pass
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # no standard error
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
    os.close(nothing)
    try:  # prints show when they are made, and a name with an accent ends nothing
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    except (AttributeError, ValueError):
        pass
    if not faulthandler.is_enabled():
        faulthandler.enable(file=2)  # where native code crashed is among the last lines that propsd shows
    _wire = _Wire(source, sink)
    return _wire


def _after_fork():
    """In every forked process: one that lives on must not hold propsd's pipes open, or write to them."""
    global _wire
    if _wire is not None:
        _wire.close()
        _wire = None
    _running.clear()
    _current.set(None)
    for shared in _per_games:
        shared.after_fork()


os.register_at_fork(after_in_child=_after_fork)


# Jobs


class _Job:
    """One request and the way back. As a context it is the job of progress(), and an exception in it is the job's failure."""

    def __init__(self, channel, tag, request):
        self.request = request
        self._channel, self._tag = channel, tag
        self._lock = threading.Lock()
        self._open = True
        self._next_progress = 0.0

    @classmethod
    def read(cls, channel, tag, line):
        """The job of a line, or None for one that asks for nothing that is known here."""
        try:
            request = json.loads(line)
        except ValueError as error:
            _die(f"a request is not JSON: {error}: {line[:80]!r}")
        if not isinstance(request, dict):
            _die(f"a request is not a JSON object: {line[:80]!r}")
        job = cls(channel, tag, request)
        if "id" not in request:
            _say(f"propsd_worker: ignored a line without an id: {line[:80]!r}")
            return None
        if request.get("v", VERSION) != VERSION:
            job.refuse(f"version {request['v']!r} of the protocol is not spoken here, only {VERSION}", True)
            return None
        return job

    def __enter__(self):
        self._token = _current.set(self)
        _running.add(self)
        return self

    def __exit__(self, kind, error, trace):
        _running.discard(self)
        _current.reset(self._token)
        if error is not None:
            self.fail(error)
        return True  # nothing that a function does ends the worker

    def _send(self, last, *pieces):
        head = b'{"id":' + json.dumps(self.request["id"]).encode() + b","
        with self._lock:  # nothing of a job comes after its reply
            if self._open:
                self._open = not last
                self._channel.send(self._tag, last, b"".join((head, *pieces, b"}")))

    def finish(self, result):
        self._send(True, b'"result":', _result_to_json(result))

    def fail(self, error):
        permanent = isinstance(error, PermanentError)
        text = _one_line(str(error)) or "PermanentError" if permanent else _describe(error)
        if not permanent:
            who = " ".join(str(self.request.get(key, "?")) for key in ("player_lookup", "game_date"))
            _say(f"propsd_worker: job {self.request['id']} ({who}) failed:\n" + "".join(
                traceback.format_exception(type(error), error, _user_part(error.__traceback__))).rstrip("\n"))
        self.refuse(text, permanent)

    def refuse(self, text, permanent):
        self._send(True, b'"error":', _quoted(_cut(text, ERROR_BYTES)), b',"permanent":true' if permanent else b"")

    def progress(self, fraction, note):
        now = time.monotonic()
        fraction = float(fraction)
        if now < self._next_progress or math.isnan(fraction):
            return
        self._next_progress = now + PROGRESS_SECONDS
        line = b'"progress":%.4g' % min(max(fraction, 0.0), 1.0)
        if note:
            line += b',"note":' + _quoted(_cut(_one_line(str(note)), NOTE_BYTES))
        self._send(False, line)


def _quoted(text):
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")


def _one_line(text):
    return " ".join(text.split())


def _cut(text, most):
    data = text.encode("utf-8", "replace")
    return text if len(data) <= most else data[:most - 3].decode("utf-8", "ignore") + "..."


def _user_part(trace):
    """The traceback from where this file called the function on."""
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    return trace


def _describe(error):
    """An exception in one line, where it was raised first: `KeyError: 'x', at model/game.py:12 in load, called from ...`."""
    if isinstance(error, SystemExit):
        text = f"the function called sys.exit({error.code!r})"
    else:
        kind = type(error)
        text = kind.__qualname__ if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}.{kind.__qualname__}"
        try:
            said = _one_line(str(error))
        except Exception:  # an exception's own __str__ may be the next fault
            said = ""
        text += f": {_cut(said, ERROR_BYTES // 2)}" if said else ""
    places = []
    for frame in reversed(traceback.extract_tb(_user_part(error.__traceback__))[-ERROR_FRAMES:]):
        places.append(f"{'/'.join(frame.filename.split(os.sep)[-2:])}:{frame.lineno} in {frame.name}")
    if places:
        text += ", at " + ", called from ".join(places)
    return text


# Results


def _result_to_json(result):
    """The bytes of a result, on one line. ResultError: names the key and what is wrong with it."""
    if isinstance(result, (str, bytes, bytearray)):
        return _checked_text(result)
    if _is_dataclass(result):
        result = _convert(result)
    if not isinstance(result, collections.abc.Mapping):
        hint = ""
        if result is None:
            hint = "; is there a `return`?"
        elif inspect.isawaitable(result):
            getattr(result, "close", lambda: None)()
            hint = "; give serve() the async function itself"
        raise ResultError(f"the function returned {_type_of(result)}: a dict is wanted, or the JSON text of one{hint}")
    try:
        return _dump(result).encode()
    except (TypeError, ValueError, OverflowError, RecursionError):  # UnicodeEncodeError is a ValueError
        pass
    plain = _plain(result, "", 0)  # the slow way, which converts keys too and knows where it is
    try:
        return _dump(plain).encode()
    except ValueError as error:
        raise ResultError(f"the result cannot be written as JSON: {error}") from None


def _dump(value):
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=_convert)


def _checked_text(text):
    """JSON that the function wrote itself: its bytes stay but for ends of lines, which JSON has only between values."""
    try:
        text = text if isinstance(text, str) else bytes(text).decode("utf-8")
        data = text.encode("utf-8")
        odd = []
        value = json.loads(text, parse_constant=lambda name: odd.append(name) or float(name.replace("Infinity", "inf")))
    except (ValueError, RecursionError) as error:
        raise ResultError(f"the function returned a text that is not JSON: {error}: {text[:60]!r}") from None
    if not isinstance(value, dict):
        raise ResultError(f"the function returned the JSON text of {_type_of(value)}: that of an object is wanted")
    if odd:
        _plain(value, "", 0)
    return data.strip().replace(b"\n", b" ").replace(b"\r", b" ")


def _plain(value, path, depth):
    """A value of nothing but dict, list, str, int, float, bool and None."""
    name = path or "the result"
    if depth > DEPTH:
        raise ResultError(f"{_cut(name, 200)} is nested more than {DEPTH} deep; does it contain itself?")
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise ResultError(f"{name} is a text with half a character in it (a surrogate): {value[:60]!r}") from None
        return str(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            said = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
            raise ResultError(f"{name} is {said}, which JSON does not have: leave the key out or give None")
        return float(value)
    if isinstance(value, dict):
        plain = {}
        for key, member in value.items():
            text = _key(key, name)
            if text in plain:
                raise ResultError(f"{name} has two keys that are both {text!r} in JSON")
            plain[text] = _plain(member, f"{path}.{text}" if path else text, depth + 1)
        return plain
    if isinstance(value, (list, tuple)):
        return [_plain(member, f"{path}[{i}]", depth + 1) for i, member in enumerate(value)]
    try:
        converted = _convert(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ResultError(f"{name} {error}") from None
    return _plain(converted, path, depth + 1)


def _key(key, name):
    if not isinstance(key, (str, int, float, type(None))):
        try:
            key = _convert(key)
        except (TypeError, ValueError):
            pass
    if isinstance(key, str):
        return _plain(key, f"a key of {name}", 0)
    if isinstance(key, (int, float, type(None))):  # as json.dumps does
        return json.dumps(_plain(key, f"a key of {name}", 0))
    raise ResultError(f"{name} has a key of type {_type_of(key)}: {_cut(repr(key), 100)}; keys are texts or numbers")


def _type_of(value):
    if value is None:
        return "None"
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _convert(value):
    """What JSON has no form for, one step nearer to it. TypeError, ValueError: why not."""
    if hasattr(value, "dtype") and hasattr(value, "tolist") and not hasattr(value, "index"):
        return _convert_array(value)
    for kinds, convert in _CONVERSIONS:
        if isinstance(value, kinds):
            return convert(value)
    if _is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"is of type {_type_of(value)}, which has no form in JSON: {_cut(repr(value), 100)}")


def _is_dataclass(value):
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _convert_array(value):
    """numpy's scalars and arrays and their like, known by what they can do: nothing is imported for them."""
    kind = getattr(value.dtype, "kind", "")
    if kind == "M":  # as text: nanoseconds would become whole numbers
        value = value.astype(str)
    elif kind == "m":
        raise TypeError(f"is a span of time ({_type_of(value)}): give a number")
    listed = value.tolist()
    if listed == "NaT":
        raise ValueError("is NaT, no time: leave the key out or give None")
    return float(value) if type(listed) is type(value) else listed  # numpy.longdouble gives itself


def _convert_decimal(value):
    if not value.is_finite():
        return float(value)  # refused as any NaN
    return int(value) if value == value.to_integral_value() and abs(value) < 2 ** 53 else float(value)


def _convert_time(value):
    if value != value:  # pandas.NaT
        raise ValueError("is NaT, no time: leave the key out or give None")
    return value.isoformat()


def _convert_set(value):
    try:
        return sorted(value)  # a set's own order differs from process to process
    except TypeError:
        raise TypeError("is a set whose members cannot be sorted: give a list") from None


_CONVERSIONS = (
    (enum.Enum, lambda value: value.value),
    (decimal.Decimal, _convert_decimal),
    ((datetime.date, datetime.time), _convert_time),  # datetime.datetime is a date
    ((set, frozenset), _convert_set),
    (collections.abc.Mapping, dict),
    ((uuid.UUID, pathlib.PurePath), str),
)


# The worker


ARGUMENTS = ("player_lookup", "game_date", "job")


def _call_of(function):
    """A function of the request that calls the user's by what its parameters are named or, else, by how many there are."""
    if not callable(function):
        raise TypeError(f"serve() takes a function, not {_type_of(function)}")
    kind = inspect.Parameter
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:  # some builtins do not tell
        parameters = [kind("arguments", kind.VAR_POSITIONAL)]
    needed = [p for p in parameters if p.default is kind.empty and p.kind not in (kind.VAR_POSITIONAL, kind.VAR_KEYWORD)]
    known = [p.name for p in parameters if p.name in ARGUMENTS and p.kind in (kind.POSITIONAL_OR_KEYWORD, kind.KEYWORD_ONLY)]
    ordered = [p.name for p in needed if p.kind is not kind.KEYWORD_ONLY]
    if known and all(p.name in known for p in needed):
        places, names = (), known
    elif not needed:  # a wrapper that hands on whatever it gets, or nothing that could be given
        places, names = ARGUMENTS[:2] if any(p.kind is kind.VAR_POSITIONAL for p in parameters) else None, ()
    else:
        places = {1: ("job",), 2: ARGUMENTS[:2], 3: ARGUMENTS}.get(len(ordered))
        names = [name for name in known if name not in ordered]
        if any(name in ARGUMENTS and name != place for name, place in zip(ordered, places or ())) \
                or any(p.kind is kind.KEYWORD_ONLY and p.name not in names for p in needed):
            places = None
    if places is None:
        raise TypeError(f"{_name_of(function)}{inspect.signature(function)}: a function is called with (player_lookup, "
                        "game_date), (job) or (player_lookup, game_date, job)")

    def call(request):
        values = {"player_lookup": request.get("player_lookup"), "game_date": request.get("game_date"), "job": request}
        return function(*(values[name] for name in places), **{name: values[name] for name in names})

    return call


def _is_async(function):
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))


class _Worker:
    """Does the jobs of a channel with the user's function, `concurrency` at a time."""

    def __init__(self, function, concurrency):
        self.call = _call_of(function)
        self.is_async = _is_async(function)
        self.concurrency = concurrency

    def run(self, channel, hello, setups):
        """Until the channel ends and all that was taken is answered."""
        if self.is_async:
            asyncio.run(self._run_async(channel, hello, setups))
            return
        for function in setups:
            if _is_async(function):
                asyncio.run(function())
            else:
                function()
        channel.write_line(hello)
        if self.concurrency == 1:
            while (item := channel.take()) is not None:
                self._do(channel, *item)
        else:
            self._run_threads(channel)

    def _do(self, channel, tag, line):
        job = _Job.read(channel, tag, line)
        if job is not None:
            with job:
                job.finish(self.call(job.request))

    def _run_threads(self, channel):
        with concurrent.futures.ThreadPoolExecutor(self.concurrency, "job") as threads:
            while (item := channel.take()) is not None:
                threads.submit(self._do, channel, *item)

    async def _run_async(self, channel, hello, setups):
        for function in setups:
            made = function()
            if inspect.isawaitable(made):
                await made
        channel.write_line(hello)
        loop = asyncio.get_running_loop()
        places = asyncio.Semaphore(self.concurrency)
        tasks = set()

        async def do(tag, line):
            try:
                job = _Job.read(channel, tag, line)
                if job is not None:
                    with job:
                        job.finish(await self.call(job.request))
            finally:
                places.release()

        # A thread that reads and blocks: a reader of asyncio's own stops at lines of 64 KiB.
        with concurrent.futures.ThreadPoolExecutor(1, "reader") as reader:
            while True:
                await places.acquire()
                item = await loop.run_in_executor(reader, channel.take)
                if item is None:
                    break
                task = loop.create_task(do(*item))
                tasks.add(task)  # the loop itself keeps no hold on it
                task.add_done_callback(tasks.discard)
        if tasks:
            await asyncio.wait(tasks)


# Work of a game


class _OfGame(dict):
    """What a per_game function gets as its job. A key that is not of the game is named, for .get() would hide it."""

    def __missing__(self, key):
        raise KeyError(f"{key}: no fact of a game; a per_game function's job has game_id, game_date and, in live, tip, "
                       "game_status, totals and spreads")


GAME_LIVE = ("tip", "game_status", "totals", "spreads")


def _host(job, at_home):
    """The team that plays at home, or the one that does not."""
    home = job.get("home")
    return None if home is None else job.get("team" if home == at_home else "opponent")


def _injuries(job, live):
    """Of his team: in a request he himself is not among his mates."""
    if "mates" not in live:
        return {}
    return {**live["mates"], job.get("player_lookup"): live.get("injury", {}).get("status", "none")}


_FACTS = {
    # The same for everybody in the game.
    "game_id": lambda job, live: job.get("game_id"),
    "game_date": lambda job, live: job.get("game_date"),
    "home_team": lambda job, live: _host(job, True),
    "away_team": lambda job, live: _host(job, False),
    "tip": lambda job, live: live.get("tip"),
    "game_status": lambda job, live: live.get("game_status"),
    "totals": lambda job, live: live.get("totals", {}),
    "spreads": lambda job, live: live.get("spreads", {}),
    "job": lambda job, live: {"game_id": job.get("game_id"), "game_date": job.get("game_date"),
                              "live": {key: live[key] for key in GAME_LIVE if key in live}},
    # The same for everybody in his team.
    "team": lambda job, live: job.get("team"),
    "opponent": lambda job, live: job.get("opponent"),
    "home": lambda job, live: job.get("home"),
    "starters": lambda job, live: live.get("starters"),
    "lineup_confirmed": lambda job, live: live.get("lineup_confirmed"),
    "injuries": _injuries,
}
TEAM_FACTS = ("team", "opponent", "home", "starters", "lineup_confirmed", "injuries")


class _PerGame:
    """A function whose results are kept by the facts that it is given. Whoever wants one first computes it: what is kept is
    a future, which the others wait for, on a thread or on an event loop."""

    def __init__(self, function, size):
        if not callable(function):
            raise TypeError(f"per_game is a decorator of a function, not of {_type_of(function)}")
        _whole("per_game: size", size, 1)
        kind = inspect.Parameter
        parameters = [p for p in inspect.signature(function).parameters.values()
                      if p.kind not in (kind.VAR_POSITIONAL, kind.VAR_KEYWORD)]
        self.names = [p.name for p in parameters if p.name in _FACTS and p.kind is not kind.POSITIONAL_ONLY]
        wrong = [p.name for p in parameters if p.name not in self.names and p.default is kind.empty]
        if wrong:
            raise TypeError(f"{_name_of(function)}: {wrong[0]} is no fact of a game; per_game gives by name {', '.join(_FACTS)}")
        self.function, self.size = function, size
        self.of_team = any(name in TEAM_FACTS for name in self.names)
        self.kept = {}  # key -> future; used last is last
        self.lock = threading.Lock()
        functools.update_wrapper(self, function)
        self.__signature__ = inspect.Signature([kind("job", kind.POSITIONAL_OR_KEYWORD, default=None)])
        self._call = self._call_async if _is_async(function) else self._call_sync
        _per_games.add(self)

    def __call__(self, job=None):
        if job is None:
            running = _current_job()
            if running is None:
                raise RuntimeError(f"{_name_of(self)}() knows of no job here: call it with the job")
            job = running.request
        if not isinstance(job, collections.abc.Mapping):
            raise TypeError(f"{_name_of(self)}() is called with the job, a dict, not with {_type_of(job)}")
        live = job.get("live", {})
        facts = json.dumps({name: _FACTS[name](job, live) for name in self.names}, sort_keys=True)
        key = (job.get("game_date"), job.get("game_id"), job.get("team") if self.of_team else None, facts)
        facts = json.loads(facts)  # a copy: what the function does to it is done to no other job's
        if "job" in facts:
            facts["job"] = _OfGame(facts["job"], live=_OfGame(facts["job"]["live"]))
        return self._call(key if key[1] else None, facts)

    def clear(self):
        """Forgets all results; what is being computed is handed to who waits for it, and not kept."""
        with self.lock:
            self.kept.clear()

    def after_fork(self):
        """A thread that held the lock or computed is not in this process."""
        self.lock = threading.Lock()
        self.kept = {key: future for key, future in self.kept.items() if future.done()}

    def _take(self, key, me):
        """The future of a key, and whether the caller is to fill it."""
        with self.lock:
            future = self.kept.pop(key, None)
            is_new = future is None
            if is_new:
                future = concurrent.futures.Future()
                future.set_running_or_notify_cancel()  # so that a caller who gives up does not take it from the others
                future.owner = me
            if key is not None:
                self.kept[key] = future
        if not is_new and future.owner == me and not future.done():
            raise RuntimeError(f"{_name_of(self)}() wants its own result of the same game")
        return future, is_new

    def _finish(self, future, result):
        future.set_result(result)
        future.owner = None  # a task would keep the job that it was begun for
        with self.lock:
            done = [key for key, kept in self.kept.items() if kept.done()]
            for key in done[:max(0, len(self.kept) - self.size)]:
                del self.kept[key]

    def _fail(self, key, future, error):
        with self.lock:  # before it is told: who comes after that begins anew
            if self.kept.get(key) is future:
                del self.kept[key]
        future.set_exception(error)

    def _call_sync(self, key, facts):
        future, is_new = self._take(key, threading.get_ident())
        if is_new:
            try:
                self._finish(future, self.function(**facts))
            except BaseException as error:
                self._fail(key, future, error)
                raise
        return future.result()

    async def _call_async(self, key, facts):
        future, is_new = self._take(key, asyncio.current_task())
        if is_new:  # in a task of its own, which goes on when the job that wanted it first is cancelled
            future.owner = asyncio.get_running_loop().create_task(self._fill(key, future, facts))
        return future.result() if future.done() else await asyncio.wrap_future(future)

    async def _fill(self, key, future, facts):
        try:
            self._finish(future, await self.function(**facts))
        except BaseException as error:  # SystemExit too, which would end the loop from here
            self._fail(key, future, error)


# Forked processes


class _Child:
    """One forked process, seen from the one that forked it."""

    def __init__(self, pid, wire):
        self.pid, self.wire = pid, wire
        self.pidfd = os.pidfd_open(pid)
        self.out = bytearray()  # requests on their way to it
        self.jobs = {}  # number -> request
        self.ready = False
        self.at_end = False  # nothing more comes from it
        os.set_blocking(wire.source, False)
        os.set_blocking(wire.sink, False)

    def flush(self):
        """Writes what its pipe takes: waiting for it could be waiting for each other."""
        try:
            while self.out:
                del self.out[:os.write(self.wire.sink, self.out)]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # its end is told by its pidfd
            self.out.clear()

    def lines(self):
        """The lines that are there."""
        while True:
            try:
                while not self.at_end and (line := self.wire.line()) is None:
                    self.at_end = not self.wire.fill()
            except BlockingIOError:
                return
            if self.at_end:
                return
            yield line

    def close(self):
        self.wire.close()
        os.close(self.pidfd)


class _Herd:
    """Speaks with propsd for processes that are forked once the setup is done, so that they share what it loaded. It gives
    each request to the process with the fewest, hands replies on unread, and forks anew where one has died."""

    def __init__(self, worker, count, wire):
        self.worker, self.count, self.wire = worker, count, wire
        self.children = {}  # pid -> _Child
        self.number = 0
        self.idle_deaths = 0
        self.hello = None  # until it is said
        self.at_end = False

    def run(self, hello):
        for function, each in _setups:
            if not each and not _is_async(function):
                function()
        gc.collect()
        gc.freeze()  # what is there stays out of collections, which would write to every page of it
        for _ in range(self.count):
            self._fork()
        self.hello = hello
        while not self.at_end or any(child.jobs for child in self.children.values()):
            self._turn()
        for child in self.children.values():
            child.wire.close()
            os.waitpid(child.pid, 0)

    def _fork(self):
        (their_source, our_sink), (our_source, their_sink) = os.pipe(), os.pipe()
        _flush()
        us = os.getpid()
        pid = os.fork()
        if pid == 0:
            for fd in (our_source, our_sink):
                os.close(fd)
            self._live(us, _Relayed(their_source, their_sink, self.wire.max_line + 32))
        os.close(their_source)
        os.close(their_sink)
        # Of replies propsd knows the limit.
        self.children[pid] = _Child(pid, _Wire(our_source, our_sink, sys.maxsize))

    def _live(self, parent, wire):
        """The forked process; it does not return into the user's program."""
        global _wire
        status = 1
        try:
            for child in self.children.values():
                child.close()
            _wire = wire
            _end_with(parent)
            self.worker.run(wire, b"H", [function for function, each in _setups if each or _is_async(function)])
            status = 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            _flush()
            os._exit(status & 255)

    def _freest(self):
        ready = (child for child in self.children.values() if child.ready)
        child = min(ready, key=lambda child: len(child.jobs), default=None)
        return child if child and len(child.jobs) < self.worker.concurrency else None

    def _turn(self):
        """Waits for whatever comes first, and handles it."""
        poll = select.poll()
        wants_job = self.hello is None and not self.at_end and self._freest() is not None
        if wants_job:
            poll.register(self.wire.source, select.POLLIN)
        for child in self.children.values():
            poll.register(child.pidfd, select.POLLIN)
            if not child.at_end:
                poll.register(child.wire.source, select.POLLIN)
            if child.out:
                poll.register(child.wire.sink, select.POLLOUT)
        came = {fd for fd, _ in poll.poll()}
        for child in list(self.children.values()):
            child.flush()
            if child.wire.source in came:
                self._hear(child)
            if child.pidfd in came:
                self._bury(child)
        if self.hello is not None and all(child.ready for child in self.children.values()):
            self.wire.write_line(self.hello)
            self.hello = None
        if self.wire.source in came:
            self.at_end = not self.wire.fill()
        self._give()

    def _give(self):
        while (child := self._freest()) is not None and (line := self.wire.line()) is not None:
            self.number += 1
            child.jobs[self.number] = line
            child.out += b"%d %s\n" % (self.number, line)
            child.flush()

    def _hear(self, child):
        for line in child.lines():
            kind, line = line[:1], line[1:]
            if kind == b"H":
                child.ready = True
                continue
            number, _, line = line.partition(b" ")
            if kind == b"R":
                child.jobs.pop(int(number), None)
                self.idle_deaths = 0
            self.wire.write_line(line)

    def _bury(self, child):
        self._hear(child)  # what it said before it died is said
        _, status = os.waitpid(child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        how = f"exited with {code}" if code >= 0 else f"was killed by {_signal_name(-code)}"
        del self.children[child.pid]
        child.close()
        if self.hello is not None:
            _die(f"a forked process {how} before it was ready")
        self.idle_deaths = 0 if child.jobs else self.idle_deaths + 1
        _say(f"propsd_worker: forked process {child.pid} {how}, at work on {len(child.jobs)} jobs")
        if self.idle_deaths >= IDLE_DEATHS:
            _die(f"{IDLE_DEATHS} forked processes in a row ended without a job")
        for line in child.jobs.values():
            job = _Job.read(self.wire, None, line)
            if job is not None:
                job.refuse(f"the process that ran the job {how}{' (out of memory?)' if code == -9 else ''}", False)
        if not self.at_end or any(other.jobs for other in self.children.values()):
            self._fork()


def _signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _end_with(parent):
    """A forked process goes when the one goes that speaks with propsd, whatever it does at the time."""
    try:
        import ctypes
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass  # then it ends after its jobs, by the end of its pipe
    if os.getppid() != parent:
        os._exit(1)


# By hand


class _Hand:
    """A channel of one job, for --try: the way a job takes under propsd, with a person at its end."""

    def __init__(self, request):
        self.request = json.dumps(request).encode()
        self.began = self.ready = self.ended = time.monotonic()
        self.reply = None

    def write_line(self, hello):
        self.ready = time.monotonic()

    def take(self):
        request, self.request = self.request, None
        return None if request is None else (None, request)

    def send(self, tag, last, line):
        reply = json.loads(line)
        if last:
            self.reply, self.ended = reply, time.monotonic()
            self.bytes = len(line)
        else:
            _say(f"{reply['progress']:4.0%}  {reply.get('note', '')}".rstrip())


def _fold(name):
    """A name as propsd folds it: small letters and digits; a team behind it stays, as in jalenwilliams@CHA."""
    name, team = re.fullmatch(r"(.*?)(@[A-Z]{3})?", name.strip(), re.DOTALL).groups()
    return "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if c.isascii() and c.isalnum()) + (team or "")


def _request_by_hand(parser, who, path):
    request = {}
    if path:
        try:
            with open(path, encoding="utf-8") as file:
                request = json.load(file)
        except (OSError, ValueError) as error:
            parser.error(f"--job {path}: {error}")
        if not isinstance(request, dict):
            parser.error(f"--job {path}: a request is a JSON object")
    if len(who) > 2:
        parser.error("--try takes a player and a date")
    if who:
        request.update(player=who[0], player_lookup=_fold(who[0]))
    if len(who) > 1:
        try:
            request["game_date"] = datetime.date.fromisoformat(who[1]).isoformat()
        except ValueError:
            parser.error(f"--try {who[0]} {who[1]}: a date is written as 2025-11-15")
    if "player_lookup" not in request:
        parser.error("--try: who? A player or a --job FILE that names one is needed")
    now = datetime.datetime.now(datetime.timezone.utc)
    deadline = (now + datetime.timedelta(seconds=300)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"v": VERSION, "id": 1, "phase": "report", "game_date": datetime.date.today().isoformat(), "priority": "normal",
            "attempt": 1, "version": 1, "deadline": deadline, "causes": [], "live": {}, **request}


def _try(worker, arguments):
    """One job as under propsd; the result on standard output, all else on standard error. 0: it would be a report."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description="Does one job by hand, as it would be done under propsd.")
    parser.add_argument("--try", nargs="*", dest="who", required=True, metavar="WHO",
                        help="a player (a name or a lookup) and a date as 2025-11-15")
    parser.add_argument("--job", metavar="FILE", help="a request as propsd sends it, in JSON")
    options, _ = parser.parse_known_args(arguments)
    hand = _Hand(_request_by_hand(parser, options.who, options.job))
    out = _take_over().sink
    worker.run(hand, b"", [function for function, each in _setups])
    _flush()
    result = hand.reply.get("result")
    if result is not None:
        text = memoryview(json.dumps(result, ensure_ascii=False, indent=2).encode() + b"\n")
        try:
            while text:
                text = text[os.write(out, text):]
        except BrokenPipeError:
            pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    took = f"{hand.ended - hand.ready:.3f} s, setup {hand.ready - hand.began:.3f} s, peak memory {peak:,.0f} MiB"
    if result is not None:
        _say(f"ok: {hand.bytes:,} bytes in {took}")
        return 0
    retried = "it would not be tried again" if hand.reply.get("permanent") else "it would be tried again"
    _say(f"failed after {took}; {retried}\nerror: {hand.reply['error']}")
    return 1


# The command: python3 -m propsd_worker MODULE:FUNCTION


def _load(target):
    """The function of "module:function" or "path/file.py:function"."""
    place, _, name = target.rpartition(":")
    if not place or not name:
        sys.exit(f"propsd_worker: {target!r} is not MODULE:FUNCTION or FILE.py:FUNCTION")
    if place.endswith(".py"):
        path = os.path.abspath(place)
        if not os.path.isfile(path):
            sys.exit(f"propsd_worker: {place}: there is no such file")
        module_name = os.path.basename(path)[:-3]
        sys.path.insert(0, os.path.dirname(path))
        spec = importlib.util.spec_from_file_location(module_name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        spec.loader.exec_module(module)
    else:
        sys.path.insert(0, os.getcwd())
        module = importlib.import_module(place)
    function = module
    for part in name.split("."):
        function = getattr(function, part, None)
    if not callable(function):
        known = [key for key, value in vars(module).items()
                 if inspect.isfunction(value) and value.__module__ == module.__name__]
        sys.exit(f"propsd_worker: {place} has no function {name}; it has {', '.join(known) or 'none'}")
    return function


def _main():
    parser = argparse.ArgumentParser(prog="python3 -m propsd_worker", description="Serves a function behind propsd.",
                                     allow_abbrev=False)
    parser.add_argument("target", metavar="MODULE:FUNCTION", help="or FILE.py:FUNCTION")
    parser.add_argument("--name", help="which worker this is, for people")
    parser.add_argument("--concurrency", type=int, default=1, metavar="N",
                        help="jobs at a time: on an event loop if the function is async, else on threads")
    parser.add_argument("--prefork", type=int, default=0, metavar="N", help="processes to fork when the setup is done")
    parser.add_argument("--try", nargs="*", dest="who", metavar="WHO", help="do one job by hand: a player and a date")
    parser.add_argument("--job", metavar="FILE", help="with --try: a request as propsd sends it")
    options = parser.parse_args()
    if options.who is None and _wire is None and os.isatty(0):
        parser.error("propsd starts this and speaks with it through pipes; to try it by hand: --try PLAYER DATE")
    _take_over()
    function = _load(options.target)
    try:
        serve(function, name=options.name, concurrency=options.concurrency, prefork=options.prefork)
    except (TypeError, ValueError) as error:
        if _user_part(error.__traceback__) is not None:
            raise
        sys.exit(f"propsd_worker: {error}")


def _unserved():
    if not _served:
        _say("propsd_worker: the program ended without calling serve()")


_name = os.environ.pop("PROPSD_PROCESSOR", None)  # programs that are started from here are no children of propsd's
if _name is not None:
    _take_over()
    atexit.register(_unserved)

if __name__ == "__main__":
    sys.modules["propsd_worker"] = sys.modules["__main__"]  # what the function's module imports is this one
    _main()
