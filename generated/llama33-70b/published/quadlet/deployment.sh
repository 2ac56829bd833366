# shellcheck shell=bash
# shellcheck disable=SC2034,SC2016 # read by lib/; a dollar sign in a text is a dollar sign
# What launch.sh knows of llama33-70b (published).
# Generated from specs/llama33-70b.yaml; a change belongs there.
# Rebuild with: sparkc build specs/llama33-70b.yaml

# names
DEPLOYMENT=llama33-70b-published
TITLE='llama33-70b (published)'
SUMMARY='meta-llama/Llama-3.3-70B-Instruct (bf16) on 2 NVIDIA DGX Spark (GB10), vllm 0.20.1 over Ray'
SPEC=specs/llama33-70b.yaml
EXECUTOR=ray


# nodes, the head first; an empty text is left to the user's ssh configuration, or was not declared
NODES=(spark-1 spark-2)
SSH_HOSTS=(spark-1.lan spark-2.lan)
SSH_USERS=(ops ops)
SSH_PORTS=('' '')
USERS=(ops ops)
INSTALL_DIRS=(/home/ops/sparkc/llama33-70b/published /home/ops/sparkc/llama33-70b/published)
ADDRESSES=(192.168.100.10 192.168.100.11)
MTUS=('' '')
NEEDED_FREE=(104943230911 104943230911)
LEAST_MEMORY_PERCENT=''


# images that a node needs: its index, what is run, what it is called, what may be pulled from a registry
IMAGE_NODES=(0 1)
IMAGE_NAMES=(nvcr.io/nvidia/vllm:26.05-py3 nvcr.io/nvidia/vllm:26.05-py3)
IMAGE_REFERENCES=(nvcr.io/nvidia/vllm:26.05-py3 nvcr.io/nvidia/vllm:26.05-py3)
IMAGE_PULLS=('' '')


# weights that a node needs, and what downloads them when no node has them
WEIGHTS_NODES=(0 1)
WEIGHTS_REPOSITORIES=(meta-llama/Llama-3.3-70B-Instruct meta-llama/Llama-3.3-70B-Instruct)
WEIGHTS_REVISIONS=('' '')
WEIGHTS_HUBS=(huggingface huggingface)
WEIGHTS_PATHS=(/home/ops/.cache/huggingface /home/ops/.cache/huggingface)
WEIGHTS_IN_CACHE=(yes yes)
WEIGHTS_LEAST=(134051650000 134051650000)
WEIGHTS_MOST=(148162350000 148162350000)
WEIGHTS_IMAGES=(nvcr.io/nvidia/vllm:26.05-py3 nvcr.io/nvidia/vllm:26.05-py3)
WEIGHTS_TOKEN_VARIABLES=('' '')
WEIGHTS_TOKEN_FILES=('' '')


# ports that the other nodes dial
PEER_PORT_NODES=(0 0 1)
PEER_PORTS=(6379 6380 6380)
PEER_PORT_PURPOSES=("Ray's GCS" "Ray's node manager" "Ray's node manager")


# the service, and what verify sends
SERVICE_NODE=0
SERVICE_CONTAINER=llama33-70b-published-head
SERVICE_HOST=127.0.0.1
SERVICE_PORT=8000
SERVICE_URL=http://spark-1.lan:8000
HEALTH_PATH=/health
API_KEY_FILE=''
API_KEY_INSIDE=''
MODEL_NAMES=(meta-llama/Llama-3.3-70B-Instruct)
TASK=generate
CHAT_REQUEST='{"model": "meta-llama/Llama-3.3-70B-Instruct", "messages": [{"role": "user", "content": "Explain in two or three sentences what the page cache of an operating system is good for."}], "max_tokens": 256}'
TOOL_REQUEST=''
EMBED_REQUEST=''
RERANK_REQUEST=''
FORBIDDEN_TEXTS=('<|python_tag|>' '<|eot_id|>')
FIRST_START_SECONDS=2700
WARM_START_SECONDS=240


# log lines that prove the setup, and lines that look bad and are not
MARKER_PATTERNS=('tensor_parallel_size=2,')
MARKER_PROOFS=('tensor parallel over 2 ranks')
MARKER_REQUIRED=(yes)
HARMLESS_PATTERNS=()
HARMLESS_PROOFS=()


