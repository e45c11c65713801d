#!/usr/bin/python3
"""Runs a command on a terminal of its own: answers each prompt of standard input's lines in turn, prints what it showed.

terminal.py COMMAND…: a line of answers for each "]: " that the command shows. Ends with the command's exit code.
"""
import os
import pty
import sys

answers = sys.stdin.read().split("\n")
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b""
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk
    while b"]: " in seen and answers:
        before, seen = seen.split(b"]: ", 1)
        sys.stdout.buffer.write(before + b"]: ")
        os.write(terminal, answers.pop(0).encode() + b"\n")
sys.stdout.buffer.write(seen)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
