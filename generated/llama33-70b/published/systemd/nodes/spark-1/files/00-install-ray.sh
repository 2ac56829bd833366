#!/bin/bash
# NVIDIA's vLLM images after 0.16 hold no Ray (NVIDIA/dgx-spark-playbooks, nvidia/vllm/README.md: "ray[default]>=2.9" in
# the start command). One version, the same on both nodes; a container that is started anew has it already.
set -euo pipefail
python3 -c 'import ray; raise SystemExit(ray.__version__ != "2.54.0")' 2>/dev/null ||
  python3 -m pip install --no-input --root-user-action=ignore 'ray[default]==2.54.0'
