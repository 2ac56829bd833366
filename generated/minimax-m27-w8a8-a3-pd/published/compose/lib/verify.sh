# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# verify: does it answer sanely, and does it run the way it was meant to?

verb_verify() {
  read_options '' "$@"
  CREW=("$SERVICE_NODE")
  connect_all || return 1
  find_all_tools installed
  heading "service"
  if models_are_listed; then
    if [[ $LISTS_MODELS == yes ]]; then
      check ok "$SERVICE_URL" models "${MODEL_NAMES[*]}"
    else
      check ok "$SERVICE_URL" proxy "it answers, and lists no models; the chat asks for ${MODEL_NAMES[0]}"
    fi
    case $TASK in
      generate) verify_chat && verify_tool_call ;;
      embed) verify_embedding ;;
      rerank) verify_rerank ;;
    esac
  elif [[ $ANSWER_STATUS == 200 ]]; then
    check fail "$SERVICE_URL" models "$MISSING_MODEL is not served" "does another service listen on port $SERVICE_PORT?"
  else
    check fail "$SERVICE_URL" models "$(refusal)" "./launch.sh status; while it loads: ./launch.sh up --watch"
  fi
  if ((${#INSIDE_NAMES[@]} > 0)); then
    heading "inside the container"
    verify_inside
  fi
  heading "log"
  verify_markers
  drop_tools
  verdict
}

# refusal: how the last request failed, in words.
refusal() {
  case $ANSWER_STATUS in
    000) printf 'no answer: %s' "$(shortened 200 "$ANSWER")" ;;
    401 | 403) printf 'HTTP %s: the key in %s is not accepted' "$ANSWER_STATUS" "${API_KEY_FILE:-(none is configured)}" ;;
    *) printf 'HTTP %s: %s' "$ANSWER_STATUS" "$(shortened 300 "$ANSWER")" ;;
  esac
}

# request WHAT PATH BODY: JSON is the answer; status 1 when there is none.
request() {
  ask "$2" "$3"
  if [[ $ANSWER_STATUS != 200 ]]; then
    check fail "$SERVICE_URL" "$1" "$(refusal)" "./launch.sh logs --tail 50 ${NODES[SERVICE_NODE]}"
    return 1
  fi
  if ! read_json "$ANSWER"; then
    check fail "$SERVICE_URL" "$1" "the answer is not JSON: $(shortened 200 "$ANSWER")" "what listens on port $SERVICE_PORT?"
    return 1
  fi
}

# verify_chat: one plain question with the model's own sampling.
verify_chat() {
  local text thoughts reason token finish
  request chat /v1/chat/completions "$CHAT_REQUEST" || return
  text=${JSON[.choices[0].message.content]:-}
  # Engines name the parsed-out reasoning differently; both are text that the model wrote.
  thoughts=${JSON[.choices[0].message.reasoning_content]:-}${JSON[.choices[0].message.reasoning]:-}
  finish=${JSON[.choices[0].finish_reason]:-}
  if [[ -z $text && -z $thoughts ]]; then
    check fail "$SERVICE_URL" chat "the answer is empty (finish_reason ${finish:-absent})" "./launch.sh logs --tail 50 ${NODES[SERVICE_NODE]}"
    return
  fi
  for token in "${FORBIDDEN_TEXTS[@]}"; do
    if [[ -n $token && $text$thoughts == *"$token"* ]]; then
      check fail "$SERVICE_URL" chat "the control token $token stands in the answer: $(shortened 160 "$text$thoughts")" \
        "the reasoning or tool parser does not fit the model or its chat template"
      return
    fi
  done
  # A cut at max_tokens can go through the middle of a character.
  if [[ $finish == length ]]; then
    text=${text%$'\xef\xbf\xbd'} thoughts=${thoughts%$'\xef\xbf\xbd'}
  fi
  reason=$(garbled "$text")
  [[ -n $reason ]] || reason=$(garbled "$thoughts")
  if [[ -n $reason ]]; then
    check fail "$SERVICE_URL" chat "the answer is noise: $reason: $(shortened 160 "${text:-$thoughts}")" \
      "compare the log lines below and the size of the weights on each node (./launch.sh preflight); a wrong kernel answers like this"
    return
  fi
  if [[ -z $text ]]; then
    check warn "$SERVICE_URL" chat "it was still thinking when the answer was cut: $(shortened 120 "$thoughts")" \
      "the reasoning reads well; ask it something by hand with more max_tokens"
  else
    check ok "$SERVICE_URL" chat "$(shortened 160 "$text")"
  fi
}

