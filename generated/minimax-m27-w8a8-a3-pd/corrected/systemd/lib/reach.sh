# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# How a node is reached: over ssh, or directly when it is this very machine.

SSH_OPTIONS=()
ROUTES=()
# Not empty while a node has to log in on another one with the keys in the user's agent.
FORWARD=''

# open_workplace: a private folder for sockets and answers; it goes when launch.sh ends.
open_workplace() {
  # Directly below /tmp: the path of a control socket may have about 100 characters, and TMPDIR can be long.
  WORKPLACE=$(mktemp -d /tmp/sparkc.XXXXXX) || {
    complain "cannot create a private folder in /tmp"
    exit 1
  }
  trap close_workplace EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  SSH_OPTIONS=(
    -o BatchMode=yes
    -o "ConnectTimeout=$CONNECT_SECONDS"
    -o ServerAliveInterval=15
    -o ServerAliveCountMax=4
  )
}

# interruptible FUNCTION WORD…: run it in a process group of its own, which Ctrl-C does not reach, and end that group when
# it is pressed. Here nothing but `wait` goes on: a trap that bash 5.2 runs while it reads a command substitution is
# misread as a part of it, and bash aborts. What runs in the background of a script does not hear Ctrl-C either.
interruptible() {
  GROUP='' INTERRUPTED=''
  trap 'end_group 130' INT
  trap 'end_group 143' TERM HUP
  set -m
  {
    set +m
    trap - INT TERM HUP
    # A terminal may stop background groups that write to it (stty tostop), unless they ignore that.
    trap '' TTOU
    "$@"
  } </dev/null &
  GROUP=$!
  [[ -z $INTERRUPTED ]] || end_group "$INTERRUPTED"
  wait_for "$GROUP"
}

# end_group STATUS: end everything in the group, and this script; as soon as its number is known.
end_group() {
  INTERRUPTED=$1
  [[ -n $GROUP ]] || return 0
  trap '' INT TERM HUP
  kill -s TERM -- "-$GROUP" 2>/dev/null
  # Reaped here, so that bash tells nobody how it ended.
  wait "$GROUP" 2>/dev/null
  exit "$1"
}

close_workplace() {
  local node
  release_lock
  for node in "${!NODES[@]}"; do
    if [[ -S $WORKPLACE/ssh-$node ]]; then
      ssh -o "ControlPath=$WORKPLACE/ssh-$node" -O exit -- "${SSH_HOSTS[node]}" >/dev/null 2>&1
    fi
  done
  rm -rf -- "$WORKPLACE"
}

# ssh_to NODE: set SSH to the command that reaches it, without the remote command.
ssh_to() {
  local node=$1
  SSH=(ssh "${SSH_OPTIONS[@]}" -o "ControlPath=$WORKPLACE/ssh-$node" -T)
  [[ -z ${SSH_PORTS[node]} ]] || SSH+=(-p "${SSH_PORTS[node]}")
  [[ -z ${SSH_USERS[node]} ]] || SSH+=(-l "${SSH_USERS[node]}")
  [[ -z $FORWARD ]] || SSH+=(-A)
}

# in_quotes WORD…: the words as any POSIX login shell reads them back. bash's own %q would write $'…' for a newline,
# which dash does not know.
in_quotes() {
  local word quoted="'\\''" line=''
  for word in "$@"; do
    line+=" '${word//\'/$quoted}'"
  done
  printf '%s' "${line# }"
}

# find_route NODE: decide once how it is reached, and remember it in ROUTES.
find_route() {
  if is_here "$1"; then
    ROUTES[$1]=here
  else
    ROUTES[$1]=ssh
  fi
}

