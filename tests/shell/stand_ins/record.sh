# shellcheck shell=bash
# Sourced by the stand-ins: write down who was called where, with which words.
record() {
  local line
  printf -v line '%s\x1f' "$FLEET_AT" "$@"
  printf '%s\x1e' "$line" >>"$FLEET_ROOT/record"
}