# commands that must succeed in the serving container; the words of all of them stand one behind the other
INSIDE_NAMES=()
INSIDE_PROOFS=()
INSIDE_WAYS_OUT=()
INSIDE_COUNTS=()
INSIDE_WORDS=()


# the benchmark, and published figures to hold one's own against
BENCH=(vllm bench serve --backend openai --base-url http://127.0.0.1:8000 --model meta-llama/Llama-3.3-70B-Instruct --tokenizer meta-llama/Llama-3.3-70B-Instruct --dataset-name random --random-input-len 512 --random-output-len 128 --num-prompts 8 --max-concurrency 1)
FIGURE_WHATS=()
FIGURE_VALUES=()
FIGURE_SETUPS=()
FIGURE_LINKS=()


# messages that others have met
TROUBLE_SYMPTOMS=('ray: command not found' 'KeyError: invalid tool call parser: …' 'No "Application startup complete" for 25 minutes' "The Ray worker won't connect" '… 3 unique IP addresses …' 'Every node should have a unique IP address' 'Cannot provide a placement group …' "ptxas fatal   : Value 'sm_121a' is not defined for option 'gpu-name'" 'vLLM waits for its placement group although all nodes are in `ray status`' 'ValueError: Free memory on device cuda:0 (…/… GiB) on startup is less than desired GPU memory utilization …' 'No available memory for the cache blocks' "To serve at least one request with the models's max seq len (…), (… GiB KV cache is needed …" 'NVRM: Out of memory …' "NODE_OUT_OF_MEMORY: … Ray's memory monitor killed a worker" 'A worker dies under load, then many answers with status 500' 'Free memory stays short after the page cache was dropped and no engine runs' 'Swap fills while weights load' 'Out of memory while the weights load' 'RPC call to sample_tokens timed out' 'GPU at 96 % SM and 0 % memory (nvidia-smi dmon -s u), no progress' 'RayChannelTimeoutError after 2 to 8 requests' 'Workers look connected, and nothing moves' 'ibv_reg_mr … failed: Cannot allocate memory' 'shm_broadcast errors, 96 % GPU, a freeze during graph capture, after the ssh session ended' 'ib_write_bw shows 12.8 instead of about 111 Gb/s' 'The ConnectX-7 interface is gone after a peer was switched off' 'The head shows about 96 % of its memory in use' 'The second node does nothing, and there is no error' 'The container is gone after a crash, and its log with it' 'The machine switches off under load' 'Everything is slow, and nvidia-smi shows a clock of 611 to 728 MHz' 'Ray keeps two CPU cores busy although nobody asks anything')
TROUBLE_PATTERNS=('ray:[[:space:]]+command[[:space:]]+not[[:space:]]+found' 'KeyError:[[:space:]]+invalid[[:space:]]+tool[[:space:]]+call[[:space:]]+parser:[[:space:]]+.*' 'No[[:space:]]+"Application[[:space:]]+startup[[:space:]]+complete"[[:space:]]+for[[:space:]]+[0-9.]+[[:space:]]+minutes' "The[[:space:]]+Ray[[:space:]]+worker[[:space:]]+won't[[:space:]]+connect" '.*[[:space:]]+[0-9.]+[[:space:]]+unique[[:space:]]+IP[[:space:]]+addresses[[:space:]]+.*' 'Every[[:space:]]+node[[:space:]]+should[[:space:]]+have[[:space:]]+a[[:space:]]+unique[[:space:]]+IP[[:space:]]+address' 'Cannot[[:space:]]+provide[[:space:]]+a[[:space:]]+placement[[:space:]]+group[[:space:]]+.*' "ptxas[[:space:]]+fatal[[:space:]]+:[[:space:]]+Value[[:space:]]+'sm_[0-9.]+a'[[:space:]]+is[[:space:]]+not[[:space:]]+defined[[:space:]]+for[[:space:]]+option[[:space:]]+'gpu-name'" 'vLLM[[:space:]]+waits[[:space:]]+for[[:space:]]+its[[:space:]]+placement[[:space:]]+group[[:space:]]+although[[:space:]]+all[[:space:]]+nodes[[:space:]]+are[[:space:]]+in[[:space:]]+`ray[[:space:]]+status`' 'ValueError:[[:space:]]+Free[[:space:]]+memory[[:space:]]+on[[:space:]]+device[[:space:]]+cuda:[0-9.]+[[:space:]]+'$'\\''(.*/.*[[:space:]]+GiB'$'\\'')[[:space:]]+on[[:space:]]+startup[[:space:]]+is[[:space:]]+less[[:space:]]+than[[:space:]]+desired[[:space:]]+GPU[[:space:]]+memory[[:space:]]+utilization[[:space:]]+.*' 'No[[:space:]]+available[[:space:]]+memory[[:space:]]+for[[:space:]]+the[[:space:]]+cache[[:space:]]+blocks' 'To[[:space:]]+serve[[:space:]]+at[[:space:]]+least[[:space:]]+one[[:space:]]+request[[:space:]]+with[[:space:]]+the[[:space:]]+models'$'\'''s[[:space:]]+max[[:space:]]+seq[[:space:]]+len[[:space:]]+'$'\\''(.*'$'\\''),[[:space:]]+'$'\\''(.*[[:space:]]+GiB[[:space:]]+KV[[:space:]]+cache[[:space:]]+is[[:space:]]+needed[[:space:]]+.*' 'NVRM:[[:space:]]+Out[[:space:]]+of[[:space:]]+memory[[:space:]]+.*' "NODE_OUT_OF_MEMORY:[[:space:]]+.*[[:space:]]+Ray's[[:space:]]+memory[[:space:]]+monitor[[:space:]]+killed[[:space:]]+a[[:space:]]+worker" 'A[[:space:]]+worker[[:space:]]+dies[[:space:]]+under[[:space:]]+load,[[:space:]]+then[[:space:]]+many[[:space:]]+answers[[:space:]]+with[[:space:]]+status[[:space:]]+[0-9.]+' 'Free[[:space:]]+memory[[:space:]]+stays[[:space:]]+short[[:space:]]+after[[:space:]]+the[[:space:]]+page[[:space:]]+cache[[:space:]]+was[[:space:]]+dropped[[:space:]]+and[[:space:]]+no[[:space:]]+engine[[:space:]]+runs' 'Swap[[:space:]]+fills[[:space:]]+while[[:space:]]+weights[[:space:]]+load' 'Out[[:space:]]+of[[:space:]]+memory[[:space:]]+while[[:space:]]+the[[:space:]]+weights[[:space:]]+load' 'RPC[[:space:]]+call[[:space:]]+to[[:space:]]+sample_tokens[[:space:]]+timed[[:space:]]+out' 'GPU[[:space:]]+at[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+SM[[:space:]]+and[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+memory[[:space:]]+'$'\\''(nvidia-smi[[:space:]]+dmon[[:space:]]+-s[[:space:]]+u'$'\\''),[[:space:]]+no[[:space:]]+progress' 'RayChannelTimeoutError[[:space:]]+after[[:space:]]+[0-9.]+[[:space:]]+to[[:space:]]+[0-9.]+[[:space:]]+requests' 'Workers[[:space:]]+look[[:space:]]+connected,[[:space:]]+and[[:space:]]+nothing[[:space:]]+moves' 'ibv_reg_mr[[:space:]]+.*[[:space:]]+failed:[[:space:]]+Cannot[[:space:]]+allocate[[:space:]]+memory' 'shm_broadcast[[:space:]]+errors,[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+GPU,[[:space:]]+a[[:space:]]+freeze[[:space:]]+during[[:space:]]+graph[[:space:]]+capture,[[:space:]]+after[[:space:]]+the[[:space:]]+ssh[[:space:]]+session[[:space:]]+ended' 'ib_write_bw[[:space:]]+shows[[:space:]]+[0-9.]+[[:space:]]+instead[[:space:]]+of[[:space:]]+about[[:space:]]+[0-9.]+[[:space:]]+Gb/s' 'The[[:space:]]+ConnectX-[0-9.]+[[:space:]]+interface[[:space:]]+is[[:space:]]+gone[[:space:]]+after[[:space:]]+a[[:space:]]+peer[[:space:]]+was[[:space:]]+switched[[:space:]]+off' 'The[[:space:]]+head[[:space:]]+shows[[:space:]]+about[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+of[[:space:]]+its[[:space:]]+memory[[:space:]]+in[[:space:]]+use' 'The[[:space:]]+second[[:space:]]+node[[:space:]]+does[[:space:]]+nothing,[[:space:]]+and[[:space:]]+there[[:space:]]+is[[:space:]]+no[[:space:]]+error' 'The[[:space:]]+container[[:space:]]+is[[:space:]]+gone[[:space:]]+after[[:space:]]+a[[:space:]]+crash,[[:space:]]+and[[:space:]]+its[[:space:]]+log[[:space:]]+with[[:space:]]+it' 'The[[:space:]]+machine[[:space:]]+switches[[:space:]]+off[[:space:]]+under[[:space:]]+load' 'Everything[[:space:]]+is[[:space:]]+slow,[[:space:]]+and[[:space:]]+nvidia-smi[[:space:]]+shows[[:space:]]+a[[:space:]]+clock[[:space:]]+of[[:space:]]+[0-9.]+[[:space:]]+to[[:space:]]+[0-9.]+[[:space:]]+MHz' 'Ray[[:space:]]+keeps[[:space:]]+two[[:space:]]+CPU[[:space:]]+cores[[:space:]]+busy[[:space:]]+although[[:space:]]+nobody[[:space:]]+asks[[:space:]]+anything')
TROUBLE_MEANINGS=("The image carries no Ray; vLLM's wheels stopped asking for it between 0.16.0 and 0.18.1." "The parser's name is not registered in this version; vLLM notices only after it has started." 'A first start compiles kernels for about 25 minutes; with filled caches it is about 4.' 'The worker cannot reach the head at its address and port, or runs another image.' 'VLLM_HOST_IP was not set when Ray started, so a node with several interfaces shows up under more than one address.' 'vLLM counted other addresses than Ray nodes; two nodes share one, or one node has two.' 'Ray has fewer free GPUs than the launch has ranks; a worker has not joined, or an old engine still holds its GPU.' 'The ptxas that comes with Triton is older than this chip.' 'Nodes with several network interfaces show several addresses, and packing the ranks then finds no place.' 'vLLM asks for its fraction of the total before it loads, and that much is not free. On unified memory this is mostly page cache or an engine that is still there, not a model that is too large.' "Weights and the engine's own needs fill the whole memory fraction; nothing is left for the KV cache." 'One request of max_model_len tokens needs more KV cache than is left; the message names the longest context that fits.' 'The driver found no memory while loading; with Ray its object store and the shard overcommit the machine.' "Ray kills at 95 % of the node's memory; a head with about 96 % in use after warm-up is normal on unified memory." "Ten requests with 100K tokens of context each drove the node over Ray's memory limit." 'The driver can keep the memory of a container that was killed; about 33 GB per failed start were seen, and no tool shows it.' 'The memory fraction is too high or the page cache was not dropped; 5 GB of swap made one node load four times slower until the other rank gave up.' 'The share of the memory leaves too little for the host beside the shards that are being read.' 'The head is short of memory and answers its own workers too late.' 'Ranks wait for each other in a collective; this is a deadlock and never ends, typically inside CUDA graph capture across nodes.' 'CUDA graphs with collectives deadlock on replay across nodes; pipeline parallelism over Ray ends the same way on the second request.' 'Gloo or NCCL bound to loopback or to another interface than the fabric.' "The process may not lock enough memory for RDMA, or the kernel's kexec handover blocks large registrations." 'systemd removes the shared memory and semaphores of a user whose last session ends (RemoveIPC=yes, no linger).' 'The ConnectX-7 link came up in a slow mode.' 'A hot-plug marker lets the system remove the adapter when the other end goes down.' "Normal on unified memory after warm-up, as long as the kernel's log has no NVRM and no OOM line." 'The driver is a Ray client (ray:// address) and sees only its own GPU.' 'It was started with --rm.' 'The power supply was asked for more than it gives.' 'The node is held at low power; 2,200 MHz and more are normal, and figures measured now mean nothing.' 'Known, and harmless.')
TROUBLE_DOS=('Use an image that has Ray, or run without it (executor mp).' 'Take the name that this engine and version register (the tool parser of MiniMax M2 is minimax_m2 in vLLM and minimax-m2 in SGLang).' 'Wait and watch the log grow. Stop only when nothing new was written and the GPU is idle, or busy with idle memory (see the spin-lock below).' 'Check in this order - ssh to the worker, ping over the fabric address, the same image on the worker, the start script in place.' "Set VLLM_HOST_IP to the node's own fabric address before ray start, on every node." 'Give each node its own address in VLLM_HOST_IP before ray start and start the cluster anew.' 'Look at "ray status" in the head'$'\'''s container; it must list one GPU per rank, all free. Then start again.' "Point Triton to the CUDA toolkit's own: env TRITON_PTXAS_PATH=/usr/local/cuda/bin/ptxas." 'Set VLLM_HOST_IP per node (sparkc does); if it still waits, ask for SPREAD in VLLM_DISTRIBUTED_EXECUTOR_CONFIG where the version knows that variable.' 'Drop the page cache on every node, wait until free memory is stable, look for orphaned engine processes; when it stays short, reboot the node; then lower gpu_memory_utilization.' 'Raise gpu_memory_utilization if the host has room, lower max_num_batched_tokens, take a smaller checkpoint, or add a node.' 'Set max_model_len to the estimated maximum of the message or below, use an fp8 KV cache, or raise the memory fraction.' "Cap Ray's object store on every ray start (1 to 2 GiB are enough), then lower the memory fraction. This line in the kernel's log tells a real shortage from a false alarm of Ray's monitor." 'Switch the monitor off (RAY_memory_monitor_refresh_ms=0) or raise RAY_memory_usage_threshold, before ray start. Look for NVRM or kernel OOM lines to see whether memory really ran out.' "Keep gpu_memory_utilization at 0.82, max_model_len at 131072, max_num_batched_tokens at 8192 and max_num_seqs at 128, and raise Ray's threshold to 0.97." 'Reboot the node; nothing else gave it back.' 'Stop, drop the page cache on every node, lower the memory fraction (SGLang 0.75 instead of 0.85), start again.' 'Lower serving.memory.gpu_memory_utilization one step (0.85 to 0.80) and start again.' 'Lower serving.max_num_seqs or the share of the memory, and move other services off the head.' 'Stop all nodes. Switch CUDA graphs off (vLLM --enforce-eager, SGLang --disable-cuda-graph) or use NCCL 2.30.4 or newer.' 'Start with CUDA graphs off (--enforce-eager); use tensor instead of pipeline parallelism.' 'Name the fabric interface in NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME for every worker.' 'Give the container an unlimited memlock limit (ulimit memlock=-1; LimitMEMLOCK=infinity in units); when that is so already, boot with the kernel argument kho=off.' 'Set RemoveIPC=no in logind.conf, or enable lingering for the user (loginctl enable-linger).' 'Switch the machines off, pull the power for 60 to 90 seconds, and measure again.' 'Remove /etc/nvidia/cx7-hotplug-enabled on all nodes, and reboot them together.' 'Nothing; look for NVRM or OOM lines when in doubt.' "Start the engine inside the head's container, with RAY_ADDRESS as host:port or unset." 'Start containers without --rm; remove them when they are no longer needed.' 'Cap the clock: sudo nvidia-smi -lgc 200,2150.' 'Switch the machine off, pull the power for a minute, and look at the clock again.' Nothing.)
TROUBLE_LINKS=(https://github.com/vllm-project/vllm/issues/33445 https://github.com/vllm-project/vllm https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/Avarok-Cybersecurity/dgx-vllm https://github.com/Avarok-Cybersecurity/dgx-vllm https://github.com/vllm-project/vllm/pull/43095 https://github.com/vllm-project/vllm https://github.com/vllm-project/vllm/issues/30163 https://github.com/eugr/spark-vllm-docker/issues/227 https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/vllm-project/vllm https://github.com/vllm-project/vllm https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://al-engr.com/minimax-m2.7-dual-spark.html https://al-engr.com/minimax-sglang-debug.html https://al-engr.com/minimax-sglang-debug.html https://github.com/Avarok-Cybersecurity/dgx-vllm https://github.com/eugr/spark-vllm-docker/issues/321 https://al-engr.com/minimax-sglang-debug.html https://github.com/Avarok-Cybersecurity/dgx-vllm https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/christopherowen/dgx-spark-networking https://github.com/eugr/spark-vllm-docker/issues/352 https://github.com/tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3 https://github.com/NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://al-engr.com/minimax-m2.7-dual-spark.html https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/eugr/spark-vllm-docker https://github.com/NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark https://github.com/eugr/spark-vllm-docker/issues/225)
