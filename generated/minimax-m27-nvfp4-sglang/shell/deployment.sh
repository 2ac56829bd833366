# shellcheck shell=bash
# shellcheck disable=SC2034,SC2016 # read by lib/; a dollar sign in a text is a dollar sign
# What launch.sh knows of minimax-m27-nvfp4-sglang.
# Generated from specs/minimax-m27-nvfp4-sglang.yaml; a change belongs there.
# Rebuild with: sparkc build specs/minimax-m27-nvfp4-sglang.yaml

# names
DEPLOYMENT=minimax-m27-nvfp4-sglang
TITLE=minimax-m27-nvfp4-sglang
SUMMARY='nvidia/MiniMax-M2.7-NVFP4 (nvfp4) on 4 NVIDIA DGX Spark (GB10), sglang 0.5.12.post1'
SPEC=specs/minimax-m27-nvfp4-sglang.yaml
USES_RAY=no


# nodes, the head first; an empty text is left to the user's ssh configuration, or was not declared
NODES=(spark-1 spark-2 spark-3 spark-4)
SSH_HOSTS=(spark-1.lan spark-2.lan spark-3.lan spark-4.lan)
SSH_USERS=(ops ops ops ops)
SSH_PORTS=('' '' '' '')
USERS=(ops ops ops ops)
INSTALL_DIRS=(/home/ops/sparkc/minimax-m27-nvfp4-sglang /home/ops/sparkc/minimax-m27-nvfp4-sglang /home/ops/sparkc/minimax-m27-nvfp4-sglang /home/ops/sparkc/minimax-m27-nvfp4-sglang)
ADDRESSES=(10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4)
MTUS=('' '' '' '')
NEEDED_FREE=(53923260001 53923260001 53923260001 53923260001)
LEAST_MEMORY_PERCENT=90


# images that a node needs: its index, what is run, what it is called, what may be pulled from a registry
IMAGE_NODES=(0 1 2 3)
IMAGE_NAMES=(xomoxcc/dgx-spark-sglang:0.5.12.post1-sm121 xomoxcc/dgx-spark-sglang:0.5.12.post1-sm121 xomoxcc/dgx-spark-sglang:0.5.12.post1-sm121 xomoxcc/dgx-spark-sglang:0.5.12.post1-sm121)
IMAGE_REFERENCES=(xomoxcc/dgx-spark-sglang:0.5.12.post1-sm121 xomoxcc/dgx-spark-sglang:0.5.12.post1-sm121 xomoxcc/dgx-spark-sglang:0.5.12.post1-sm121 xomoxcc/dgx-spark-sglang:0.5.12.post1-sm121)
IMAGE_PULLS=('' '' '' '')


# weights that a node needs, and what downloads them when no node has them
WEIGHTS_NODES=(0 1 2 3)
WEIGHTS_REPOSITORIES=(nvidia/MiniMax-M2.7-NVFP4 nvidia/MiniMax-M2.7-NVFP4 nvidia/MiniMax-M2.7-NVFP4 nvidia/MiniMax-M2.7-NVFP4)
WEIGHTS_REVISIONS=('' '' '' '')
WEIGHTS_HUBS=(huggingface huggingface huggingface huggingface)
WEIGHTS_PATHS=(/home/ops/.cache/huggingface /home/ops/.cache/huggingface /home/ops/.cache/huggingface /home/ops/.cache/huggingface)
WEIGHTS_IN_CACHE=(yes yes yes yes)
WEIGHTS_LEAST=(132050000000 132050000000 132050000000 132050000000)
WEIGHTS_MOST=(145950000000 145950000000 145950000000 145950000000)
WEIGHTS_IMAGES=(xomoxcc/dgx-spark-sglang:0.5.12.post1-sm121 xomoxcc/dgx-spark-sglang:0.5.12.post1-sm121 xomoxcc/dgx-spark-sglang:0.5.12.post1-sm121 xomoxcc/dgx-spark-sglang:0.5.12.post1-sm121)
WEIGHTS_TOKEN_VARIABLES=('' '' '' '')
WEIGHTS_TOKEN_FILES=('' '' '' '')


