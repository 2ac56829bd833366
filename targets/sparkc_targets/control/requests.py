"""The requests that `verify` sends, as JSON texts."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sparkc.plan import Service, Setting

# A plain English question: the checks for noise in the answer rely on it.
_QUESTION = "Explain in two or three sentences what the page cache of an operating system is good for."
_DOCUMENTS = (
    "Tomatoes want sun, water and a stake to lean on.",
    "The page cache keeps file contents in memory so that reading them again needs no disk.",
)
# Long enough for a short answer; a model that reasons first needs more.
_ANSWER_TOKENS = 256
_REASONED_ANSWER_TOKENS = 1024
# The tool check of the vLLM-Ascend tutorial:
# https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html
_TOOL_TOKENS = 512
_WEATHER_TOOL = {
    "type": "function",
    "function": {
        "name": "get_current_weather",
        "description": "Get the current weather in a given location",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "The city, for example Paris"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["location"],
        },
    },
}


def chat(service: Service) -> str:
    """Return a question with the model's own sampling."""
    return _body(
        service,
        {
            "messages": [{"role": "user", "content": _QUESTION}],
            "max_tokens": _REASONED_ANSWER_TOKENS if service.reasons else _ANSWER_TOKENS,
            **{setting.key: _member(setting) for setting in service.sampling},
        },
    )


def tool_call(service: Service) -> str:
    """Return a question that only the offered tool can answer."""
    return _body(
        service,
        {
            "messages": [{"role": "user", "content": "What is the weather like in Paris right now, in celsius?"}],
            "tools": [_WEATHER_TOOL],
            "tool_choice": "auto",
            "temperature": 0,
            "max_tokens": _TOOL_TOKENS,
        },
    )


def embedding(service: Service) -> str:
    """Return a text to embed."""
    return _body(service, {"input": _DOCUMENTS[1]})


def rerank(service: Service) -> str:
    """Return a question and two documents, of which the second answers it."""
    return _body(service, {"query": _QUESTION, "documents": list(_DOCUMENTS)})


def _body(service: Service, members: Mapping[str, object]) -> str:
    return json.dumps({"model": service.model_names[0], **members}, ensure_ascii=True)


def _member(setting: Setting) -> object:
    """Return the value as JSON: what reads as JSON is meant as JSON, everything else is a string."""
    if not isinstance(setting.value, str):
        return setting.value
    try:
        return json.loads(setting.value)
    except ValueError:
        return setting.value
