"""Replies of an OpenAI-compatible API, for the server of tests/fakes/dify_server.py to give."""

import json

from tests.fakes.dify_server import Answer


def reply(text="", calls=(), usage=(42, 17), fault=False):
    """One streamed chat completion: words, then tool calls, then usage."""
    events = [{"role": "assistant", "content": ""}]
    events += [{"content": word} for word in text.replace(" ", "\0 ").split("\0")]
    for n, (name, arguments) in enumerate(calls):
        head = {"index": n, "id": f"call_{name}_{n}", "type": "function", "function": {"name": name, "arguments": ""}}
        events.append({"tool_calls": [head]})
        events.append({"tool_calls": [{"index": n, "function": {"arguments": json.dumps(arguments)}}]})
    common = {
        "id": f"chatcmpl-{abs(hash((text, str(calls))))}",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
    }
    chunks = [{**common, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in events]
    if fault:
        chunks.append({"error": {"message": "scripted mid-stream failure", "code": 500}})
    else:
        done = {"index": 0, "delta": {}, "finish_reason": "tool_calls" if calls else "stop"}
        told = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
        chunks += [{**common, "choices": [done]}, {**common, "choices": [], "usage": told}]
    body = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks]
    return Answer(pieces=[(0, piece) for piece in [*body, b"data: [DONE]\n\n"]])


def refused(status, **headers):
    """An error as the API words it."""
    body = {"error": {"message": f"scripted failure {status}", "type": "scripted", "code": str(status)}}
    return Answer(status, {"content-type": "application/json", **headers}, [(0, json.dumps(body).encode())])