# ports that the other nodes dial
PEER_PORT_NODES=(0 0 1 1 2 2 3 3)
PEER_PORTS=(29502 20000 29502 30000 29502 30000 29502 30000)
PEER_PORT_PURPOSES=('where the other nodes see this one' 'where ranks meet' 'where the other nodes see this one' "the health of this node's ranks" 'where the other nodes see this one' "the health of this node's ranks" 'where the other nodes see this one' "the health of this node's ranks")


# the service, and what verify sends
SERVICE_NODE=0
SERVICE_CONTAINER=minimax-m27-nvfp4-sglang-head
SERVICE_HOST=127.0.0.1
SERVICE_PORT=30000
SERVICE_URL=http://127.0.0.1:30000
HEALTH_PATH=/health
API_KEY_FILE=''
LISTS_MODELS=yes
API_KEY_INSIDE=''
MODEL_NAMES=(minimax-m2.7)
TASK=generate
CHAT_REQUEST='{"model": "minimax-m2.7", "messages": [{"role": "user", "content": "Explain in two or three sentences what the page cache of an operating system is good for."}], "max_tokens": 1024, "temperature": 1.0, "top_p": 0.95, "top_k": 40}'
TOOL_REQUEST='{"model": "minimax-m2.7", "messages": [{"role": "user", "content": "What is the weather like in Paris right now, in celsius?"}], "tools": [{"type": "function", "function": {"name": "get_current_weather", "description": "Get the current weather in a given location", "parameters": {"type": "object", "properties": {"location": {"type": "string", "description": "The city, for example Paris"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}}, "required": ["location"]}}}], "tool_choice": "auto", "temperature": 0, "max_tokens": 512}'
EMBED_REQUEST=''
RERANK_REQUEST=''
FORBIDDEN_TEXTS=('<minimax:tool_call>' '</minimax:tool_call>' ']~b]' '[e~[')
FIRST_START_SECONDS=2700
WARM_START_SECONDS=240


# log lines that prove the setup, and lines that look bad and are not
MARKER_PATTERNS=("server_args=.*[ ({,]'?tp_size'?[=:] ?4[,)}]" "server_args=.*[ ({,]'?kv_cache_dtype'?[=:] ?'fp8_e4m3'[,)}]" "server_args=.*[ ({,]'?moe_runner_backend'?[=:] ?'flashinfer_cutlass'[,)}]")
MARKER_PROOFS=('tensor parallel over 4 ranks' 'a KV cache in fp8_e4m3' 'the flashinfer_cutlass kernels for experts')
MARKER_REQUIRED=(yes yes yes)
HARMLESS_PATTERNS=()
HARMLESS_PROOFS=()


# commands that must succeed in the serving container; the words of all of them stand one behind the other
INSIDE_NAMES=()
INSIDE_PROOFS=()
INSIDE_WAYS_OUT=()
INSIDE_COUNTS=()
INSIDE_WORDS=()


