"""How good answers are, on questions whose answers are known: `lore eval answers`, and a company's own file."""
