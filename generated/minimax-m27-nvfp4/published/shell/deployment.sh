# shellcheck shell=bash
# shellcheck disable=SC2034,SC2016 # read by lib/; a dollar sign in a text is a dollar sign
# What launch.sh knows of minimax-m27-nvfp4 (published).
# Generated from specs/minimax-m27-nvfp4.yaml; a change belongs there.
# Rebuild with: sparkc build specs/minimax-m27-nvfp4.yaml

# names
DEPLOYMENT=minimax-m27-nvfp4-published
TITLE='minimax-m27-nvfp4 (published)'
SUMMARY='saricles/MiniMax-M2.7-NVFP4-GB10-AC (nvfp4) on 2 NVIDIA DGX Spark (GB10), vllm 0.18.1 over Ray'
SPEC=specs/minimax-m27-nvfp4.yaml
EXECUTOR=ray


# nodes, the head first; an empty text is left to the user's ssh configuration, or was not declared
NODES=(spark-1 spark-2)
SSH_HOSTS=(spark-1.lan spark-2.lan)
SSH_USERS=(ops ops)
SSH_PORTS=('' '')
USERS=(ops ops)
INSTALL_DIRS=(/home/ops/sparkc/minimax-m27-nvfp4/published /home/ops/sparkc/minimax-m27-nvfp4/published)
ADDRESSES=(10.0.0.1 10.0.0.2)
MTUS=('' '')
NEEDED_FREE=(107513124592 107513124592)


# images that a node needs: its index, what is run, what it is called, what may be pulled from a registry
IMAGE_NODES=(0 1)
IMAGE_NAMES=(vllm-node:latest vllm-node:latest)
IMAGE_REFERENCES=(vllm-node:latest vllm-node:latest)
IMAGE_PULLS=('' '')


# weights that a node needs, and what downloads them when no node has them
WEIGHTS_NODES=(0 1)
WEIGHTS_REPOSITORIES=(saricles/MiniMax-M2.7-NVFP4-GB10-AC saricles/MiniMax-M2.7-NVFP4-GB10-AC)
WEIGHTS_REVISIONS=('' '')
WEIGHTS_HUBS=(huggingface huggingface)
WEIGHTS_PATHS=(/home/ops/models/MiniMax-M2.7-NVFP4-GB10-AC /home/ops/models/MiniMax-M2.7-NVFP4-GB10-AC)
WEIGHTS_IN_CACHE=(no no)
WEIGHTS_LEAST=(133997500000 133997500000)
WEIGHTS_MOST=(148102500000 148102500000)
WEIGHTS_IMAGES=(vllm-node:latest vllm-node:latest)
WEIGHTS_TOKEN_VARIABLES=('' '')
WEIGHTS_TOKEN_FILES=('' '')


# ports that the other nodes dial
PEER_PORT_NODES=(0 0 1)
PEER_PORTS=(6379 6380 6380)
PEER_PORT_PURPOSES=("Ray's GCS" "Ray's node manager" "Ray's node manager")


# the service, and what verify sends
SERVICE_NODE=0
SERVICE_CONTAINER=minimax-m27-nvfp4-published-head
SERVICE_HOST=127.0.0.1
SERVICE_PORT=30000
SERVICE_URL=http://spark-1.lan:30000
HEALTH_PATH=/health
API_KEY_FILE=''
MODEL_NAMES=(minimax-m2.7-ac)
TASK=generate
CHAT_REQUEST='{"model": "minimax-m2.7-ac", "messages": [{"role": "user", "content": "Explain in two or three sentences what the page cache of an operating system is good for."}], "max_tokens": 256, "temperature": 1.0, "top_p": 0.95, "top_k": 40}'
TOOL_REQUEST=''
EMBED_REQUEST=''
RERANK_REQUEST=''
FORBIDDEN_TEXTS=('<minimax:tool_call>' '</minimax:tool_call>' ']~b]' '[e~[')
FIRST_START_SECONDS=2700
WARM_START_SECONDS=240


