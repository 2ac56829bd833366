# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# What the person reads: lines, checks, times and sizes.

# Colour only where a person looks, and not where NO_COLOR asks for none (https://no-color.org).
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  BOLD=$'\e[1m' RED=$'\e[31m' YELLOW=$'\e[33m' GREEN=$'\e[32m' PLAIN=$'\e[0m'
else
  BOLD='' RED='' YELLOW='' GREEN='' PLAIN=''
fi

say() {
  printf '%s\n' "$*"
}

heading() {
  printf '\n%s%s%s\n' "$BOLD" "$*" "$PLAIN"
}

warn() {
  printf '%swarning:%s %s\n' "$YELLOW" "$PLAIN" "$*" >&2
}

complain() {
  printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
}

# way_out TEXT: what to do about the line above.
way_out() {
  [[ -z $1 ]] || printf '        -> %s\n' "$1"
}

# printable TEXT: the text on one line, without the control characters that a log may hold.
printable() {
  local text=$1
  text=${text//[$'\t\n\r']/ }
  printf '%s' "${text//[[:cntrl:]]/}"
}

# shortened LENGTH TEXT
shortened() {
  local text
  text=$(printable "$2")
  if ((${#text} > $1)); then
    text="${text:0:$(($1 - 1))}…"
  fi
  printf '%s' "$text"
}

# gib BYTES: "101.3 GiB".
gib() {
  local tenths=$((($1 * 10 + 536870912) / 1073741824))
  printf '%d.%d GiB' "$((tenths / 10))" "$((tenths % 10))"
}

# lasted SECONDS: "4m05s", "1h02m".
lasted() {
  local seconds=$1
  if ((seconds < 60)); then
    printf '%ds' "$seconds"
  elif ((seconds < 3600)); then
    printf '%dm%02ds' "$((seconds / 60))" "$((seconds % 60))"
  else
    printf '%dh%02dm' "$((seconds / 3600))" "$((seconds / 60 % 60))"
  fi
}

is_number() {
  [[ $1 =~ ^[0-9]+$ ]]
}

# Checks are counted as they are printed, so that the summary cannot disagree with them.
OKS=0 WARNINGS=0 FAILURES=0

# check LEVEL WHERE WHAT TEXT [WAY-OUT]; LEVEL is ok, warn, fail or info.
check() {
  local level=$1 colour=$PLAIN
  case $level in
    ok) OKS=$((OKS + 1)) colour=$GREEN ;;
    warn) WARNINGS=$((WARNINGS + 1)) colour=$YELLOW ;;
    fail) FAILURES=$((FAILURES + 1)) colour=$RED ;;
  esac
  printf '  %s%-4s%s  %s: %s: %s\n' "$colour" "$level" "$PLAIN" "$2" "$(printable "$3")" "$(printable "$4")"
  if [[ $level != ok ]]; then
    way_out "$(printable "${5:-}")"
  fi
}

# checks_of WHERE <LINES: print the check lines of a node, `LEVEL<TAB>CHECK<TAB>TEXT<TAB>WAY OUT` each.
checks_of() {
  local level what text way
  # A tab is white space to `read`: two in a row would count as one, so they travel as a unit separator.
  while IFS=$'\x1f' read -r level what text way; do
    case $level in
      ok | warn | fail | info) check "$level" "$1" "$what" "$text" "$way" ;;
      '') ;;
      *) check info "$1" output "$level $what $text $way" ;;
    esac
  done < <(tr '\t' '\037')
}

# verdict: print the counts; status 1 when anything failed.
verdict() {
  printf '\n%s%d ok, %d %s, %d failed%s\n' "$BOLD" "$OKS" "$WARNINGS" \
    "$( ((WARNINGS == 1)) && printf warning || printf warnings)" "$FAILURES" "$PLAIN"
  ((FAILURES == 0))
}
