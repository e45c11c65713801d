#!/usr/bin/python3
"""Runs a command on a terminal of its own, as a person at a keyboard would.

keyboard.py COMMAND…: what comes on standard input is typed, what the terminal shows goes to standard output. The end of standard input
closes the terminal (the command gets SIGHUP). Ends with the command's exit code, or 128 and the signal's number. The command's
process id is the first line.
"""
import fcntl
import os
import pty
import select
import struct
import sys
import termios

pid, terminal = pty.fork()
if pid == 0:
    # Not before the terminal has its size.
    os.read(0, 1)
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, int(os.environ.get("KW_TEST_COLUMNS", "160")), 0, 0))
os.write(terminal, b"\n")
os.write(1, b"%d\n" % pid)
while True:
    ready, _, _ = select.select([0, terminal], [], [])
    if terminal in ready:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            chunk = b""
        if not chunk:
            break
        os.write(1, chunk)
    if 0 in ready:
        typed = os.read(0, 65536)
        if not typed:
            break
        os.write(terminal, typed)
os.close(terminal)
_, status = os.waitpid(pid, 0)
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
