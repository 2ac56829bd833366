# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# Reading JSON answers with bash alone.

# read_json TEXT: fill JSON with every string, number, true and false under its path (`.choices[0].message.content`),
# strings with their escapes resolved; null leaves no entry. JSON_COUNT holds the length of every array.
# Status 1 when the text is not one JSON object or array.
read_json() {
  declare -gA JSON=() JSON_COUNT=()
  local token path='' key='' expect=value depth=0
  local -a kinds=() paths=() counts=()
  while IFS= read -r token; do
    [[ $token != '"' ]] || return 1 # a text without an end
    case $expect/$token in
      value/'{' | first/'{')
        begin_json_value || return
        kinds[depth]=object paths[depth]=$path depth=$((depth + 1)) expect=key_or_end ;;
      value/'[' | first/'[')
        begin_json_value || return
        kinds[depth]=array paths[depth]=$path counts[depth]=0 depth=$((depth + 1)) expect=first ;;
      key_or_end/'}' | next/'}')
        ((depth > 0)) && [[ ${kinds[depth - 1]} == object ]] || return 1
        depth=$((depth - 1)) expect=next ;;
      first/']' | next/']')
        ((depth > 0)) && [[ ${kinds[depth - 1]} == array ]] || return 1
        depth=$((depth - 1)) expect=next
        JSON_COUNT[${paths[depth]:-.}]=${counts[depth]} ;;
      key_or_end/'"'* | key/'"'*)
        resolve_escapes "${token:1:-1}"
        key=$REPLY expect=colon ;;
      colon/:) expect=value ;;
      next/,)
        ((depth > 0)) || return 1
        expect=value
        [[ ${kinds[depth - 1]} == array ]] || expect=key ;;
      value/'"'* | first/'"'*)
        begin_json_value || return
        resolve_escapes "${token:1:-1}"
        JSON[$path]=$REPLY expect=next ;;
      value/null | first/null)
        begin_json_value || return
        expect=next ;;
      value/[-0-9tf]* | first/[-0-9tf]*)
        begin_json_value || return
        JSON[$path]=$token expect=next ;;
      *) return 1 ;;
    esac
  done < <(LC_ALL=C grep -aoE '"([^"\\]|\\.)*"|[][{}:,]|[^][{}:,"[:space:]]+|"' <<<"$1")
  [[ $expect == next ]] && ((depth == 0))
}

# begin_json_value: set `path` to where the value that begins now stands, and count it in its array.
# Uses the variables of read_json. A text that is neither object nor array has no place.
begin_json_value() {
  if ((depth == 0)); then
    path=''
    [[ $token == ['{[']* && ${#kinds[@]} -eq 0 ]]
    return
  fi
  local parent=$((depth - 1))
  if [[ ${kinds[parent]} == array ]]; then
    path="${paths[parent]}[${counts[parent]}]"
    counts[parent]=$((counts[parent] + 1))
  else
    path="${paths[parent]}.$key"
  fi
}

# resolve_escapes TEXT: REPLY is the text of a JSON string.
resolve_escapes() {
  local rest=$1 text='' code low
  while [[ $rest == *\\* ]]; do
    text+=${rest%%\\*}
    rest=${rest#*\\}
    case $rest in
      n*) text+=$'\n' ;;
      t*) text+=$'\t' ;;
      r*) text+=$'\r' ;;
      b*) text+=$'\b' ;;
      f*) text+=$'\f' ;;
      u[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]*)
        code=$((16#${rest:1:4}))
        rest=${rest:4}
        # Characters above U+FFFF come as a pair of surrogates.
        if ((code >= 0xD800 && code <= 0xDBFF)) && [[ ${rest:1} =~ ^\\u([dD][c-fC-F][0-9a-fA-F][0-9a-fA-F]) ]]; then
          low=$((16#${BASH_REMATCH[1]}))
          code=$((0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)))
          rest=${rest:6}
        fi
        text_of_code "$code"
        text+=$REPLY ;;
      *) text+=${rest:0:1} ;;
    esac
    rest=${rest:1}
  done
  REPLY=$text$rest
}

# text_of_code NUMBER: REPLY is the character in UTF-8, whatever the locale. What no text can hold (NUL, half a
# surrogate pair) becomes U+FFFD.
text_of_code() {
  local code=$1 bytes
  if ((code == 0 || (code >= 0xD800 && code <= 0xDFFF))); then
    code=0xFFFD
  fi
  if ((code < 0x80)); then
    bytes=("$code")
  elif ((code < 0x800)); then
    bytes=($((0xC0 | code >> 6)) $((0x80 | code & 0x3F)))
  elif ((code < 0x10000)); then
    bytes=($((0xE0 | code >> 12)) $((0x80 | code >> 6 & 0x3F)) $((0x80 | code & 0x3F)))
  else
    bytes=($((0xF0 | code >> 18)) $((0x80 | code >> 12 & 0x3F)) $((0x80 | code >> 6 & 0x3F)) $((0x80 | code & 0x3F)))
  fi
  printf -v REPLY '\\0%o' "${bytes[@]}"
  printf -v REPLY '%b' "$REPLY"
}
