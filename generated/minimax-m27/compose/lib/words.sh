# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# The words of the command line: verbs, options, help.

VERBS=(preflight prepare up verify status logs bench down)

usage() {
  cat <<'HELP'
Usage: ./launch.sh VERB [OPTIONS]

  preflight   look at every node and say all that would go wrong; changes nothing
  prepare     bring install folders, images and weights to the nodes, create the caches
  up          start the deployment and wait until it serves
  verify      ask the model, call a tool, look for the log lines that prove the setup
  status      containers, Ray nodes, memory, kernel messages, signs of a hang
  logs        print or follow the containers' logs
  bench       measure, and print the published figures beside it
  down        stop everything on all nodes

  ./launch.sh VERB --help tells more of each.

Run it on the head, or on any machine that reaches the nodes by ssh with a key. It needs bash 4.4, coreutils, curl and
ssh here. Nothing is asked, so an ssh key with a passphrase has to be in an agent.

Exit status
  0    done
  1    something failed, or a check did
  2    wrong call
  3    refused: it runs already, or another launch is under way
  130  interrupted (Ctrl-C)

Environment
  SPARKC_HERE             name of the node that this machine is; `none` for a machine that is no node (found out by itself)
  SPARKC_CONNECT_SECONDS  how long ssh may take to connect (10)
  SPARKC_POLL_SECONDS     pause between two looks while `up` waits (5)
  SPARKC_SAY_SECONDS      how often `up` says that it still waits (30)
  SPARKC_MEMORY_SECONDS   how long `up` waits for freed memory to come back (180)
  SPARKC_START_SECONDS    how long `up` waits for the service (the limit for a first start, from the build)
  SPARKC_LOGS             where logs are kept when a start fails (./logs)
  NO_COLOR                no colour
HELP
}

help_preflight() {
  cat <<'HELP'
Usage: ./launch.sh preflight [--node NAME]

Looks at every node at once, then compares the nodes: image, weights, free memory, clock, the way between them. Every
finding comes with a way out. Changes nothing: where this build is not installed yet, the checks run from a private
folder below /tmp that is removed again.

  --node NAME   this node only; what takes two nodes is left out

Exit status 1 when a check fails; warnings alone do not count.
HELP
}

help_prepare() {
  cat <<'HELP'
Usage: ./launch.sh prepare [--offline]

Copies this build's install folders to the nodes and creates the caches. Images and weights that a node lacks come from
the first node that has them, over the fabric; images that no node has are pulled when the spec pins them by digest;
weights that no node has are downloaded on the first node. Can be run again: what is there is not sent twice.

  --offline   use no registry and no hub; say what is missing

From one node to the other your ssh agent is forwarded (run ssh-agent and ssh-add here), or the nodes have keys of their
own. Where neither works the data goes through this machine, and a line says so. No key is copied.
HELP
}

help_up() {
  cat <<'HELP'
Usage: ./launch.sh up [--restart | --watch] [--keep] [--dry-run]

Stops what is left of an earlier start, drops the page cache on every node, waits for the memory, starts all containers
and waits until the model is served. While it waits it names the last log line of each container, and watches swap and
containers that die.

  --restart   stop the deployment first when it runs already
  --watch     start nothing; wait for what is loading already
  --keep      when a container dies, leave the others running
  --dry-run   print what would be run on which node; touch nothing

When a container dies the logs are kept (SPARKC_LOGS), the others are stopped, and the status is 1. When the time is over
everything is left running, because a hang can only be seen alive. Ctrl-C before all containers run stops what was
started; later it leaves them loading.
HELP
}

help_verify() {
  cat <<'HELP'
Usage: ./launch.sh verify

Asks the service on its own node: the list of models, an answer with the model's own sampling, a tool call where the
deployment has tools. The answer must hold no control tokens and no noise. Then it looks in the log for the lines that
prove the intended kernels and parallelism.
HELP
}

help_status() {
  cat <<'HELP'
Usage: ./launch.sh status [--node NAME]

Shows each node's containers, memory, kernel messages about memory, the sign of a spin-lock (GPU busy, its memory idle),
and the Ray nodes. Status 1 when a node cannot be reached or a container does not run.
HELP
}

help_logs() {
  cat <<'HELP'
Usage: ./launch.sh logs [-f] [--tail N] [NODE]

Prints the containers' logs of all nodes, or of one.

  -f, --follow   go on printing; Ctrl-C ends it
  --tail N       only the last N lines of each container
HELP
}

help_bench() {
  cat <<'HELP'
Usage: ./launch.sh bench

Runs the engine's own benchmark in the serving container, and prints the published figures and the log lines to look at
when it is slower.
HELP
}

help_down() {
  cat <<'HELP'
Usage: ./launch.sh down [--node NAME] [--uninstall]

Stops the containers on all nodes, the head last. Works after half an `up` too. Logs are kept. What could not be reached is
named, and the status is 1.

  --uninstall   also undo what `up` made known to the platform, so that nothing starts at the next boot: units. The
                install folders stay, with caches, secrets and logs
HELP
}

# wrong_call TEXT: explain and end.
wrong_call() {
  complain "$1"
  way_out "${2:-./launch.sh --help}" >&2
  exit 2
}

