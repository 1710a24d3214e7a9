"""A real pseudo-terminal to talk through: to a function of this process, or to a command."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time

from prompt_toolkit.application import create_app_session
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.output.vt100 import Vt100_Output

ENOUGH = 120  # seconds after which nobody answers any more
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[=>78]|\r")
_ASKS_PLACE = "\x1b[6n"  # where the cursor is; a terminal answers
CTRL_B, CTRL_C, CTRL_D = "\x02", "\x03", "\x04"


def _open(columns):
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    return terminal, end


def _converse(terminal, steps, end):
    """Wait for each text and type each answer; then all that was shown, without the controls of a terminal."""
    shown, at = "", 0

    def read():
        nonlocal shown
        if not select.select([terminal], [], [], max(end - time.monotonic(), 0))[0]:
            raise TimeoutError(_CONTROLS.sub("", shown)[-1500:])
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            part = b""
        before = shown.count(_ASKS_PLACE)
        shown += part.decode(errors="replace")
        for _ in range(shown.count(_ASKS_PLACE) - before):
            os.write(terminal, b"\x1b[1;1R")
        return part

    for wait, keys in steps:
        while (found := _CONTROLS.sub("", shown).find(wait, at)) < 0:
            if not read():
                raise EOFError(f"no {wait!r}: {_CONTROLS.sub('', shown)[-1500:]}")
        at = found + len(wait)
        os.write(terminal, keys.encode())
    while read():
        pass
    return _CONTROLS.sub("", shown)


def talk(do, steps, monkeypatch, columns=80):
    """What a function, which is given a way to show lines, shows at a terminal; and the error that ended it."""
    monkeypatch.setenv("COLUMNS", str(columns))
    terminal, end = _open(columns)
    result, over = [], threading.Event()

    def answer():
        try:
            result.append(_converse(terminal, steps, time.monotonic() + ENOUGH))
        except (TimeoutError, EOFError) as error:
            result.append(error)
            while not over.wait(1):  # a key that comes between two prompts is lost
                os.write(terminal, CTRL_C.encode())

    other = threading.Thread(target=answer)
    other.start()
    error = None
    with os.fdopen(end, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        monkeypatch.setattr(sys, "stdout", stream)
        try:
            with create_app_session(Vt100Input(stream), Vt100_Output.from_pty(stream, "xterm")):
                do(lambda line: print(line, file=stream, flush=True))
        except Exception as caught:
            error = caught
        over.set()
        monkeypatch.undo()
    other.join()
    os.close(terminal)
    if isinstance(result[0], Exception):
        raise result[0]
    return result[0], error


def talk_to_command(words, steps, columns=80):
    """What a command shows at a terminal, and its exit status."""
    terminal, end = _open(columns)
    command = [sys.executable, "-m", "helpers", *words]
    environment = os.environ | {"TERM": "xterm"}
    child = subprocess.Popen(command, stdin=end, stdout=end, stderr=end, env=environment, start_new_session=True)
    os.close(end)
    try:
        shown = _converse(terminal, steps, time.monotonic() + ENOUGH)
        return shown, child.wait(ENOUGH)
    finally:
        child.kill()
        child.wait()
        os.close(terminal)