verify_tool_call() {
  local name arguments
  [[ -n $TOOL_REQUEST ]] || return 0
  request "tool call" /v1/chat/completions "$TOOL_REQUEST" || return
  name=${JSON[.choices[0].message.tool_calls[0].function.name]:-}
  arguments=${JSON[.choices[0].message.tool_calls[0].function.arguments]:-}
  if [[ $name != get_current_weather ]]; then
    check fail "$SERVICE_URL" "tool call" \
      "${name:-no tool} was called (finish_reason ${JSON[.choices[0].finish_reason]:-absent}): $(shortened 160 "${JSON[.choices[0].message.content]:-}")" \
      "the engine needs automatic tool choice and the parser of this model; a call that stands in the text was not recognised by the parser"
  elif ! read_json "$arguments" || [[ -z ${JSON[.location]:-} ]]; then
    check fail "$SERVICE_URL" "tool call" "its arguments name no location: $(shortened 160 "$arguments")" \
      "the tool parser does not fit the model"
  else
    check ok "$SERVICE_URL" "tool call" "$name($(shortened 100 "$arguments"))"
  fi
}

verify_embedding() {
  local entry different=0
  request embedding /v1/embeddings "$EMBED_REQUEST" || return
  for ((entry = 1; entry < ${JSON_COUNT[.data[0].embedding]:-0}; entry++)); do
    [[ ${JSON[.data[0].embedding[$entry]]:-} == "${JSON[.data[0].embedding[0]]:-}" ]] || different=1
  done
  if ((different)); then
    check ok "$SERVICE_URL" embedding "${JSON_COUNT[.data[0].embedding]} numbers"
  else
    check fail "$SERVICE_URL" embedding "no numbers, or all the same: $(shortened 160 "$ANSWER")" "./launch.sh logs --tail 50"
  fi
}

verify_rerank() {
  request rerank /rerank "$RERANK_REQUEST" || return
  # The second document answers the question, the first does not.
  if [[ ${JSON[.results[0].index]:-} == 1 ]]; then
    check ok "$SERVICE_URL" rerank "the document that answers comes first, score ${JSON[.results[0].relevance_score]:-absent}"
  else
    check fail "$SERVICE_URL" rerank "the document that does not answer comes first: $(shortened 160 "$ANSWER")" \
      "does the served model rank, and is its template the right one?"
  fi
}

# verify_inside: what the launch relies on in the serving container, each with a command that must succeed.
verify_inside() {
  local entry first=0 said
  for entry in "${!INSIDE_NAMES[@]}"; do
    if said=$(tool "$SERVICE_NODE" exec "$SERVICE_CONTAINER" "${INSIDE_WORDS[@]:first:INSIDE_COUNTS[entry]}" </dev/null 2>&1); then
      check ok "$SERVICE_CONTAINER" "${INSIDE_NAMES[entry]}" "${INSIDE_PROOFS[entry]}"
    else
      check fail "$SERVICE_CONTAINER" "${INSIDE_NAMES[entry]}" \
        "not proven: ${INSIDE_PROOFS[entry]} ($(in_quotes "${INSIDE_WORDS[@]:first:INSIDE_COUNTS[entry]}")): $(shortened 160 "$said")" \
        "${INSIDE_WAYS_OUT[entry]}"
    fi
    first=$((first + INSIDE_COUNTS[entry]))
  done
}

serving_log() {
  tool "$SERVICE_NODE" logs "$SERVICE_CONTAINER"
}

# verify_markers: the lines that prove kernels and parallelism. What looks bad and is not is named, and fails nothing.
verify_markers() {
  local entry log=$WORKPLACE/log
  if ! serving_log </dev/null >"$log" 2>&1; then
    check fail "${NODES[SERVICE_NODE]}" log "cannot be read: $(tail -n 1 -- "$log")" "./launch.sh status"
    return
  fi
  for entry in "${!MARKER_PATTERNS[@]}"; do
    if LC_ALL=C grep -aqE -e "${MARKER_PATTERNS[entry]}" -- "$log"; then
      check ok "$SERVICE_CONTAINER" marker "${MARKER_PROOFS[entry]}"
    elif [[ ${MARKER_REQUIRED[entry]} == yes ]]; then
      check fail "$SERVICE_CONTAINER" marker "no log line proves: ${MARKER_PROOFS[entry]} (looked for ${MARKER_PATTERNS[entry]})" \
        "expect it slower or wrong; a line of a start long ago may have been rotated away: ./launch.sh up --restart"
    else
      check info "$SERVICE_CONTAINER" marker "no log line shows: ${MARKER_PROOFS[entry]}"
    fi
  done
  for entry in "${!HARMLESS_PATTERNS[@]}"; do
    if LC_ALL=C grep -aqE -e "${HARMLESS_PATTERNS[entry]}" -- "$log"; then
      check info "$SERVICE_CONTAINER" harmless "${HARMLESS_PATTERNS[entry]}: ${HARMLESS_PROOFS[entry]}"
    fi
  done
}
