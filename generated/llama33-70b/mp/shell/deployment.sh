# shellcheck shell=bash
# shellcheck disable=SC2034,SC2016 # read by lib/; a dollar sign in a text is a dollar sign
# What launch.sh knows of llama33-70b (mp).
# Generated from specs/llama33-70b.yaml; a change belongs there.
# Rebuild with: sparkc build specs/llama33-70b.yaml

# names
DEPLOYMENT=llama33-70b-mp
TITLE='llama33-70b (mp)'
SUMMARY='meta-llama/Llama-3.3-70B-Instruct (bf16) on 2 NVIDIA DGX Spark (GB10), vllm 0.20.1'
SPEC=specs/llama33-70b.yaml
USES_RAY=no


# nodes, the head first; an empty text is left to the user's ssh configuration, or was not declared
NODES=(spark-1 spark-2)
SSH_HOSTS=(spark-1.lan spark-2.lan)
SSH_USERS=(ops ops)
SSH_PORTS=('' '')
USERS=(ops ops)
INSTALL_DIRS=(/home/ops/sparkc/llama33-70b/mp /home/ops/sparkc/llama33-70b/mp)
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
PEER_PORTS=(29502 29501 29502)
PEER_PORT_PURPOSES=('where the other nodes see this one' 'where ranks meet' 'where the other nodes see this one')


