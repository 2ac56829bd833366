# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# Telling text from noise. Broken kernels and half-loaded weights do not fail: they answer with noise.

# garbled TEXT: print why it cannot be a sane answer to a plain English question; print nothing when it can.
# Each sign alone is enough:
#   - U+FFFD: the bytes of the tokens do not make characters;
#   - control characters other than line ends and tabs;
#   - one character 24 times in a row ("!!!!…" is how not-a-number logits look), rules and tables excepted;
#   - one word 10 times in a row;
#   - of 40 words or more, less than 15 in 100 differ;
#   - of 40 bytes or more, less than a quarter letters, digits and spaces, or more than half outside ASCII.
garbled() {
  local text=$1 bytes words
  if [[ $text == *$'\xef\xbf\xbd'* ]]; then
    printf 'it holds U+FFFD, the replacement character'
    return
  fi
  if (($(count_bytes "$text" '\000-\010\013\014\016-\037\177') > 0)); then
    printf 'it holds control characters'
    return
  fi
  if LC_ALL=C grep -aqE '([^-=*_#.|~ ])\1{23}' <<<"$text"; then
    printf 'one character stands 24 times in a row'
    return
  fi
  words=$(repeated_words "$text")
  if [[ -n $words ]]; then
    printf '%s' "$words"
    return
  fi
  bytes=$(count_bytes "$text" '\000-\377')
  ((bytes >= 40)) || return 0
  if (($(count_bytes "$text" '\200-\377') * 2 > bytes)); then
    printf 'more than half of it is outside ASCII, and the question was English'
  elif (($(count_bytes "$text" 'A-Za-z0-9 \n\200-\377') * 4 < bytes)); then
    printf 'less than a quarter of it is letters, digits and spaces'
  fi
}

# count_bytes TEXT SET: how many bytes of the text are in the set of tr(1).
count_bytes() {
  printf '%s' "$1" | LC_ALL=C tr -cd "$2" | wc -c
}

# repeated_words TEXT: print what is wrong with the words, if anything is.
repeated_words() {
  local word before='' run=0
  local -a all
  local -A distinct=()
  read -r -d '' -a all <<<"$1"
  for word in "${all[@]}"; do
    distinct[x$word]=1
    if [[ $word == "$before" ]]; then
      run=$((run + 1))
    else
      run=1 before=$word
    fi
    # A row of bars or dashes is a table, not a stammer.
    if ((run >= 10)) && [[ $word == *[[:alnum:]]* ]]; then
      printf '"%s" stands 10 times in a row' "$(shortened 30 "$word")"
      return
    fi
  done
  if ((${#all[@]} >= 40 && ${#distinct[@]} * 100 < ${#all[@]} * 15)); then
    printf 'of %d words only %d differ' "${#all[@]}" "${#distinct[@]}"
  fi
}
