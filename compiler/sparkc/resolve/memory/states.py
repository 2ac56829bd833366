"""What hybrids keep of a request beside its tokens: states, in blocks of their own that stretch those of attention.

Releases of vLLM differ in this more than in anything else; every version below was read in the released wheel, and
`make formulas` holds the numbers against the engine's own code.
"""

from __future__ import annotations

from math import lcm

from sparkc.catalog.models import Shape
from sparkc.catalog.versions import is_within
from sparkc.resolve.memory.amount import ceil_div
from sparkc.resolve.memory.request import MemoryRequest

DEFAULT_BLOCK = 16
"""Tokens of one block when nothing else is asked for (vLLM 0.18.1 to 0.33.0, config/cache.py)."""

_FLASHINFER_GDN = 64
"""Tokens between states that FlashInfer's GDN prefill hands out (vLLM 0.33.0, v1/attention/backends/gdn_attn.py)."""


def state_bytes(request: MemoryRequest, shape: Shape) -> int:
    """Return the bytes of one request's state in one layer on one rank.

    Gated DeltaNet and Kimi Delta Attention: (2*nk*kd + nv*vd)/tp * (conv_kernel-1+n_spec) * 2 + (nv/tp)*kd*vd*width.
    Mamba2: (heads*head_dim + 2*groups*size)/tp * (conv_kernel-1+n_spec) * 2 + (heads/tp)*head_dim*size*width, where
    groups that the ranks do not divide are filled up to one per rank. Before 0.27 Kimi Delta Attention keeps no drafted
    steps in its convolution. The convolution is kept in 16 bits, the state in the model's own width. Reproduces the
    block sizes that vLLM logs (1056, 2096, 1568).
    Source: vLLM 0.33.0, model_executor/layers/mamba/mamba_utils.py, MambaStateShapeCalculator.
    """
    steps, tensor = max(0, shape.conv_kernel - 1), request.tensor
    if shape.attention != "hybrid-kda" or not _is_before(request, "0.27"):
        steps += drafted(request)
    if shape.attention in ("hybrid-gdn", "hybrid-kda"):
        channels = 2 * shape.key_heads * shape.key_dim + shape.value_heads * shape.value_dim
        matrix = ceil_div(shape.value_heads, tensor) * shape.key_dim * shape.value_dim
    else:
        groups = shape.state_groups if shape.state_groups % tensor == 0 else max(shape.state_groups, tensor)
        channels = shape.state_heads * shape.state_head_dim + 2 * groups * shape.state_size
        matrix = ceil_div(shape.state_heads, tensor) * shape.state_head_dim * shape.state_size
    return max(1, ceil_div(channels, tensor) * steps * 2 + matrix * shape.state_width)


def keeps_every_state(request: MemoryRequest, shape: Shape) -> bool:
    """Tell whether a state is kept for every block of the context, so that states cost what attention does.

    With prefix caching, Mamba2 before vLLM 0.28 (mamba_cache_mode "all" in model_executor/models/config.py,
    MambaModelConfig); 0.20 and 0.21 not while drafting. Later releases and other hybrids keep the last ones only.
    """
    if shape.attention != "hybrid-mamba2" or not _caches_prefixes(request) or not _is_before(request, "0.28"):
        return False
    return not (drafted(request) and _is_within(request, ">=0.20,<0.22"))


def state_slots(request: MemoryRequest, shape: Shape) -> int:
    """Return how many states of a request are kept in one layer whatever its length.

    One and one per drafted token; one more where prefix caching keeps the last ("align"); one more where a prefill
    hands out the state at its last full block: Mamba2 and Kimi Delta Attention from vLLM 0.32 on, Gated DeltaNet from
    0.33 on with FlashInfer's prefill, which GB10 takes for keys of 128. Source: vLLM 0.33.0, v1/kv_cache_interface.py,
    MambaSpec, and `num_prefill_checkpoint_blocks` in the layers below model_executor/layers/mamba and models/glm5next.
    Where states are kept for every block: those of drafted tokens only, from 0.22 on.
    """
    if keeps_every_state(request, shape):
        return 0 if _is_before(request, "0.22") else drafted(request)
    if not _caches_prefixes(request):
        return 1 + drafted(request)
    return 2 + drafted(request) + (1 if _exports_checkpoints(request, shape) else 0)


def block_for_states(request: MemoryRequest, shape: Shape, per_token: int) -> int:
    """Return the tokens of an attention block that is no smaller than one state.

    step * ceil(state / (step * bytes per token)), never below `--block-size`. The step is 16, with latent attention 64
    before 0.27 and 128 since; from 0.20 on it is at least `--block-size`. It is a multiple of Mamba2's chunk where a
    state is kept for every block, and of 64 where FlashInfer's GDN prefill hands out states. Source: vLLM 0.18.1,
    model_executor/models/config.py, HybridAttentionMambaModelConfig; from 0.20 on platforms/interface.py,
    _align_hybrid_block_size.
    """
    asked, step = request.block_size or DEFAULT_BLOCK, DEFAULT_BLOCK
    if shape.latent_dim:
        step = 64 if _is_before(request, "0.27") else 128
    if not _is_before(request, "0.20"):
        step = max(step, asked)
    if keeps_every_state(request, shape):
        step = lcm(step, shape.state_chunk)
    elif shape.attention == "hybrid-gdn" and _caches_prefixes(request) and _exports_checkpoints(request, shape):
        step = lcm(step, _FLASHINFER_GDN)
    return max(asked, step * ceil_div(state_bytes(request, shape), step * per_token))


def drafted(request: MemoryRequest) -> int:
    """Return the tokens that are drafted in each step."""
    return 0 if request.speculative == "none" else request.speculative_tokens


def _caches_prefixes(request: MemoryRequest) -> bool:
    """Tell whether prefixes are cached: as asked, else as vLLM does for hybrids, from 0.26 on (config/model.py)."""
    return request.prefix_caching if request.prefix_caching is not None else not _is_before(request, "0.26")


def _exports_checkpoints(request: MemoryRequest, shape: Shape) -> bool:
    if shape.attention == "hybrid-gdn":
        # FlashInfer's prefill: GB10 has it (compute capability 12.1, CUDA 13); other unified machines are not known.
        has_kernel = shape.key_dim == 128 and all(node.unified for node in request.nodes)
        return has_kernel and not _is_before(request, "0.33")
    return not _is_before(request, "0.32")


def _is_before(request: MemoryRequest, version: str) -> bool:
    # A version that is not known is taken for the newest, which takes the most memory.
    return _is_within(request, f"<{version}")


def _is_within(request: MemoryRequest, versions: str) -> bool:
    return is_within(request.engine_version, versions)
