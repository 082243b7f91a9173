"""`python -m playground` as a person or a script runs it: the chat over a pipe, the bot's death, a taken port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PARROT = [sys.executable, str(Path(__file__).with_name("parrot.py"))]
ROOT = Path(__file__).parents[2]


def run(*arguments: str, lines: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "playground", "--port", "0", *arguments],
        input=lines,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=60,
    )


def test_each_line_of_a_pipe_is_answered_before_the_next(tmp_path: Path) -> None:
    log = tmp_path / "bot.log"
    script = "\n".join(
        [
            "@lore how many days?",
            "+1",
            "-1",
            "/thread and then?",
            "/dm just us",
            "/as bob",
            "/in leads",
            "/lore a secret",
            "/nonsense",
            "/help",
            "talk to nobody",
        ]
    )
    ran = run("--chat", "--log", str(log), "--", *PARROT, lines=script)
    assert ran.returncode == 0, ran.stderr
    expected = [
        "… is thinking…",
        "You said: how many days? [1]",
        "[ Helpful ] [ Not helpful ]",
        "alice reacted with 👍.",
        "alice reacted with 👎.",
        "You said: and then? [1]",
        "You said: just us [1]",
        "bob is in no channel 'leads'",
        "lore (only you can see this)",
        "Privately: a secret",
        "There is no /nonsense",
        "be another person: alice, bob, gita, ada",
        "write @lore to ask it",
    ]
    place = 0
    for words in expected:
        assert words in ran.stdout[place:], (words, ran.stdout)
        place = ran.stdout.index(words, place)
    assert [line for line in log.read_text().splitlines() if line.startswith("voted")] == ["voted +1", "voted -1"]


def test_an_app_that_dies_is_reported_with_its_last_words() -> None:
    ran = run("--chat", "--", *PARROT, PARROT_DIES="1")
    assert ran.returncode == 1
    assert "ended with status 1" in ran.stderr
    assert "The parrot is no more." in ran.stderr


def test_an_app_that_cannot_be_started_is_reported() -> None:
    ran = run("--", "no-such-program")
    assert ran.returncode == 1
    assert "no-such-program cannot be started: No such file" in ran.stderr


def test_ctrl_c_stops_the_playground_and_the_app(tmp_path: Path) -> None:
    log = tmp_path / "bot.log"
    words = [sys.executable, "-m", "playground", "--port", "0", "--log", str(log), "--", *PARROT]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    deadline = time.monotonic() + 20
    while "connected" not in (log.read_text() if log.exists() else "") and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert errors == "Stopped.\n"