# nearest WORD CHOICE…: print the choice that WORD most likely meant, if one is near.
nearest() {
  local word=$1 choice distance best=3
  shift
  local found=''
  for choice in "$@"; do
    distance=$(edits "$word" "$choice")
    if ((distance < best)); then
      best=$distance found=$choice
    fi
  done
  printf '%s' "$found"
}

# edits ONE OTHER: how many letters must be put in, taken out or changed (Levenshtein).
edits() {
  local one=$1 other=$2 row column cost
  local -a before=() now=()
  for ((column = 0; column <= ${#other}; column++)); do
    before[column]=$column
  done
  for ((row = 1; row <= ${#one}; row++)); do
    now=("$row")
    for ((column = 1; column <= ${#other}; column++)); do
      cost=$((before[column - 1]))
      [[ ${one:row-1:1} == "${other:column-1:1}" ]] || cost=$((cost + 1))
      ((cost <= before[column] + 1)) || cost=$((before[column] + 1))
      ((cost <= now[column - 1] + 1)) || cost=$((now[column - 1] + 1))
      now[column]=$cost
    done
    before=("${now[@]}")
  done
  printf '%d' "${before[${#other}]}"
}

# choose_node NAME: make it the whole crew.
choose_node() {
  local node near
  for node in "${!NODES[@]}"; do
    if [[ ${NODES[node]} == "$1" ]]; then
      CREW=("$node")
      return
    fi
  done
  near=$(nearest "$1" "${NODES[@]}")
  wrong_call "there is no node $(printable "$1")${near:+; did you mean $near?}" "the nodes are: ${NODES[*]}"
}

# read_options ALLOWED WORD…: set the variables of the options. ALLOWED are the options that the verb knows.
read_options() {
  local allowed=$1 option near
  local -a known
  read -r -a known <<<"$allowed --help -h"
  shift
  while (($# > 0)); do
    option=$1
    shift
    case $option in
      --*=*)
        set -- "${option#*=}" "$@"
        option=${option%%=*} ;;
    esac
    if [[ $option == -* && " ${known[*]} " != *" $option "* ]]; then
      near=$(nearest "$option" "${known[@]}")
      wrong_call "$VERB has no option $(printable "$option")${near:+; did you mean $near?}" "./launch.sh $VERB --help"
    fi
    case $option in
      --help | -h)
        "help_$VERB"
        exit 0 ;;
      --offline) OFFLINE=yes ;;
      --restart) RESTART=yes ;;
      --watch) WATCH=yes ;;
      --keep) KEEP=yes ;;
      --dry-run) DRY_RUN=yes ;;
      --uninstall) STOP=uninstall ;;
      -f | --follow) FOLLOW=yes ;;
      --tail)
        is_number "${1:-}" || wrong_call "--tail wants a number of lines" "./launch.sh logs --help"
        TAIL=$1
        shift ;;
      --node)
        (($# > 0)) || wrong_call "--node wants a name" "the nodes are: ${NODES[*]}"
        choose_node "$1"
        shift ;;
      *)
        [[ " ${known[*]} " == *' NODE '* ]] || wrong_call "$VERB takes no $(printable "$option")" "./launch.sh $VERB --help"
        choose_node "$option" ;;
    esac
  done
}

# number_from NAME DEFAULT: a variable of the environment that must be a number of seconds.
number_from() {
  local value=${!1:-$2}
  [[ $value =~ ^[0-9]+([.][0-9]+)?$ ]] || wrong_call "$1 is $(printable "$value"), a number of seconds is wanted"
  printf '%s' "$value"
}

# read_environment: the timings, which tests shorten.
read_environment() {
  CONNECT_SECONDS=$(number_from SPARKC_CONNECT_SECONDS 10) || exit
  POLL_SECONDS=$(number_from SPARKC_POLL_SECONDS 5) || exit
  SAY_SECONDS=$(number_from SPARKC_SAY_SECONDS 30) || exit
  MEMORY_SECONDS=$(number_from SPARKC_MEMORY_SECONDS 180) || exit
  START_SECONDS=$(number_from SPARKC_START_SECONDS "$FIRST_START_SECONDS") || exit
  LOGS=${SPARKC_LOGS:-$PWD/logs}
}

main() {
  local near
  VERB=${1:-}
  # shellcheck disable=SC2034 # read by the verbs
  STOP=stop OFFLINE='' RESTART='' WATCH='' KEEP='' DRY_RUN='' FOLLOW='' TAIL=''
  CREW=("${!NODES[@]}")
  case $VERB in
    --help | -h | help)
      printf '%s: %s\n\n' "$TITLE" "$SUMMARY"
      usage
      exit 0 ;;
    '')
      usage >&2
      exit 2 ;;
  esac
  shift
  if [[ " ${VERBS[*]} " != *" $VERB "* ]]; then
    near=$(nearest "$VERB" "${VERBS[@]}")
    wrong_call "there is no verb $(printable "$VERB")${near:+; did you mean $near?}" "the verbs are: ${VERBS[*]}"
  fi
  read_environment
  open_workplace
  if [[ $VERB == up ]]; then
    # Ends in order by itself, because it has to stop what it started.
    verb_up "$@"
  else
    interruptible "verb_$VERB" "$@"
  fi
  exit
}
