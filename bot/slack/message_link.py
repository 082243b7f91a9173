"""Links to messages, and the words that stand on them."""

from bot.slack.escape import mrkdwn_text
from bot.slack.render import slack_length


def message_link(workspace_url: str, channel: str, ts: str, thread_ts: str | None = None) -> str:
    """The address of a message, in the form that chat.getPermalink gives."""
    link = f"{workspace_url.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
    return f"{link}?thread_ts={thread_ts}&cid={channel}" if thread_ts and thread_ts != ts else link


def linked(text: str, url: str | None) -> str:
    """Words in Slack's own mark-up, on a link if there is one."""
    return f"<{url}|{text.replace('|', '¦')}>" if url else text


def brief_words(text: str, limit: int) -> str:
    """The beginning of a text on one line, in Slack's own mark-up, in which it has at most `limit` characters."""
    line = " ".join(text[: 10 * limit].split())
    if slack_length(whole := mrkdwn_text(line)) <= limit:
        return whole
    kept = line[: limit - 1]
    while slack_length(mrkdwn_text(kept)) >= limit:
        kept = kept[: len(kept) * 9 // 10]
    return mrkdwn_text((kept.rpartition(" ")[0] or kept) + "…")
