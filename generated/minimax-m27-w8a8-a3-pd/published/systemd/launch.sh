#!/usr/bin/env bash
# minimax-m27-w8a8-a3-pd (published): Eco-Tech/MiniMax-M2.7-w8a8-QuaRot (w8a8), prefill on one Huawei Atlas 800 A3 and decode on one Huawei Atlas 800 A3, vllm-ascend 0.21.0rc1
# Generated from specs/minimax-m27-w8a8-a3-pd.yaml; a change belongs there.
# Rebuild with: sparkc build specs/minimax-m27-w8a8-a3-pd.yaml

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
