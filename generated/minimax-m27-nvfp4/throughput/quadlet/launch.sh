#!/usr/bin/env bash
# minimax-m27-nvfp4 (throughput): saricles/MiniMax-M2.7-NVFP4-GB10-AC (nvfp4) on 2 NVIDIA DGX Spark (GB10), vllm 0.18.1 over Ray
# Generated from specs/minimax-m27-nvfp4.yaml; a change belongs there.
# Rebuild with: sparkc build specs/minimax-m27-nvfp4.yaml

# Run ./launch.sh --help.
set -uo pipefail

if ((BASH_VERSINFO[0] < 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] < 4))); then
  printf 'error: bash %s is too old, 4.4 is needed\n' "$BASH_VERSION" >&2
  exit 2
fi

HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P) || exit 1
# shellcheck source=/dev/null
. "$HERE/deployment.sh" || exit 1
for part in say words reach crew engine remote lock install json garbled ask preflight prepare up verify after; do
  # shellcheck source=/dev/null
  . "$HERE/lib/$part.sh" || exit 1
done

main "$@"
