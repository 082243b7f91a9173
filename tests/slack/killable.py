"""A bot in a process of its own, to be killed: python killable.py DATABASE API_URL BOT_TOKEN APP_TOKEN SECONDS."""

import sys
import threading

from bot.slack.app import make_bot
from bot.slack.socket_mode import run_socket_mode
from storage.database import Database
from storage.questions import QuestionLog
from tests.slack.stage import SENTENCES, Script

database, api_url, bot_token, app_token, pause = sys.argv[1:]
script = Script(sentences=("First. [1] ", *SENTENCES), pause=float(pause))
log = QuestionLog(Database.open(database))
bot = make_bot(bot_token=bot_token, log=log, answers=script, api_url=api_url, pace_seconds=0.0)
run_socket_mode(bot, app_token, threading.Event())
