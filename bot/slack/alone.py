"""A word for an asker alone, in answer to a question that will not be answered."""

from slack_sdk import WebClient

from bot.slack.private_answer import is_private
from bot.slack.render import literal
from bot.slack.response_url import respond
from storage.questions import Asked


def say_alone(client: WebClient, asked: Asked, text: str) -> None:
    """Tell the asker, where they asked. Raises what Slack's client raises."""
    if is_private(asked):
        respond(str(asked.reply_to["response_url"]), text, [{"type": "section", "text": literal(text)}])
    elif asked.channel.startswith("D"):
        client.chat_postMessage(channel=asked.channel, thread_ts=asked.thread_ts or asked.ts, text=text)
    else:
        client.chat_postEphemeral(channel=asked.channel, user=asked.user, thread_ts=asked.thread_ts, text=text)


def say_directly(client: WebClient, asked: Asked, text: str) -> None:
    """Tell the asker in a direct message: where they asked nothing can be said any more."""
    client.chat_postMessage(channel=asked.user, text=text)
