#!/bin/bash
# Put NCCL v2.30u1, built for sm_121 in this image, in the place of the wheel's 2.30.4, which pip brings back. Runs after
# every installation. LD_PRELOAD in the spec does the same for what is loaded by name.
set -euo pipefail

built=/opt/nccl230/build/lib/libnccl.so.2
if [[ ! -e $built ]]; then
  echo "$built is not in this image: wanted vllm-m3-chthonic:nccl230u1" >&2
  exit 1
fi
wheel=$(python -c 'import nvidia.nccl, os; print(os.path.join(list(nvidia.nccl.__path__)[0], "lib"))')
ln --symbolic --force -- "$built" "$wheel/libnccl.so.2"
