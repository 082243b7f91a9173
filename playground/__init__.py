"""A Slack look-alike on localhost: Web API, Events API, Socket Mode, and a terminal chat."""
