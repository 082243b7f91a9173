"""Slack's refusals: which of them no second try can mend, and what a person can do about each."""

ADVICE = {
    "account_inactive": "The bot's token is no longer valid: install the app again and set SLACK_BOT_TOKEN.",
    "cannot_reply_to_message": "The question cannot be replied to; nothing to do.",
    "channel_not_found": "The channel is gone, or Lore was removed from it: invite Lore with /invite @lore.",
    "ekm_access_denied": "An administrator of the workspace has suspended posting there.",
    "invalid_auth": "The bot's token is no longer valid: install the app again and set SLACK_BOT_TOKEN.",
    "is_archived": "The channel is archived; nothing to do.",
    "is_inactive": "The channel is frozen; nothing to do.",
    "message_not_found": "The reply was deleted; nothing to do.",
    "messages_tab_disabled": "Turn on the app's Messages tab: https://api.slack.com/apps, “App Home”.",
    "missing_scope": "Add the scope to the app and install it again; manifest.yaml has all of them.",
    "not_in_channel": "Lore is not in the channel: invite it with /invite @lore.",
    "restricted_action": "A preference of the workspace keeps Lore from posting there: ask an administrator.",
    "restricted_action_read_only_channel": "Only some may post in the channel: allow Lore to.",
    "restricted_action_thread_locked": "The thread is locked; nothing to do.",
    "thread_not_found": "The question was deleted; nothing to do.",
    "token_revoked": "The bot's token was revoked: install the app again and set SLACK_BOT_TOKEN.",
    "expired_url": "The answer came more than 30 minutes after the command; ask again.",
    "used_url": "Slack takes five answers to a command and no more; ask again.",
    "invalid_url": "Slack does not know the command any more; ask again.",
}
"""What to do about a refusal, by Slack's word for it: https://docs.slack.dev/reference/methods/chat.postMessage"""

_TOKEN = frozenset({"account_inactive", "invalid_auth", "missing_scope", "token_revoked"})

FINAL = frozenset(ADVICE) - _TOKEN
"""Refusals of one place: the reply will never stand there, however often it is tried."""

TOO_LONG = frozenset({"invalid_blocks", "msg_blocks_too_long", "msg_too_long", "invalid_blocks_format"})
"""Refusals of a message's form: plainer words may pass."""

NO_STREAMS = frozenset({"unknown_method", "method_deprecated", "method_not_supported_for_channel_type", "not_allowed"})
"""Refusals that mean that this server streams nowhere."""


def advice(code: str) -> str:
    """What a person can do about a refusal."""
    return ADVICE.get(code, "Slack may be unwell: https://slack-status.com. Lore tries again in a minute.")
