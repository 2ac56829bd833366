"""What a person types to ask the model and to measure it, from a machine that reaches the API."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sparkc.plan import Plan
from sparkc_targets.control import requests
from sparkc_targets.control.deployment import client_url

# As the published figures were measured (al-engr.com, "Benchmark Numbers"); flags of llama-benchy 0.4.0.
ANSWER, TOGETHER = "128", ("1", "4", "8")


@dataclass(frozen=True)
class Asking:
    """Commands as words, and what the Python client is given.

    Args:
        url: of the API, without a path.
        curl_models: empty where nothing lists the models.
        question, longest: of the request that `verify` sends.
        sampling: the model's own, which go into the request.
        lm_eval: empty where a name holds a character at which lm-eval splits its arguments.
        in_depth: like `fast`, behind a long conversation.
    """

    url: str
    curl_models: tuple[str, ...]
    curl_chat: tuple[str, ...]
    question: str
    longest: int
    sampling: dict[str, object]
    lm_eval: tuple[str, ...]
    fast: tuple[str, ...]
    in_depth: tuple[str, ...]


def asking(plan: Plan) -> Asking | None:
    """Return how this deployment is asked and measured; None for a model that generates no text."""
    if plan.service.task != "generate":
        return None
    url = client_url(plan)
    body = requests.chat(plan.service)
    chat = json.loads(body)
    with_key = ("-H", "@-") if plan.service.api_key else ()
    benchy = (
        *("llama-benchy", "--base-url", f"{url}/v1", "--model", plan.model),
        *("--served-model-name", plan.service.model_names[0]),
        *("--pp", str(plan.evaluation.prompt.value), "--tg", ANSWER),
    )
    return Asking(
        url=url,
        curl_models=("curl", "-sS", *with_key, f"{url}/v1/models") if plan.service.lists_models else (),
        curl_chat=(
            *("curl", "-sS", *with_key, "-H", "Content-Type: application/json", "-d", body),
            f"{url}/v1/chat/completions",
        ),
        question=chat["messages"][0]["content"],
        longest=chat["max_tokens"],
        sampling={setting.key: chat[setting.key] for setting in plan.service.sampling},
        lm_eval=_lm_eval(plan, url),
        fast=(*benchy, "--concurrency", *TOGETHER),
        in_depth=(*benchy, "--depth", str(plan.evaluation.depth.value), "--concurrency", "1"),
    )


def _lm_eval(plan: Plan, url: str) -> tuple[str, ...]:
    name = plan.service.model_names[0]
    if "," in name + plan.model or "=" in name + plan.model:
        return ()
    arguments = f"model={name},tokenizer={plan.model},base_url={url}/v1/completions,tokenized_requests=False"
    if plan.trusts_remote_code:
        arguments += ",trust_remote_code=True"
    words = ("lm_eval", "--model", "local-completions", "--model_args", arguments)
    return (*words, "--tasks", "gsm8k", "--output_path", "./")
