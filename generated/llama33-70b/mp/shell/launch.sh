#!/usr/bin/env bash
# llama33-70b (mp): meta-llama/Llama-3.3-70B-Instruct (bf16) on 2 NVIDIA DGX Spark (GB10), vllm 0.20.1
# Generated from specs/llama33-70b.yaml; a change belongs there.
# Rebuild with: sparkc build specs/llama33-70b.yaml

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
