# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153 # variables are shared with the other files of lib/ and deployment.sh
# The install folders: what each node needs of this build, and whether it has it.

# The node.sh that a verb uses: TOOLS[NODE] is the folder it stands in.
TOOLS=()

# build_of NODE: SHA256SUMS of this build for the node.
build_of() {
  cat -- "$HERE/nodes/${NODES[$1]}/SHA256SUMS"
}

# names_of_build NODE: the files of this build for the node, one per line.
names_of_build() {
  (cd -- "$HERE/nodes/${NODES[$1]}" && find . -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort)
}

# sync_install NODE: bring the node's install folder to this build; do nothing when it is there already.
sync_install() {
  local folder=${INSTALL_DIRS[$1]}
  if [[ -n $DRY_RUN ]]; then
    say "${NODES[$1]}: copy $HERE/nodes/${NODES[$1]} to $(destination "$1"):$folder, if it differs"
    return
  fi
  [[ $(run_function "$1" remote_sums "$folder") != "$(build_of "$1")" ]] || return 0
  end_other_platform "$1" && copy_build "$1" "$folder"
}

# end_other_platform NODE: a deployment has one supervisor. What another target made known on this node (units that start
# it at boot) goes before this build comes; only `up` stops containers for that.
end_other_platform() {
  local ours theirs
  ours=$(platform_in "$HERE/nodes/${NODES[$1]}")
  theirs=$(run_function "$1" platform_in "${INSTALL_DIRS[$1]}")
  [[ -n $theirs && $theirs != "$ours" ]] || return 0
  if [[ $VERB != up ]] && node_sh "$1" state | grep -q $'^container\t[^\t]*\trunning\t'; then
    say "it runs here by $theirs, and this build is for $ours: end it with that target's ./launch.sh down --uninstall"
    return 1
  fi
  node_sh "$1" uninstall
}

# copy_build NODE FOLDER: the list of checksums comes last, so that a copy that was cut off does not look complete.
copy_build() {
  local name mode
  local -a names
  mapfile -t names < <(names_of_build "$1")
  run_function "$1" remote_prune "$2" "${names[@]}" || return
  for name in "${names[@]}" SHA256SUMS; do
    mode=644
    [[ ! -x $HERE/nodes/${NODES[$1]}/$name ]] || mode=755
    run_function "$1" remote_put "$2/$name" "$mode" <"$HERE/nodes/${NODES[$1]}/$name" || return
  done
  if [[ $(run_function "$1" remote_sums "$2") != "$(build_of "$1")" ]]; then
    say "the files in $2 are not those that were sent: is the disk full? (df -h $2)"
    return 1
  fi
}

# find_tools NODE WANTED: print the folder whose node.sh to use. WANTED is `this-build`, or `installed` for whatever
# stands in the install folder: the build that was started knows its containers best. Where there is none, this build
# goes into a private folder that drop_tools removes again.
find_tools() {
  local folder=${INSTALL_DIRS[$1]}
  case $2 in
    installed) on_node "$1" test -f "$folder/node.sh" && printf '%s' "$folder" && return ;;
    this-build)
      if [[ $(run_function "$1" remote_sums "$folder") == "$(build_of "$1")" ]]; then
        printf '%s' "$folder"
        return
      fi ;;
  esac
  folder=$(on_node "$1" mktemp -d /tmp/sparkc-checks.XXXXXX) && copy_build "$1" "$folder" && printf '%s' "$folder"
}

# find_all_tools WANTED: fill TOOLS for every node that can be used.
find_all_tools() {
  local node all_well=0
  on_all find_tools "$1" || all_well=1
  for node in "${CREW[@]}"; do
    if ((STATUS[node] == 0)); then
      TOOLS[node]=$(<"${OUTPUT[node]}")
    fi
  done
  return "$all_well"
}

# drop_tools: remove what find_tools had to bring.
drop_tools() {
  local node
  for node in "${!TOOLS[@]}"; do
    if [[ ${TOOLS[node]} == /tmp/sparkc-checks.* ]]; then
      on_node "$node" rm -rf -- "${TOOLS[node]}" </dev/null
    fi
  done
  TOOLS=()
}

# tool NODE VERB WORD…: run node.sh of the folder that find_tools chose.
tool() {
  on_node "$1" bash "${TOOLS[$1]}/node.sh" "${@:2}"
}
