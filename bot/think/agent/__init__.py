"""Any OpenAI-compatible model as the brain: its settings, its tools, and what can go wrong with it."""
