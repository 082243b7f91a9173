"""What `/lore` does besides answering: one file a subcommand, and the table of them."""