# the service, and what verify sends
SERVICE_NODE=0
SERVICE_CONTAINER=llama33-70b-mp-head
SERVICE_HOST=127.0.0.1
SERVICE_PORT=8000
SERVICE_URL=http://spark-1.lan:8000
HEALTH_PATH=/health
API_KEY_FILE=''
LISTS_MODELS=yes
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
MARKER_PATTERNS=('tensor_parallel_size=2,' 'enforce_eager=True')
MARKER_PROOFS=('tensor parallel over 2 ranks' 'eager mode, no CUDA graphs')
MARKER_REQUIRED=(yes yes)
HARMLESS_PATTERNS=('Custom allreduce is disabled because this process group spans across nodes')
HARMLESS_PROOFS=('Expected - that path is for GPUs of one machine, and vLLM leaves it by itself; --disable-custom-all-reduce only keeps this line away.')


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
TROUBLE_SYMPTOMS=('KeyError: invalid tool call parser: …' 'No "Application startup complete" for 25 minutes' "ptxas fatal   : Value 'sm_121a' is not defined for option 'gpu-name'" 'TimeoutError: Timed out waiting for engine core processes to start. …' 'RuntimeError: flashinfer-cubin version (…) does not match flashinfer version (…). …' 'ValueError: Free memory on device cuda:0 (…/… GiB) on startup is less than desired GPU memory utilization …' 'No available memory for the cache blocks' "To serve at least one request with the models's max seq len (…), (… GiB KV cache is needed …" 'NVRM: Out of memory …' 'Free memory stays short after the page cache was dropped and no engine runs' 'Swap fills while weights load' 'Out of memory while the weights load' 'RPC call to sample_tokens timed out' "nvcc error   : 'cicc' died due to signal 9 (Kill signal)" 'The node answers ping and takes no ssh login' 'GPU at 96 % SM and 0 % memory (nvidia-smi dmon -s u), no progress' 'Workers look connected, and nothing moves' 'ibv_reg_mr … failed: Cannot allocate memory' 'shm_broadcast errors, 96 % GPU, a freeze during graph capture, after the ssh session ended' 'ib_write_bw shows 12.8 instead of about 111 Gb/s' 'The ConnectX-7 interface is gone after a peer was switched off' 'ibv_modify_qp failed with error 110 Connection timed out' 'Watchdog caught collective operation timeout: WorkNCCL(…) ran for … milliseconds before timing out.' 'All ranks hang after hours although NCCL is new, and one thread of one rank is busy' 'Custom allreduce is disabled because this process group spans across nodes.' 'The head shows about 96 % of its memory in use' 'The container is gone after a crash, and its log with it' 'The machine switches off under load' 'Everything is slow, and nvidia-smi shows a clock of 611 to 728 MHz' 'WARNING … CuTeDSL JIT compilation during inference: …' 'nvidia-smi shows no memory usage (N/A, Not Supported)')
TROUBLE_PATTERNS=('KeyError:[[:space:]]+invalid[[:space:]]+tool[[:space:]]+call[[:space:]]+parser:[[:space:]]+.*' 'No[[:space:]]+"Application[[:space:]]+startup[[:space:]]+complete"[[:space:]]+for[[:space:]]+[0-9.]+[[:space:]]+minutes' "ptxas[[:space:]]+fatal[[:space:]]+:[[:space:]]+Value[[:space:]]+'sm_[0-9.]+a'[[:space:]]+is[[:space:]]+not[[:space:]]+defined[[:space:]]+for[[:space:]]+option[[:space:]]+'gpu-name'" 'TimeoutError:[[:space:]]+Timed[[:space:]]+out[[:space:]]+waiting[[:space:]]+for[[:space:]]+engine[[:space:]]+core[[:space:]]+processes[[:space:]]+to[[:space:]]+start'$'\\''.[[:space:]]+.*' 'RuntimeError:[[:space:]]+flashinfer-cubin[[:space:]]+version[[:space:]]+'$'\\''(.*'$'\\'')[[:space:]]+does[[:space:]]+not[[:space:]]+match[[:space:]]+flashinfer[[:space:]]+version[[:space:]]+'$'\\''(.*'$'\\'')'$'\\''.[[:space:]]+.*' 'ValueError:[[:space:]]+Free[[:space:]]+memory[[:space:]]+on[[:space:]]+device[[:space:]]+cuda:[0-9.]+[[:space:]]+'$'\\''(.*/.*[[:space:]]+GiB'$'\\'')[[:space:]]+on[[:space:]]+startup[[:space:]]+is[[:space:]]+less[[:space:]]+than[[:space:]]+desired[[:space:]]+GPU[[:space:]]+memory[[:space:]]+utilization[[:space:]]+.*' 'No[[:space:]]+available[[:space:]]+memory[[:space:]]+for[[:space:]]+the[[:space:]]+cache[[:space:]]+blocks' 'To[[:space:]]+serve[[:space:]]+at[[:space:]]+least[[:space:]]+one[[:space:]]+request[[:space:]]+with[[:space:]]+the[[:space:]]+models'$'\'''s[[:space:]]+max[[:space:]]+seq[[:space:]]+len[[:space:]]+'$'\\''(.*'$'\\''),[[:space:]]+'$'\\''(.*[[:space:]]+GiB[[:space:]]+KV[[:space:]]+cache[[:space:]]+is[[:space:]]+needed[[:space:]]+.*' 'NVRM:[[:space:]]+Out[[:space:]]+of[[:space:]]+memory[[:space:]]+.*' 'Free[[:space:]]+memory[[:space:]]+stays[[:space:]]+short[[:space:]]+after[[:space:]]+the[[:space:]]+page[[:space:]]+cache[[:space:]]+was[[:space:]]+dropped[[:space:]]+and[[:space:]]+no[[:space:]]+engine[[:space:]]+runs' 'Swap[[:space:]]+fills[[:space:]]+while[[:space:]]+weights[[:space:]]+load' 'Out[[:space:]]+of[[:space:]]+memory[[:space:]]+while[[:space:]]+the[[:space:]]+weights[[:space:]]+load' 'RPC[[:space:]]+call[[:space:]]+to[[:space:]]+sample_tokens[[:space:]]+timed[[:space:]]+out' 'nvcc[[:space:]]+error[[:space:]]+:[[:space:]]+'$'\'''cicc'$'\'''[[:space:]]+died[[:space:]]+due[[:space:]]+to[[:space:]]+signal[[:space:]]+[0-9.]+[[:space:]]+'$'\\''(Kill[[:space:]]+signal'$'\\'')' 'The[[:space:]]+node[[:space:]]+answers[[:space:]]+ping[[:space:]]+and[[:space:]]+takes[[:space:]]+no[[:space:]]+ssh[[:space:]]+login' 'GPU[[:space:]]+at[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+SM[[:space:]]+and[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+memory[[:space:]]+'$'\\''(nvidia-smi[[:space:]]+dmon[[:space:]]+-s[[:space:]]+u'$'\\''),[[:space:]]+no[[:space:]]+progress' 'Workers[[:space:]]+look[[:space:]]+connected,[[:space:]]+and[[:space:]]+nothing[[:space:]]+moves' 'ibv_reg_mr[[:space:]]+.*[[:space:]]+failed:[[:space:]]+Cannot[[:space:]]+allocate[[:space:]]+memory' 'shm_broadcast[[:space:]]+errors,[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+GPU,[[:space:]]+a[[:space:]]+freeze[[:space:]]+during[[:space:]]+graph[[:space:]]+capture,[[:space:]]+after[[:space:]]+the[[:space:]]+ssh[[:space:]]+session[[:space:]]+ended' 'ib_write_bw[[:space:]]+shows[[:space:]]+[0-9.]+[[:space:]]+instead[[:space:]]+of[[:space:]]+about[[:space:]]+[0-9.]+[[:space:]]+Gb/s' 'The[[:space:]]+ConnectX-[0-9.]+[[:space:]]+interface[[:space:]]+is[[:space:]]+gone[[:space:]]+after[[:space:]]+a[[:space:]]+peer[[:space:]]+was[[:space:]]+switched[[:space:]]+off' 'ibv_modify_qp[[:space:]]+failed[[:space:]]+with[[:space:]]+error[[:space:]]+[0-9.]+[[:space:]]+Connection[[:space:]]+timed[[:space:]]+out' 'Watchdog[[:space:]]+caught[[:space:]]+collective[[:space:]]+operation[[:space:]]+timeout:[[:space:]]+WorkNCCL'$'\\''(.*'$'\\'')[[:space:]]+ran[[:space:]]+for[[:space:]]+.*[[:space:]]+milliseconds[[:space:]]+before[[:space:]]+timing[[:space:]]+out'$'\\''.' 'All[[:space:]]+ranks[[:space:]]+hang[[:space:]]+after[[:space:]]+hours[[:space:]]+although[[:space:]]+NCCL[[:space:]]+is[[:space:]]+new,[[:space:]]+and[[:space:]]+one[[:space:]]+thread[[:space:]]+of[[:space:]]+one[[:space:]]+rank[[:space:]]+is[[:space:]]+busy' 'Custom[[:space:]]+allreduce[[:space:]]+is[[:space:]]+disabled[[:space:]]+because[[:space:]]+this[[:space:]]+process[[:space:]]+group[[:space:]]+spans[[:space:]]+across[[:space:]]+nodes'$'\\''.' 'The[[:space:]]+head[[:space:]]+shows[[:space:]]+about[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+of[[:space:]]+its[[:space:]]+memory[[:space:]]+in[[:space:]]+use' 'The[[:space:]]+container[[:space:]]+is[[:space:]]+gone[[:space:]]+after[[:space:]]+a[[:space:]]+crash,[[:space:]]+and[[:space:]]+its[[:space:]]+log[[:space:]]+with[[:space:]]+it' 'The[[:space:]]+machine[[:space:]]+switches[[:space:]]+off[[:space:]]+under[[:space:]]+load' 'Everything[[:space:]]+is[[:space:]]+slow,[[:space:]]+and[[:space:]]+nvidia-smi[[:space:]]+shows[[:space:]]+a[[:space:]]+clock[[:space:]]+of[[:space:]]+[0-9.]+[[:space:]]+to[[:space:]]+[0-9.]+[[:space:]]+MHz' 'WARNING[[:space:]]+.*[[:space:]]+CuTeDSL[[:space:]]+JIT[[:space:]]+compilation[[:space:]]+during[[:space:]]+inference:[[:space:]]+.*' 'nvidia-smi[[:space:]]+shows[[:space:]]+no[[:space:]]+memory[[:space:]]+usage[[:space:]]+'$'\\''(N/A,[[:space:]]+Not[[:space:]]+Supported'$'\\'')')
TROUBLE_MEANINGS=("The parser's name is not registered in this version; vLLM notices only after it has started." 'A first start compiles kernels for about 25 minutes; with filled caches it is about 4.' 'The ptxas that comes with Triton is older than this chip.' "A first start compiled for longer than the API's side of vLLM waits for the engine. What was compiled is kept, so a second start is often enough." 'The image holds FlashInfer and its compiled kernels in two versions, as a plain installation of vLLM 0.27.1 does.' 'vLLM asks for its fraction of the total before it loads, and that much is not free. On unified memory this is mostly page cache or an engine that is still there, not a model that is too large.' "Weights and the engine's own needs fill the whole memory fraction; nothing is left for the KV cache." 'One request of max_model_len tokens needs more KV cache than is left; the message names the longest context that fits.' 'The driver found no memory while loading; with Ray its object store and the shard overcommit the machine.' 'The driver can keep the memory of a container that was killed; about 33 GB per failed start were seen, and no tool shows it.' 'The memory fraction is too high or the page cache was not dropped; 5 GB of swap made one node load four times slower until the other rank gave up.' 'The share of the memory leaves too little for the host beside the shards that are being read.' 'The head is short of memory and answers its own workers too late.' 'Kernels were compiled beside a model that fills the unified memory, several at once, and the kernel ended one of the compilers.' 'Memory ran out faster than the kernel could end a process; on unified memory the whole machine stands still.' 'Ranks wait for each other in a collective; this is a deadlock and never ends, typically inside CUDA graph capture across nodes.' 'Gloo or NCCL bound to loopback or to another interface than the fabric.' "The process may not lock enough memory for RDMA, or the kernel's kexec handover blocks large registrations." 'systemd removes the shared memory and semaphores of a user whose last session ends (RemoveIPC=yes, no linger).' 'The ConnectX-7 link came up in a slow mode.' 'A hot-plug marker lets the system remove the adapter when the other end goes down.' 'NCCL tried to join two RDMA ports between which there is no cable, or with a GID that the other end does not have.' 'A rank waited 10 minutes for the others. Under load on Arm this is mostly NCCL before 2.29.3, which loses slots until it deadlocks; an installation of vLLM 0.25.1 or 0.26.0 brings 2.28.9.' "On Arm NCCL's RDMA sender may read a slot before it is written, and then waits for a request that never comes. The repair is proposed and not in a release." 'Expected - that path is for GPUs of one machine, and vLLM leaves it by itself; --disable-custom-all-reduce only keeps this line away.' "Normal on unified memory after warm-up, as long as the kernel's log has no NVRM and no OOM line." 'It was started with --rm.' 'The power supply was asked for more than it gives.' 'The node is held at low power; 2,200 MHz and more are normal, and figures measured now mean nothing.' 'A request had a shape that the warm-up did not meet; its answer waits until the kernel is compiled. What is compiled is kept.' "Expected on unified memory - there is no memory of the GPU's own to report.")
TROUBLE_DOS=('Take the name that this engine and version register (the tool parser of MiniMax M2 is minimax_m2 in vLLM and minimax-m2 in SGLang).' 'Wait and watch the log grow. Stop only when nothing new was written and the GPU is idle, or busy with idle memory (see the spin-lock below).' "Point Triton to the CUDA toolkit's own: env TRITON_PTXAS_PATH=/usr/local/cuda/bin/ptxas." 'Start again, with the caches of the first start; then raise VLLM_ENGINE_READY_TIMEOUT_S in env (sparkc sets 3600).' 'Install a matching pair in the image; until then set FLASHINFER_DISABLE_VERSION_CHECK to "1" in env, with which missing kernels are compiled at the first start.' 'Drop the page cache on every node, wait until free memory is stable, look for orphaned engine processes; when it stays short, reboot the node; then lower gpu_memory_utilization.' 'Raise gpu_memory_utilization if the host has room, lower max_num_batched_tokens, take a smaller checkpoint, or add a node.' 'Set max_model_len to the estimated maximum of the message or below, use an fp8 KV cache, or raise the memory fraction.' "Cap Ray's object store on every ray start (1 to 2 GiB are enough), then lower the memory fraction. This line in the kernel's log tells a real shortage from a false alarm of Ray's monitor." 'Reboot the node; nothing else gave it back.' 'Stop, drop the page cache on every node, lower the memory fraction (SGLang 0.75 instead of 0.85), start again.' 'Lower serving.memory.gpu_memory_utilization one step (0.85 to 0.80) and start again.' 'Lower serving.max_num_seqs or the share of the memory, and move other services off the head.' 'Set MAX_JOBS to "2" and FLASHINFER_NVCC_THREADS to "1" in env for the first start, or lower the memory fraction until the caches are filled.' 'Switch it off at the power button. Before the next start lower the memory fraction; earlyoom on the node (-M 524288,102400 -s 100 -r 60) ends the engine when less than 512 MiB are left, before the machine locks.' 'Stop all nodes. Switch CUDA graphs off (vLLM --enforce-eager, SGLang --disable-cuda-graph) or use NCCL 2.30.4 or newer.' 'Name the fabric interface in NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME for every worker.' 'Give the container an unlimited memlock limit (ulimit memlock=-1; LimitMEMLOCK=infinity in units); when that is so already, boot with the kernel argument kho=off.' 'Set RemoveIPC=no in logind.conf, or enable lingering for the user (loginctl enable-linger).' 'Switch the machines off, pull the power for 60 to 90 seconds, and measure again.' 'Remove /etc/nvidia/cx7-hotplug-enabled on all nodes, and reboot them together.' 'On a ring load NCCL 2.30 or newer with NCCL_IB_SUBNET_AWARE_ROUTING=1, and from four nodes on NCCL_ALGO=Ring (sparkc sets both); leave the GID index out; give every cable a network of its own.' 'Load NCCL 2.29.3 or newer on every node - install it in container.setup, name it in env.LD_PRELOAD, point VLLM_NCCL_SO_PATH to the same file where the image sets it - look for "vLLM is using nccl==" in the log, and state it in engine.nccl.' 'Restart the group; when it comes back, build NCCL with https://github.com/NVIDIA/nccl/pull/2393 and load it in container.setup.' Nothing. 'Nothing; look for NVRM or OOM lines when in doubt.' 'Start containers without --rm; remove them when they are no longer needed.' 'Cap the clock: sudo nvidia-smi -lgc 200,2150.' 'Switch the machine off, pull the power for a minute, and look at the clock again.' 'Wait. If the engine ends with "RPC call to sample_tokens timed out", raise VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS in env (sparkc sets 1800 over several nodes).' 'Nothing; MemAvailable in /proc/meminfo is the figure, and ./launch.sh status shows it.')
TROUBLE_LINKS=(https://github.com/vllm-project/vllm https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/vllm-project/vllm/issues/30163 https://github.com/vllm-project/vllm/issues/48031 https://github.com/jschmied/dgx-spark-setup-guide https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/vllm-project/vllm https://github.com/vllm-project/vllm https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://al-engr.com/minimax-sglang-debug.html https://al-engr.com/minimax-sglang-debug.html https://github.com/Avarok-Cybersecurity/dgx-vllm https://github.com/eugr/spark-vllm-docker/issues/321 https://github.com/jschmied/dgx-spark-setup-guide https://github.com/eugr/spark-vllm-docker https://al-engr.com/minimax-sglang-debug.html https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/christopherowen/dgx-spark-networking https://github.com/eugr/spark-vllm-docker/issues/352 https://github.com/tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3 https://github.com/NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark https://github.com/tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3 https://github.com/vllm-project/vllm/issues/42354 https://github.com/christopherowen/dgx-spark-networking https://github.com/vllm-project/vllm https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/eugr/spark-vllm-docker https://github.com/NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark https://github.com/MiaAI-Lab/DeepSeek-v4-Flash-DSpark-2x-DGX-Spark/issues/65 https://github.com/NVIDIA/dgx-spark-playbooks)