# log lines that prove the setup, and lines that look bad and are not
MARKER_PATTERNS=('tensor_parallel_size=2,' 'kv_cache_dtype=fp8_e4m3' "Using '?MARLIN'? NvFp4 MoE backend")
MARKER_PROOFS=('tensor parallel over 2 ranks' 'a KV cache in fp8_e4m3' 'the Marlin kernel for NVFP4 experts')
MARKER_REQUIRED=(yes yes yes)
HARMLESS_PATTERNS=('does not have native support for FP4 computation')
HARMLESS_PROOFS=('Expected on this machine - the weights stay in 4 bits and Marlin computes in 16, which is the faster path here.')


# commands that must succeed in the serving container; the words of all of them stand one behind the other
INSIDE_NAMES=()
INSIDE_PROOFS=()
INSIDE_WAYS_OUT=()
INSIDE_COUNTS=()
INSIDE_WORDS=()


# the benchmark, and published figures to hold one's own against
BENCH=(vllm bench serve --backend openai --base-url http://127.0.0.1:30000 --model minimax-m2.7-ac --tokenizer '~'/models/MiniMax-M2.7-NVFP4-GB10-AC --dataset-name random --random-input-len 2048 --random-output-len 128 --num-prompts 8 --max-concurrency 1)
FIGURE_WHATS=('decode, 512 tokens of code, one request' 'decode, 256 tokens of mathematics, one request' 'decode, expert parallel with Marlin, one request' 'decode, Marlin without expert parallel, one request' 'decode, CUTLASS, one request')
FIGURE_VALUES=('28.8 tok/s' '36.6 tok/s' '16.1 to 17.5 tok/s' '11.0 to 17.9 tok/s' '13.7 tok/s')
FIGURE_SETUPS=('M2.7 NVFP4-GB10-AC, TP=2, Ray, RoCE on both twins, Marlin; NCCL on RoCE and not on the management port; the Marlin lines in the log' 'M2.7 NVFP4-GB10-AC, TP=2, Ray, RoCE on both twins, Marlin' 'M2.5 NVFP4, TP=2, EP, Ray, eager, Marlin; 11 to 14 instead of 16 to 17 tok/s: look for enable_expert_parallel: True and the MARLIN NvFp4 MoE backend in the log' 'M2.5 NVFP4, TP=2, Ray, eager, Marlin' 'M2.5 NVFP4, TP=2, Ray, eager, CUTLASS')
FIGURE_LINKS=(https://al-engr.com/minimax-sglang-debug.html https://al-engr.com/minimax-sglang-debug.html https://github.com/Avarok-Cybersecurity/dgx-vllm https://github.com/Avarok-Cybersecurity/dgx-vllm https://github.com/Avarok-Cybersecurity/dgx-vllm)


# messages that others have met
TROUBLE_SYMPTOMS=('ray: command not found' 'KeyError: invalid tool call parser: …' 'No "Application startup complete" for 25 minutes' "The Ray worker won't connect" '… 3 unique IP addresses …' 'Every node should have a unique IP address' 'Cannot provide a placement group …' 'ValueError: Free memory on device cuda:0 (…/… GiB) on startup is less than desired GPU memory utilization …' 'No available memory for the cache blocks' "To serve at least one request with the models's max seq len (…), (… GiB KV cache is needed …" 'NVRM: Out of memory …' "NODE_OUT_OF_MEMORY: … Ray's memory monitor killed a worker" 'A worker dies under load, then many answers with status 500' 'Free memory stays short after the page cache was dropped and no engine runs' 'Swap fills while weights load' 'GPU at 96 % SM and 0 % memory (nvidia-smi dmon -s u), no progress' 'RayChannelTimeoutError after 2 to 8 requests' 'Workers look connected, and nothing moves' 'ibv_reg_mr … failed: Cannot allocate memory' 'shm_broadcast errors, 96 % GPU, a freeze during graph capture, after the ssh session ended' 'Your GPU does not have native support for FP4 computation but FP4 quantization is being used. …' 'The head shows about 96 % of its memory in use' '11 to 14 tok/s instead of 16 to 17, or changing from request to request' 'The second node does nothing, and there is no error' 'The container is gone after a crash, and its log with it')
TROUBLE_PATTERNS=('ray:[[:space:]]+command[[:space:]]+not[[:space:]]+found' 'KeyError:[[:space:]]+invalid[[:space:]]+tool[[:space:]]+call[[:space:]]+parser:[[:space:]]+.*' 'No[[:space:]]+"Application[[:space:]]+startup[[:space:]]+complete"[[:space:]]+for[[:space:]]+[0-9.]+[[:space:]]+minutes' "The[[:space:]]+Ray[[:space:]]+worker[[:space:]]+won't[[:space:]]+connect" '.*[[:space:]]+[0-9.]+[[:space:]]+unique[[:space:]]+IP[[:space:]]+addresses[[:space:]]+.*' 'Every[[:space:]]+node[[:space:]]+should[[:space:]]+have[[:space:]]+a[[:space:]]+unique[[:space:]]+IP[[:space:]]+address' 'Cannot[[:space:]]+provide[[:space:]]+a[[:space:]]+placement[[:space:]]+group[[:space:]]+.*' 'ValueError:[[:space:]]+Free[[:space:]]+memory[[:space:]]+on[[:space:]]+device[[:space:]]+cuda:[0-9.]+[[:space:]]+'$'\\''(.*/.*[[:space:]]+GiB'$'\\'')[[:space:]]+on[[:space:]]+startup[[:space:]]+is[[:space:]]+less[[:space:]]+than[[:space:]]+desired[[:space:]]+GPU[[:space:]]+memory[[:space:]]+utilization[[:space:]]+.*' 'No[[:space:]]+available[[:space:]]+memory[[:space:]]+for[[:space:]]+the[[:space:]]+cache[[:space:]]+blocks' 'To[[:space:]]+serve[[:space:]]+at[[:space:]]+least[[:space:]]+one[[:space:]]+request[[:space:]]+with[[:space:]]+the[[:space:]]+models'$'\'''s[[:space:]]+max[[:space:]]+seq[[:space:]]+len[[:space:]]+'$'\\''(.*'$'\\''),[[:space:]]+'$'\\''(.*[[:space:]]+GiB[[:space:]]+KV[[:space:]]+cache[[:space:]]+is[[:space:]]+needed[[:space:]]+.*' 'NVRM:[[:space:]]+Out[[:space:]]+of[[:space:]]+memory[[:space:]]+.*' "NODE_OUT_OF_MEMORY:[[:space:]]+.*[[:space:]]+Ray's[[:space:]]+memory[[:space:]]+monitor[[:space:]]+killed[[:space:]]+a[[:space:]]+worker" 'A[[:space:]]+worker[[:space:]]+dies[[:space:]]+under[[:space:]]+load,[[:space:]]+then[[:space:]]+many[[:space:]]+answers[[:space:]]+with[[:space:]]+status[[:space:]]+[0-9.]+' 'Free[[:space:]]+memory[[:space:]]+stays[[:space:]]+short[[:space:]]+after[[:space:]]+the[[:space:]]+page[[:space:]]+cache[[:space:]]+was[[:space:]]+dropped[[:space:]]+and[[:space:]]+no[[:space:]]+engine[[:space:]]+runs' 'Swap[[:space:]]+fills[[:space:]]+while[[:space:]]+weights[[:space:]]+load' 'GPU[[:space:]]+at[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+SM[[:space:]]+and[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+memory[[:space:]]+'$'\\''(nvidia-smi[[:space:]]+dmon[[:space:]]+-s[[:space:]]+u'$'\\''),[[:space:]]+no[[:space:]]+progress' 'RayChannelTimeoutError[[:space:]]+after[[:space:]]+[0-9.]+[[:space:]]+to[[:space:]]+[0-9.]+[[:space:]]+requests' 'Workers[[:space:]]+look[[:space:]]+connected,[[:space:]]+and[[:space:]]+nothing[[:space:]]+moves' 'ibv_reg_mr[[:space:]]+.*[[:space:]]+failed:[[:space:]]+Cannot[[:space:]]+allocate[[:space:]]+memory' 'shm_broadcast[[:space:]]+errors,[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+GPU,[[:space:]]+a[[:space:]]+freeze[[:space:]]+during[[:space:]]+graph[[:space:]]+capture,[[:space:]]+after[[:space:]]+the[[:space:]]+ssh[[:space:]]+session[[:space:]]+ended' 'Your[[:space:]]+GPU[[:space:]]+does[[:space:]]+not[[:space:]]+have[[:space:]]+native[[:space:]]+support[[:space:]]+for[[:space:]]+FP[0-9.]+[[:space:]]+computation[[:space:]]+but[[:space:]]+FP[0-9.]+[[:space:]]+quantization[[:space:]]+is[[:space:]]+being[[:space:]]+used'$'\\''.[[:space:]]+.*' 'The[[:space:]]+head[[:space:]]+shows[[:space:]]+about[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+of[[:space:]]+its[[:space:]]+memory[[:space:]]+in[[:space:]]+use' '[0-9.]+[[:space:]]+to[[:space:]]+[0-9.]+[[:space:]]+tok/s[[:space:]]+instead[[:space:]]+of[[:space:]]+[0-9.]+[[:space:]]+to[[:space:]]+[0-9.]+,[[:space:]]+or[[:space:]]+changing[[:space:]]+from[[:space:]]+request[[:space:]]+to[[:space:]]+request' 'The[[:space:]]+second[[:space:]]+node[[:space:]]+does[[:space:]]+nothing,[[:space:]]+and[[:space:]]+there[[:space:]]+is[[:space:]]+no[[:space:]]+error' 'The[[:space:]]+container[[:space:]]+is[[:space:]]+gone[[:space:]]+after[[:space:]]+a[[:space:]]+crash,[[:space:]]+and[[:space:]]+its[[:space:]]+log[[:space:]]+with[[:space:]]+it')
TROUBLE_MEANINGS=("The image carries no Ray; vLLM's wheels stopped asking for it between 0.16.0 and 0.18.1." "The parser's name is not registered in this version; vLLM notices only after it has started." 'A first start compiles kernels for about 25 minutes; with filled caches it is about 4.' 'The worker cannot reach the head at its address and port, or runs another image.' 'VLLM_HOST_IP was not set when Ray started, so a node with several interfaces shows up under more than one address.' 'vLLM counted other addresses than Ray nodes; two nodes share one, or one node has two.' 'Ray has fewer free GPUs than the launch has ranks; a worker has not joined, or an old engine still holds its GPU.' 'vLLM asks for its fraction of the total before it loads, and that much is not free. On unified memory this is mostly page cache or an engine that is still there, not a model that is too large.' "Weights and the engine's own needs fill the whole memory fraction; nothing is left for the KV cache." 'One request of max_model_len tokens needs more KV cache than is left; the message names the longest context that fits.' 'The driver found no memory while loading; with Ray its object store and the shard overcommit the machine.' "Ray kills at 95 % of the node's memory; a head with about 96 % in use after warm-up is normal on unified memory." "Ten requests with 100K tokens of context each drove the node over Ray's memory limit." 'The driver can keep the memory of a container that was killed; about 33 GB per failed start were seen, and no tool shows it.' 'The memory fraction is too high or the page cache was not dropped; 5 GB of swap made one node load four times slower until the other rank gave up.' 'Ranks wait for each other in a collective; this is a deadlock and never ends, typically inside CUDA graph capture across nodes.' 'CUDA graphs with collectives deadlock on replay across nodes; pipeline parallelism over Ray ends the same way on the second request.' 'Gloo or NCCL bound to loopback or to another interface than the fabric.' "The process may not lock enough memory for RDMA, or the kernel's kexec handover blocks large registrations." 'systemd removes the shared memory and semaphores of a user whose last session ends (RemoveIPC=yes, no linger).' 'Expected on this machine - the weights stay in 4 bits and Marlin computes in 16, which is the faster path here.' "Normal on unified memory after warm-up, as long as the kernel's log has no NVRM and no OOM line." 'Expert parallelism or the Marlin kernels are not active.' 'The driver is a Ray client (ray:// address) and sees only its own GPU.' 'It was started with --rm.')
TROUBLE_DOS=('Use an image that has Ray, or run without it (executor mp).' 'Take the name that this engine and version register (the tool parser of MiniMax M2 is minimax_m2 in vLLM and minimax-m2 in SGLang).' 'Wait and watch the log grow. Stop only when nothing new was written and the GPU is idle, or busy with idle memory (see the spin-lock below).' 'Check in this order - ssh to the worker, ping over the fabric address, the same image on the worker, the start script in place.' "Set VLLM_HOST_IP to the node's own fabric address before ray start, on every node." 'Give each node its own address in VLLM_HOST_IP before ray start and start the cluster anew.' 'Look at "ray status" in the head'$'\'''s container; it must list one GPU per rank, all free. Then start again.' 'Drop the page cache on every node, wait until free memory is stable, look for orphaned engine processes; when it stays short, reboot the node; then lower gpu_memory_utilization.' 'Raise gpu_memory_utilization if the host has room, lower max_num_batched_tokens, take a smaller checkpoint, or add a node.' 'Set max_model_len to the estimated maximum of the message or below, use an fp8 KV cache, or raise the memory fraction.' "Cap Ray's object store on every ray start (1 to 2 GiB are enough), then lower the memory fraction. This line in the kernel's log tells a real shortage from a false alarm of Ray's monitor." 'Switch the monitor off (RAY_memory_monitor_refresh_ms=0) or raise RAY_memory_usage_threshold, before ray start. Look for NVRM or kernel OOM lines to see whether memory really ran out.' "Keep gpu_memory_utilization at 0.82, max_model_len at 131072, max_num_batched_tokens at 8192 and max_num_seqs at 128, and raise Ray's threshold to 0.97." 'Reboot the node; nothing else gave it back.' 'Stop, drop the page cache on every node, lower the memory fraction (SGLang 0.75 instead of 0.85), start again.' 'Stop all nodes. Switch CUDA graphs off (vLLM --enforce-eager, SGLang --disable-cuda-graph) or use NCCL 2.30.4 or newer.' 'Start with CUDA graphs off (--enforce-eager); use tensor instead of pipeline parallelism.' 'Name the fabric interface in NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME for every worker.' 'Give the container an unlimited memlock limit (ulimit memlock=-1; LimitMEMLOCK=infinity in units); when that is so already, boot with the kernel argument kho=off.' 'Set RemoveIPC=no in logind.conf, or enable lingering for the user (loginctl enable-linger).' Nothing. 'Nothing; look for NVRM or OOM lines when in doubt.' 'Look for "enable_expert_parallel" and "MARLIN" in the engine'$'\'''s log; both must be there.' "Start the engine inside the head's container, with RAY_ADDRESS as host:port or unset." 'Start containers without --rm; remove them when they are no longer needed.')
TROUBLE_LINKS=(https://github.com/vllm-project/vllm/issues/33445 https://github.com/vllm-project/vllm https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/Avarok-Cybersecurity/dgx-vllm https://github.com/Avarok-Cybersecurity/dgx-vllm https://github.com/vllm-project/vllm/pull/43095 https://github.com/vllm-project/vllm https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/vllm-project/vllm https://github.com/vllm-project/vllm https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://al-engr.com/minimax-m2.7-dual-spark.html https://al-engr.com/minimax-sglang-debug.html https://al-engr.com/minimax-sglang-debug.html https://al-engr.com/minimax-sglang-debug.html https://github.com/Avarok-Cybersecurity/dgx-vllm https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/christopherowen/dgx-spark-networking https://github.com/eugr/spark-vllm-docker/issues/352 https://al-engr.com/minimax-sglang-debug.html https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://github.com/Avarok-Cybersecurity/dgx-vllm https://al-engr.com/minimax-m2.7-dual-spark.html https://al-engr.com/minimax-m2.7-dual-spark.html)
