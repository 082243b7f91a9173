"""What Lore keeps: documents and answers in SQL, vectors in a Qdrant index."""
