# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# Asking the service, on the node where it listens.

REQUEST_SECONDS=300
# SGLang generates a token to answer /health, and gives itself 20 s for that (0.5.12, entrypoints/http_server.py).
LOOK_SECONDS=30
ANSWER='' ANSWER_STATUS=000

# ask PATH [BODY]: ANSWER is the body, ANSWER_STATUS the HTTP status (000 when nothing answered).
ask() {
  local words
  if (($# > 1)); then
    words=$(run_function "$SERVICE_NODE" remote_request "$SERVICE_HOST" "$SERVICE_PORT" "$1" "$REQUEST_SECONDS" \
      "$API_KEY_FILE" post <<<"$2" 2>&1)
  else
    words=$(run_function "$SERVICE_NODE" remote_request "$SERVICE_HOST" "$SERVICE_PORT" "$1" "$LOOK_SECONDS" \
      "$API_KEY_FILE" </dev/null 2>&1)
  fi
  ANSWER_STATUS=${words##*$'\n'}
  ANSWER=${words%$'\n'*}
  [[ $ANSWER_STATUS =~ ^[0-9]{3}$ ]] || { ANSWER=$words ANSWER_STATUS=000; }
}

is_serving() {
  local ANSWER ANSWER_STATUS
  ask "$HEALTH_PATH"
  [[ $ANSWER_STATUS == 200 ]]
}

# models_are_listed: status 1 when a name that clients send is not served; MISSING_MODEL names it.
models_are_listed() {
  local name entry
  if [[ $LISTS_MODELS == no ]]; then
    ask "$HEALTH_PATH"
    MISSING_MODEL="any answer (HTTP $ANSWER_STATUS)"
    [[ $ANSWER_STATUS == 200 ]]
    return
  fi
  ask /v1/models
  MISSING_MODEL="any model (HTTP $ANSWER_STATUS)"
  [[ $ANSWER_STATUS == 200 ]] || return 1
  read_json "$ANSWER" || return 1
  for name in "${MODEL_NAMES[@]}"; do
    MISSING_MODEL=$name
    for ((entry = 0; entry < ${JSON_COUNT[.data]:-0}; entry++)); do
      [[ ${JSON[.data[$entry].id]:-} != "$name" ]] || continue 2
    done
    return 1
  done
}
