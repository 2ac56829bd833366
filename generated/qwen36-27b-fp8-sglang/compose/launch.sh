#!/usr/bin/env bash
# qwen36-27b-fp8-sglang: Qwen/Qwen3.6-27B-FP8 (fp8) on one NVIDIA DGX Spark (GB10), sglang 0.5.12
# Generated from specs/qwen36-27b-fp8-sglang.yaml; a change belongs there.
# Rebuild with: sparkc build specs/qwen36-27b-fp8-sglang.yaml

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
