"""What can be wrong with the Slack app before Lore starts, in words that say where to mend it."""


class SlackSetupError(Exception):
    """The Slack app or its tokens are not set up as Lore needs them; the message names what, and where to change it."""
