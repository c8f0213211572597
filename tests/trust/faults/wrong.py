"""What each dependency says that is well-formed and not of the kinds that were agreed on; and how long it is borne."""

SSE = "text/event-stream"
WRONG = {
    "dify": b'data: {"event": "message", "answer": ["a"], "conversation_id": {}, "task_id": 3}\n\ndata: [1]\n\n',
    "model": b'data: {"id": 1, "object": "chat.completion.chunk", "choices": [{"index": "x", "delta": "text"}]}\n\n',
    "prometheus": b'{"status": "success", "data": {"resultType": "vector", "result": {"a": 1}}}',
    "loki": b'{"status": "success", "data": {"resultType": "streams", "result": [{"stream": "x", "values": 7}]}}',
    "kubernetes": b'{"kind": "List", "items": [{"metadata": "name", "spec": 5}, 7], "metadata": []}',
    "chroma": b'{"id": 5, "name": ["x"], "ids": "a", "distances": 3, "metadata": "m", "configuration_json": 1}',
    "elasticsearch": b'{"items": "all", "errors": "no", "has_all_requested": {}, "acknowledged": 1}',
    "slack": b'{"ok": true, "user_id": 7, "team_id": [], "ts": 7, "channel": {}, "messages": 9, "users": 3}',
    "feishu": b'{"code": "zero", "data": "none", "tenant_access_token": 5, "expire": "x", "bot": 7}',
}
BEGINS = {
    "dify": b'data: {"event": "message", "answer": "',
    "model": b'data: {"id": "x", "choices": [{"delta": {"content": "',
}
"""How an answer without end begins."""
PATIENCE = {
    "bot.database.engine.CONNECT_SECONDS": 1.5,
    "bot.database.engine.STATEMENT_SECONDS": 2.0,
    "bot.talk.channels.slack.client.SECONDS": 1.5,
    "bot.talk.channels.feishu.client.SECONDS": 1.0,
    "bot.talk.channels.feishu.client.MOST_SECONDS": 2.0,
    "bot.think.brains.langchain.HEALTH_SECONDS": 2.0,
}
"""Shorter than people have it, so that the seventy do not take an hour."""