# the benchmark, and published figures to hold one's own against
BENCH=(python3 -m sglang.bench_serving --backend sglang-oai --base-url http://127.0.0.1:30000 --model minimax-m2.7 --tokenizer nvidia/MiniMax-M2.7-NVFP4 --dataset-name random-ids --random-range-ratio 1.0 --random-input-len 2048 --random-output-len 128 --num-prompts 8 --max-concurrency 1)
FIGURE_WHATS=()
FIGURE_VALUES=()
FIGURE_SETUPS=()
FIGURE_LINKS=()


# messages that others have met
TROUBLE_SYMPTOMS=('RuntimeError: flashinfer-cubin version (…) does not match flashinfer version (…). …' 'NVRM: Out of memory …' 'Free memory stays short after the page cache was dropped and no engine runs' 'RuntimeError: The memory capacity is unbalanced. Some GPUs may be occupied by other processes. …' 'Loaded weights leave no GPU memory …' 'Swap fills while weights load' "nvcc error   : 'cicc' died due to signal 9 (Kill signal)" 'The node answers ping and takes no ssh login' 'GPU at 96 % SM and 0 % memory (nvidia-smi dmon -s u), no progress' '… watchdog timeout (self.watchdog_timeout=…, self.soft=False)' 'Workers look connected, and nothing moves' 'ibv_reg_mr … failed: Cannot allocate memory' 'Rank 0 times out waiting for another rank while weights load' 'ib_write_bw shows 12.8 instead of about 111 Gb/s' 'The ConnectX-7 interface is gone after a peer was switched off' 'ibv_modify_qp failed with error 110 Connection timed out' 'All ranks hang after hours although NCCL is new, and one thread of one rank is busy' 'The head shows about 96 % of its memory in use' 'The container is gone after a crash, and its log with it' 'The machine switches off under load' 'Everything is slow, and nvidia-smi shows a clock of 611 to 728 MHz' 'nvidia-smi shows no memory usage (N/A, Not Supported)')
TROUBLE_PATTERNS=('RuntimeError:[[:space:]]+flashinfer-cubin[[:space:]]+version[[:space:]]+'$'\\''(.*'$'\\'')[[:space:]]+does[[:space:]]+not[[:space:]]+match[[:space:]]+flashinfer[[:space:]]+version[[:space:]]+'$'\\''(.*'$'\\'')'$'\\''.[[:space:]]+.*' 'NVRM:[[:space:]]+Out[[:space:]]+of[[:space:]]+memory[[:space:]]+.*' 'Free[[:space:]]+memory[[:space:]]+stays[[:space:]]+short[[:space:]]+after[[:space:]]+the[[:space:]]+page[[:space:]]+cache[[:space:]]+was[[:space:]]+dropped[[:space:]]+and[[:space:]]+no[[:space:]]+engine[[:space:]]+runs' 'RuntimeError:[[:space:]]+The[[:space:]]+memory[[:space:]]+capacity[[:space:]]+is[[:space:]]+unbalanced'$'\\''.[[:space:]]+Some[[:space:]]+GPUs[[:space:]]+may[[:space:]]+be[[:space:]]+occupied[[:space:]]+by[[:space:]]+other[[:space:]]+processes'$'\\''.[[:space:]]+.*' 'Loaded[[:space:]]+weights[[:space:]]+leave[[:space:]]+no[[:space:]]+GPU[[:space:]]+memory[[:space:]]+.*' 'Swap[[:space:]]+fills[[:space:]]+while[[:space:]]+weights[[:space:]]+load' 'nvcc[[:space:]]+error[[:space:]]+:[[:space:]]+'$'\'''cicc'$'\'''[[:space:]]+died[[:space:]]+due[[:space:]]+to[[:space:]]+signal[[:space:]]+[0-9.]+[[:space:]]+'$'\\''(Kill[[:space:]]+signal'$'\\'')' 'The[[:space:]]+node[[:space:]]+answers[[:space:]]+ping[[:space:]]+and[[:space:]]+takes[[:space:]]+no[[:space:]]+ssh[[:space:]]+login' 'GPU[[:space:]]+at[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+SM[[:space:]]+and[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+memory[[:space:]]+'$'\\''(nvidia-smi[[:space:]]+dmon[[:space:]]+-s[[:space:]]+u'$'\\''),[[:space:]]+no[[:space:]]+progress' '.*[[:space:]]+watchdog[[:space:]]+timeout[[:space:]]+'$'\\''(self'$'\\''.watchdog_timeout=.*,[[:space:]]+self'$'\\''.soft=False'$'\\'')' 'Workers[[:space:]]+look[[:space:]]+connected,[[:space:]]+and[[:space:]]+nothing[[:space:]]+moves' 'ibv_reg_mr[[:space:]]+.*[[:space:]]+failed:[[:space:]]+Cannot[[:space:]]+allocate[[:space:]]+memory' 'Rank[[:space:]]+[0-9.]+[[:space:]]+times[[:space:]]+out[[:space:]]+waiting[[:space:]]+for[[:space:]]+another[[:space:]]+rank[[:space:]]+while[[:space:]]+weights[[:space:]]+load' 'ib_write_bw[[:space:]]+shows[[:space:]]+[0-9.]+[[:space:]]+instead[[:space:]]+of[[:space:]]+about[[:space:]]+[0-9.]+[[:space:]]+Gb/s' 'The[[:space:]]+ConnectX-[0-9.]+[[:space:]]+interface[[:space:]]+is[[:space:]]+gone[[:space:]]+after[[:space:]]+a[[:space:]]+peer[[:space:]]+was[[:space:]]+switched[[:space:]]+off' 'ibv_modify_qp[[:space:]]+failed[[:space:]]+with[[:space:]]+error[[:space:]]+[0-9.]+[[:space:]]+Connection[[:space:]]+timed[[:space:]]+out' 'All[[:space:]]+ranks[[:space:]]+hang[[:space:]]+after[[:space:]]+hours[[:space:]]+although[[:space:]]+NCCL[[:space:]]+is[[:space:]]+new,[[:space:]]+and[[:space:]]+one[[:space:]]+thread[[:space:]]+of[[:space:]]+one[[:space:]]+rank[[:space:]]+is[[:space:]]+busy' 'The[[:space:]]+head[[:space:]]+shows[[:space:]]+about[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+of[[:space:]]+its[[:space:]]+memory[[:space:]]+in[[:space:]]+use' 'The[[:space:]]+container[[:space:]]+is[[:space:]]+gone[[:space:]]+after[[:space:]]+a[[:space:]]+crash,[[:space:]]+and[[:space:]]+its[[:space:]]+log[[:space:]]+with[[:space:]]+it' 'The[[:space:]]+machine[[:space:]]+switches[[:space:]]+off[[:space:]]+under[[:space:]]+load' 'Everything[[:space:]]+is[[:space:]]+slow,[[:space:]]+and[[:space:]]+nvidia-smi[[:space:]]+shows[[:space:]]+a[[:space:]]+clock[[:space:]]+of[[:space:]]+[0-9.]+[[:space:]]+to[[:space:]]+[0-9.]+[[:space:]]+MHz' 'nvidia-smi[[:space:]]+shows[[:space:]]+no[[:space:]]+memory[[:space:]]+usage[[:space:]]+'$'\\''(N/A,[[:space:]]+Not[[:space:]]+Supported'$'\\'')')
TROUBLE_MEANINGS=('The image holds FlashInfer and its compiled kernels in two versions, as a plain installation of vLLM 0.27.1 does.' 'The driver found no memory while loading; with Ray its object store and the shard overcommit the machine.' 'The driver can keep the memory of a container that was killed; about 33 GB per failed start were seen, and no tool shows it.' "One node has less than 90 % of another's free memory before loading; it holds leaked or foreign memory." "SGLang's static fraction of the memory that was free before loading is used up by the weights." 'The memory fraction is too high or the page cache was not dropped; 5 GB of swap made one node load four times slower until the other rank gave up.' 'Kernels were compiled beside a model that fills the unified memory, several at once, and the kernel ended one of the compilers.' 'Memory ran out faster than the kernel could end a process; on unified memory the whole machine stands still.' 'Ranks wait for each other in a collective; this is a deadlock and never ends, typically inside CUDA graph capture across nodes.' 'A step took longer than --watchdog-timeout, mostly in a collective of a replayed CUDA graph across nodes. The rank that says so waited for another one, and need not be the one that failed.' 'Gloo or NCCL bound to loopback or to another interface than the fabric.' "The process may not lock enough memory for RDMA, or the kernel's kexec handover blocks large registrations." "One node loads slower (page cache, swap), and SGLang's default limit is shorter than the difference." 'The ConnectX-7 link came up in a slow mode.' 'A hot-plug marker lets the system remove the adapter when the other end goes down.' 'NCCL tried to join two RDMA ports between which there is no cable, or with a GID that the other end does not have.' "On Arm NCCL's RDMA sender may read a slot before it is written, and then waits for a request that never comes. The repair is proposed and not in a release." "Normal on unified memory after warm-up, as long as the kernel's log has no NVRM and no OOM line." 'It was started with --rm.' 'The power supply was asked for more than it gives.' 'The node is held at low power; 2,200 MHz and more are normal, and figures measured now mean nothing.' "Expected on unified memory - there is no memory of the GPU's own to report.")
TROUBLE_DOS=('Install a matching pair in the image; until then set FLASHINFER_DISABLE_VERSION_CHECK to "1" in env, with which missing kernels are compiled at the first start.' "Cap Ray's object store on every ray start (1 to 2 GiB are enough), then lower the memory fraction. This line in the kernel's log tells a real shortage from a false alarm of Ray's monitor." 'Reboot the node; nothing else gave it back.' 'Drop the page cache and stop other services there; when it stays short, reboot that node.' 'Raise mem_fraction_static, take a smaller checkpoint, or add a node.' 'Stop, drop the page cache on every node, lower the memory fraction (SGLang 0.75 instead of 0.85), start again.' 'Set MAX_JOBS to "2" and FLASHINFER_NVCC_THREADS to "1" in env for the first start, or lower the memory fraction until the caches are filled.' 'Switch it off at the power button. Before the next start lower the memory fraction; earlyoom on the node (-M 524288,102400 -s 100 -r 60) ends the engine when less than 512 MiB are left, before the machine locks.' 'Stop all nodes. Switch CUDA graphs off (vLLM --enforce-eager, SGLang --disable-cuda-graph) or use NCCL 2.30.4 or newer.' 'Read the log of the node whose lines end first. If none failed, switch CUDA graphs off (serving.cuda_graphs off) or use NCCL 2.30.4 or newer; raise args.watchdog-timeout only where single steps really take that long.' 'Name the fabric interface in NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME for every worker.' 'Give the container an unlimited memlock limit (ulimit memlock=-1; LimitMEMLOCK=infinity in units); when that is so already, boot with the kernel argument kho=off.' 'Pass --dist-timeout 1800 and free memory on the slow node.' 'Switch the machines off, pull the power for 60 to 90 seconds, and measure again.' 'Remove /etc/nvidia/cx7-hotplug-enabled on all nodes, and reboot them together.' 'On a ring load NCCL 2.30 or newer with NCCL_IB_SUBNET_AWARE_ROUTING=1, and from four nodes on NCCL_ALGO=Ring (sparkc sets both); leave the GID index out; give every cable a network of its own.' 'Restart the group; when it comes back, build NCCL with https://github.com/NVIDIA/nccl/pull/2393 and load it in container.setup.' 'Nothing; look for NVRM or OOM lines when in doubt.' 'Start containers without --rm; remove them when they are no longer needed.' 'Cap the clock: sudo nvidia-smi -lgc 200,2150.' 'Switch the machine off, pull the power for a minute, and look at the clock again.' 'Nothing; MemAvailable in /proc/meminfo is the figure, and ./launch.sh status shows it.')
TROUBLE_LINKS=(https://github.com/jschmied/dgx-spark-setup-guide https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://al-engr.com/minimax-sglang-debug.html https://al-engr.com/minimax-sglang-debug.html https://github.com/sgl-project/sglang https://al-engr.com/minimax-sglang-debug.html https://github.com/jschmied/dgx-spark-setup-guide https://github.com/eugr/spark-vllm-docker https://al-engr.com/minimax-sglang-debug.html https://github.com/sgl-project/sglang/issues/19991 https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/christopherowen/dgx-spark-networking https://al-engr.com/minimax-sglang-debug.html https://github.com/tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3 https://github.com/NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark https://github.com/tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3 https://github.com/christopherowen/dgx-spark-networking https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/eugr/spark-vllm-docker https://github.com/NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark https://github.com/NVIDIA/dgx-spark-playbooks)
