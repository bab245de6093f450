"""The steps of the conversation, one module each: what it asks, and what an answer comes to."""