# is_here NODE: whether the node is the machine that runs this script. The user must be the deployment's too: files of
# another owner would stand in its way.
is_here() {
  local node=$1 host port name local_address address
  if [[ -n ${SPARKC_HERE:-} ]]; then
    [[ $SPARKC_HERE == "${NODES[node]}" ]]
    return
  fi
  [[ $(id -un) == "${USERS[node]}" ]] || return 1
  host=${SSH_HOSTS[node]}
  port=${SSH_PORTS[node]}
  # The user's ssh configuration may give the name another meaning; ask it.
  while read -r name address; do
    case $name in
      hostname) host=$address ;;
      port) port=$address ;;
    esac
  done < <(ssh -G ${port:+-p "$port"} -- "$host" 2>/dev/null)
  # Another port is a forwarded one: the machine behind it may be any.
  [[ -z $port || $port == 22 ]] || return 1
  for name in "$(uname -n)" localhost; do
    [[ $host != "$name" ]] || return 0
  done
  # shellcheck disable=SC2046 # a list of addresses, split on purpose
  for local_address in 127.0.0.1 ::1 $(hostname -I 2>/dev/null); do
    for address in "$host" $(getent ahosts "$host" 2>/dev/null | cut -d ' ' -f 1 | sort -u); do
      [[ $address != "$local_address" ]] || return 0
    done
  done
  return 1
}

# destination NODE: user@host:port as a person writes it.
destination() {
  local node=$1
  printf '%s%s%s' "${SSH_USERS[node]:+${SSH_USERS[node]}@}" "${SSH_HOSTS[node]}" "${SSH_PORTS[node]:+:${SSH_PORTS[node]}}"
}

# connect NODE: open the shared connection. On failure, ssh's own words are on stdout.
connect() {
  [[ ${ROUTES[$1]} != here ]] || return 0
  local SSH
  ssh_to "$1"
  # The master keeps no pipe of ours open: a caller that reads our output would wait for it for ever. Where this script is
  # killed and cannot end it, it goes by itself 600 s after its last use.
  if ! "${SSH[@]}" -o ControlMaster=yes -o ControlPersist=600 -N -f -- "${SSH_HOSTS[$1]}" \
    </dev/null >/dev/null 2>"$WORKPLACE/ssh-$1.err"; then
    cat -- "$WORKPLACE/ssh-$1.err"
    return 1
  fi
}

# on_node NODE WORD…: run a command there; stdin, stdout, stderr and the exit status are its own.
on_node() {
  local node=$1
  shift
  if [[ ${ROUTES[node]} == here ]]; then
    "$@"
    return
  fi
  local SSH
  ssh_to "$node"
  "${SSH[@]}" -- "${SSH_HOSTS[node]}" "$(in_quotes "$@")"
}

# run_function NODE FUNCTION WORD…: run one of the functions of remote.sh there.
run_function() {
  local node=$1 function=$2
  shift 2
  on_node "$node" bash -c "$(declare -f "$function" "${REMOTE_HELPERS[@]}")"$'\n'"$function"' "$@"' sparkc "$@"
}

# node_sh NODE VERB WORD…: run the node's own script in its install folder.
node_sh() {
  local node=$1
  shift
  on_node "$node" bash "${INSTALL_DIRS[node]}/node.sh" "$@"
}

# ssh_trouble NODE WORDS-OF-SSH: the likely cause, as an instruction.
ssh_trouble() {
  local node=$1 host
  host=$(destination "$node")
  case $2 in
    *'Permission denied'* | *'Too many authentication failures'*)
      printf 'put your public key on the node (ssh-copy-id %s), and load it here (ssh-add) if it has a passphrase' "$host" ;;
    *'Host key verification failed'* | *'REMOTE HOST IDENTIFICATION HAS CHANGED'*)
      printf 'log in once by hand (ssh %s) and compare the host key; a changed key is removed with ssh-keygen -R' "$host" ;;
    *'Could not resolve'* | *'Name or service not known'*)
      printf 'the name %s has no address here: correct nodes.hosts[].ssh in %s, or add it to /etc/hosts' "${SSH_HOSTS[node]}" "$SPEC" ;;
    *'Connection refused'*)
      printf 'the machine answers, its sshd does not: is the port right, and does sshd run?' ;;
    *)
      printf 'is %s switched on and on this network? Try: ssh %s' "${NODES[node]}" "$host" ;;
  esac
}
