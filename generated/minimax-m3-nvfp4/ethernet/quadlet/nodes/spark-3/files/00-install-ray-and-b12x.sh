#!/bin/bash
# What the image vllm-m3-chthonic lacks for three nodes: Ray, and b12x from master. Nothing is fetched twice: a container
# that is started again still has both.
set -euo pipefail

if ! python -c 'import ray' 2>/dev/null; then
  pip install --quiet 'ray==2.55.1'
fi

# The published build of b12x has no `copy_runtime_metadata`, which this vLLM calls.
if ! python - 2>/dev/null <<'EOF'; then
import inspect
from b12x.integration.paged_attention_scratch import B12XPagedAttentionScratchCaps as Caps
raise SystemExit("copy_runtime_metadata" not in inspect.signature(Caps.__init__).parameters)
EOF
  pip install --quiet --force-reinstall --no-deps \
    'git+https://github.com/lukealonso/b12x.git@08e980c303b0b6291700a6b85aa09aa874fc27cb'
fi
