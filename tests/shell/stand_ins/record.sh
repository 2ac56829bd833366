# shellcheck shell=bash
# Sourced by the stand-ins: write down who was called where, with which words.
record() {
  local line
  printf -v line '%s\x1f' "$FLEET_AT" "$@"
  # A long line is written in pieces, and others write at the same time.
  {
    flock 8
    printf '%s\x1e' "$line" >&8
  } 8>>"$FLEET_ROOT/record"
}
