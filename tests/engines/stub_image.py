"""A container image of three megabytes: engines and `ray` are stand-ins that write down how they were called."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from pathlib import Path

from tools import need_tool

NAME = "sparkc-stub:latest"

# Writes argv and environment below /record, the newest call last.
RECORD = r"""#!/bin/bash
record() {
  local folder number
  printf -v number '%04d' "$(ls /record | wc -l)"
  folder=$(mktemp -d "/record/$number-$1.XXXXXX")
  cat "/proc/$$/environ" >"$folder/env"
  shift
  (($# == 0)) || printf '%s\0' "$@" >"$folder/argv"
}
# value_of OPTION WORD…
value_of() {
  local option=$1
  shift
  while (($# > 1)); do
    [[ $1 != "$option" ]] || { printf '%s' "$2"; return; }
    shift
  done
}
"""

VLLM = r"""#!/bin/bash
source /usr/lib/record.sh
record vllm "$@"
# A headless rank serves nothing; it lives until somebody ends it.
[[ " $* " != *' --headless '* ]] || exec sleep 1000
port=$(value_of --port "$@")
# Data parallel ranks that are servers of their own serve once all have met: rank 0 counts the others.
rank=$(value_of --data-parallel-rank "$@")
meet=$(value_of --data-parallel-address "$@"):$(value_of --data-parallel-rpc-port "$@")
if [[ $rank == 0 ]]; then
  rm -rf /tmp/ray-nodes
  mkdir /tmp/ray-nodes
  httpd -p "$meet" -h /www
  until (($(ls /tmp/ray-nodes | wc -l) + 1 >= $(value_of --data-parallel-size "$@"))); do sleep 0.2; done
elif [[ -n $rank ]]; then
  until wget -q -O /dev/null "http://$meet/cgi-bin/join?rank-$rank"; do sleep 0.2; done
fi
echo "Application startup complete, port ${port:-8000}"
exec httpd -f -p "${port:-8000}" -h /www
"""

# The head's GCS is a web server that workers announce themselves to; `ray status` counts them.
RAY = r"""#!/bin/bash
source /usr/lib/record.sh
if [[ $1 == status ]]; then
  nodes=(/tmp/ray-nodes/*)
  printf 'Node status\n---\nActive:\n'
  for node in "${nodes[@]}"; do printf ' 1 node_%s\n' "${node##*/}"; done
  printf 'Pending:\n (no pending nodes)\nResources\n---\nUsage:\n 0.0/%s.0 GPU\n' "${#nodes[@]}"
  exit
fi
record ray "$@"
me=$(value_of --node-ip-address "$@")
address=$(value_of --address "$@")
if [[ " $* " == *' --head '* ]]; then
  mkdir -p /tmp/ray-nodes
  rm -f /tmp/ray-nodes/*
  touch "/tmp/ray-nodes/$me"
  httpd -p "$me:$(value_of --port "$@")" -h /www
fi
manager=$(value_of --node-manager-port "$@")
[[ -z $manager ]] || httpd -p "$me:$manager" -h /www
[[ -n $address ]] || exit 0
wget -q -O /dev/null "http://$address/cgi-bin/join?$me" || exit 1
echo "joined $address"
while (exec 3<>"/dev/tcp/${address%:*}/${address##*:}") 2>/dev/null; do sleep 1; done
echo "the head is gone"
exit 1
"""

# SGLang, the proxy in front of prefill and decode, or else the beacon (resolve/beacon.py): a port that is open while
# the container lives, and names its start.
PYTHON = r"""#!/bin/bash
source /usr/lib/record.sh
record python3 "$@"
if [[ $2 == sglang.launch_server || $1 == *proxy* ]]; then
  exec httpd -f -p "$(value_of --host "$@"):$(value_of --port "$@")" -h /www
fi
read -r start </proc/sys/kernel/random/uuid
printf '%.16s\n' "${start//-/}" >/tmp/beacon-start
nc -ll -p "$3" "$2" -e cat /tmp/beacon-start &
"""

JOIN = "#!/bin/bash\ntouch \"/tmp/ray-nodes/$QUERY_STRING\"\nprintf 'Content-Type: text/plain\\r\\n\\r\\njoined\\n'\n"


def image_tar(models: tuple[str, ...]) -> bytes:
    """Return the root file system; `models` is what /v1/models lists."""
    busybox, bash = Path(need_tool("busybox")), Path(need_tool("bash")).resolve()
    linked = subprocess.run([busybox, "ldd", bash], capture_output=True, text=True).stdout
    if "=>" not in linked:
        linked = subprocess.run(["ldd", bash], capture_output=True, text=True, check=True).stdout
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:

        def put(name: str, content: bytes, mode: int = 0o755) -> None:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))

        for folder in ("tmp", "record", "bin", "usr/bin", "lib", "lib64", "etc", "dev", "proc", "sys", "www/cgi-bin"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        put("bin/busybox", busybox.read_bytes())
        for applet in applets:
            if applet not in ("bash", "busybox"):
                link = tarfile.TarInfo(f"bin/{applet}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(link)
        put("bin/bash", bash.read_bytes())
        for library in sorted(set(re.findall(r"(/\S+\.so\S*)", linked))):
            put(library.lstrip("/"), Path(library).resolve().read_bytes())
        put("usr/lib/record.sh", RECORD.encode())
        put("usr/bin/vllm", VLLM.encode())
        put("usr/bin/ray", RAY.encode())
        put("usr/bin/python3", PYTHON.encode())
        put("www/cgi-bin/join", JOIN.encode())
        for path in ("www/health", "www/health_generate", "www/healthcheck"):
            put(path, b"", 0o644)
        listed = ", ".join(f'{{"id": "{model}", "object": "model"}}' for model in models)
        put("www/v1/models", f'{{"object": "list", "data": [{listed}]}}'.encode(), 0o644)
    return buffer.getvalue()
