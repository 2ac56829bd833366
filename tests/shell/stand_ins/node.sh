#!/usr/bin/env bash
# A stand-in for the node's own script: plays what the test put into play/<verb>, else a healthy node.
. "$FLEET_ROOT/bin/record.sh"
record node.sh "$@"
here=$FLEET_ROOT/nodes/$FLEET_AT
name=$(<"$here/container")
if [[ -e $here/play/$1 ]]; then
  . "$here/play/$1"
  exit
fi
case $1 in
  start) touch "$here/running" ;;
  images) printf 'image\t%s\t%s\n' eugr-vllm:latest sha256:9f1c ;;
  weights) printf 'weights\t/srv\t115000000000\t30\tdigest\n' ;;
  last-log) printf 'saved log of %s\n' "$name" ;;
  stop) rm -f "$here/running"; printf 'ok\t%s\tstopped\t\n' "$name" ;;
  state)
    if [[ -e $here/running ]]; then
      printf 'container\t%s\trunning\t\t0\t12\tLoading safetensors: 40%%\n' "$name"
    else
      printf 'container\t%s\tabsent\t\t\t\t\n' "$name"
    fi ;;
  memory) printf '%s=%s\n' MemTotal 128000000000 MemAvailable 120000000000 MemFree 119000000000 SwapTotal 16000000000 SwapFree 16000000000 ;;
  preflight) printf 'ok\tinterface\tenp1s0f0np0 is up\t\n' ;;
  logs) printf 'Using MARLIN backend for MxFp4\nYour GPU does not have native support for FP4\nlog of %s\n' "$name" ;;
  exec) printf 'ran %s\n' "${*:2}" ;;
  status) printf 'ok\tgpu\tSM 3 %%, memory 0 %%\t\n' ;;
esac
