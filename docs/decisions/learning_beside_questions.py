"""How long questions take while Lore learns, to how long they take when it does not.

    LORE_HOME=/some/folder python docs/decisions/learning_beside_questions.py DIR --votes 200

DIR is a folder in BEIR's format with a training split. Votes are simulated, then a thread learns while this one asks a
test question every third of a second, by the whole of the question's path (quoting). Prints the p50 and p95 in ms, idle
and in each phase of learning, and the ratio of the p95 of all of learning to the idle one.
"""

import argparse
import itertools
import json
import random
import sys
import threading
import time
from pathlib import Path

import numpy as np

from bot.app import migrate, open_lore
from bot.evaluation import evaluation_settings, sync_corpus
from bot.learning_evaluation import ask_all, copied_home, document_ids, voted_answers
from bot.settings import load_settings
from bot.simulated_votes import Behaviour, cast, honest_votes
from learning.evaluate import read_judgements
from learning.training import TrainingProgress
from storage.document import PUBLIC

IDLE_QUESTIONS = 300
BETWEEN_SECONDS = 0.33


def main() -> None:
    """Ask idle, then beside a run of learning."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--votes", type=int, default=200)
    chosen = arguments.parse_args()
    folder = chosen.folder.resolve()
    train, test = read_judgements(folder, "train"), read_judgements(folder, "test")
    own = evaluation_settings(load_settings(), folder, None)
    migrate(own)
    with open_lore(own, "latency") as lore:
        sync_corpus(lore, folder, None, lambda progress: None)
        ask_all(lore, train, lambda progress: None)
    with copied_home(own) as copy, open_lore(copy, "latency") as lore:
        answers = random.Random(0).sample(list(voted_answers(lore, train).values()), chosen.votes)
        cast(lore.database, honest_votes(answers, document_ids(lore), Behaviour(), 0))
        texts = itertools.cycle(test.questions.values())
        took: dict[str, list[float]] = {}
        phase = ["idle"]

        def ask() -> None:
            begun, during = time.perf_counter(), phase[0]
            lore.quoting.answer(next(texts), PUBLIC)
            took.setdefault(during, []).append((time.perf_counter() - begun) * 1e3)

        def enter(progress: TrainingProgress) -> None:
            phase[0] = progress.phase

        for _ in range(IDLE_QUESTIONS):
            ask()
        learning = threading.Thread(target=lambda: lore.learner.learn(on_progress=enter))
        phase[0] = "gathering what there is to learn from"
        learning.start()
        while learning.is_alive():
            ask()
            time.sleep(BETWEEN_SECONDS)
    during = [ms for name, all_of_it in took.items() if name != "idle" for ms in all_of_it]
    phases = {
        name: {
            "questions": len(ms),
            "p50": round(float(np.median(ms)), 1),
            "p95": round(float(np.quantile(ms, 0.95)), 1),
        }
        for name, ms in took.items()
    }
    ratio = float(np.quantile(during, 0.95) / np.quantile(took["idle"], 0.95))
    print(json.dumps({"p95_learning_to_idle": round(ratio, 2), "phases": phases}))


if __name__ == "__main__":
    sys.exit(main())
