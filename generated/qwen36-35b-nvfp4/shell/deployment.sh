# shellcheck shell=bash
# shellcheck disable=SC2034,SC2016 # read by lib/; a dollar sign in a text is a dollar sign
# What launch.sh knows of qwen36-35b-nvfp4.
# Generated from specs/qwen36-35b-nvfp4.yaml; a change belongs there.
# Rebuild with: sparkc build specs/qwen36-35b-nvfp4.yaml

# names
DEPLOYMENT=qwen36-35b-nvfp4
TITLE=qwen36-35b-nvfp4
SUMMARY='nvidia/Qwen3.6-35B-A3B-NVFP4 (nvfp4) on one NVIDIA DGX Spark (GB10), vllm 0.30.0'
SPEC=specs/qwen36-35b-nvfp4.yaml
USES_RAY=no


# nodes, the head first; an empty text is left to the user's ssh configuration, or was not declared
NODES=(spark-1)
SSH_HOSTS=(spark-1.lan)
SSH_USERS=(ops)
SSH_PORTS=('')
USERS=(ops)
INSTALL_DIRS=(/home/ops/sparkc/qwen36-35b-nvfp4)
ADDRESSES=(127.0.0.1)
MTUS=('')
NEEDED_FREE=(53545357280)
LEAST_MEMORY_PERCENT=''


# images that a node needs: its index, what is run, what it is called, what may be pulled from a registry
IMAGE_NODES=(0)
IMAGE_NAMES=(vllm/vllm-openai:v0.30.0)
IMAGE_REFERENCES=(vllm/vllm-openai:v0.30.0)
IMAGE_PULLS=('')


# weights that a node needs, and what downloads them when no node has them
WEIGHTS_NODES=(0)
WEIGHTS_REPOSITORIES=(nvidia/Qwen3.6-35B-A3B-NVFP4)
WEIGHTS_REVISIONS=('')
WEIGHTS_HUBS=(huggingface)
WEIGHTS_PATHS=(/home/ops/.cache/huggingface)
WEIGHTS_IN_CACHE=(yes)
WEIGHTS_LEAST=('')
WEIGHTS_MOST=('')
WEIGHTS_IMAGES=(vllm/vllm-openai:v0.30.0)
WEIGHTS_TOKEN_VARIABLES=(HF_TOKEN)
WEIGHTS_TOKEN_FILES=(/home/ops/sparkc/qwen36-35b-nvfp4/secrets/hf-token)


# ports that the other nodes dial
PEER_PORT_NODES=()
PEER_PORTS=()
PEER_PORT_PURPOSES=()


# the service, and what verify sends
SERVICE_NODE=0
SERVICE_CONTAINER=qwen36-35b-nvfp4
SERVICE_HOST=127.0.0.1
SERVICE_PORT=8000
SERVICE_URL=http://spark-1.lan:8000
HEALTH_PATH=/health
API_KEY_FILE=''
LISTS_MODELS=yes
API_KEY_INSIDE=''
MODEL_NAMES=(nvidia/Qwen3.6-35B-A3B-NVFP4)
TASK=generate
CHAT_REQUEST='{"model": "nvidia/Qwen3.6-35B-A3B-NVFP4", "messages": [{"role": "user", "content": "Explain in two or three sentences what the page cache of an operating system is good for."}], "max_tokens": 1024}'
TOOL_REQUEST='{"model": "nvidia/Qwen3.6-35B-A3B-NVFP4", "messages": [{"role": "user", "content": "What is the weather like in Paris right now, in celsius?"}], "tools": [{"type": "function", "function": {"name": "get_current_weather", "description": "Get the current weather in a given location", "parameters": {"type": "object", "properties": {"location": {"type": "string", "description": "The city, for example Paris"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}}, "required": ["location"]}}}], "tool_choice": "auto", "temperature": 0, "max_tokens": 512}'
EMBED_REQUEST=''
RERANK_REQUEST=''
FORBIDDEN_TEXTS=('<tool_call>' '</tool_call>' '<|im_start|>' '<|im_end|>')
FIRST_START_SECONDS=2700
WARM_START_SECONDS=240


# log lines that prove the setup, and lines that look bad and are not
MARKER_PATTERNS=('tensor_parallel_size=1,' 'kv_cache_dtype=fp8' "Using '?MARLIN'? NvFp4 MoE backend")
MARKER_PROOFS=('tensor parallel over 1 ranks' 'a KV cache in fp8' 'the Marlin kernel for NVFP4 experts')
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
BENCH=(vllm bench serve --backend openai --base-url http://127.0.0.1:8000 --model nvidia/Qwen3.6-35B-A3B-NVFP4 --tokenizer nvidia/Qwen3.6-35B-A3B-NVFP4 --dataset-name random --random-input-len 2048 --random-output-len 128 --num-prompts 8 --max-concurrency 1 --trust-remote-code)
FIGURE_WHATS=('prefill, 8K in and 256 out, one request' 'decode, 8K in and 256 out, one request')
FIGURE_VALUES=('6265 tok/s' '97.7 tok/s')
FIGURE_SETUPS=('vLLM 0.28.0, TP=1, FlashInfer attention, Marlin MoE, driver 580.159.03, SPEED-Bench' 'vLLM 0.28.0, TP=1, FlashInfer attention, Marlin MoE, driver 580.159.03, SPEED-Bench')
FIGURE_LINKS=(https://github.com/vllm-project/recipes/pull/918 https://github.com/vllm-project/recipes/pull/918)


# messages that others have met
TROUBLE_SYMPTOMS=('KeyError: invalid tool call parser: …' 'No "Application startup complete" for 25 minutes' "ptxas fatal   : Value 'sm_121a' is not defined for option 'gpu-name'" 'TimeoutError: Timed out waiting for engine core processes to start. …' 'RuntimeError: flashinfer-cubin version (…) does not match flashinfer version (…). …' 'ValueError: … does not support … with pipeline parallelism' 'ValueError: Free memory on device cuda:0 (…/… GiB) on startup is less than desired GPU memory utilization …' 'No available memory for the cache blocks' "To serve at least one request with the models's max seq len (…), (… GiB KV cache is needed …" 'NVRM: Out of memory …' 'Free memory stays short after the page cache was dropped and no engine runs' 'Swap fills while weights load' 'Out of memory while the weights load' "nvcc error   : 'cicc' died due to signal 9 (Kill signal)" 'The node answers ping and takes no ssh login' 'shm_broadcast errors, 96 % GPU, a freeze during graph capture, after the ssh session ended' 'Your GPU does not have native support for FP4 computation but FP4 quantization is being used. …' 'The head shows about 96 % of its memory in use' 'The container is gone after a crash, and its log with it' 'The machine switches off under load' 'Everything is slow, and nvidia-smi shows a clock of 611 to 728 MHz' 'WARNING … CuTeDSL JIT compilation during inference: …' 'A model with four-bit experts answers with gibberish' 'nvidia-smi shows no memory usage (N/A, Not Supported)')
TROUBLE_PATTERNS=('KeyError:[[:space:]]+invalid[[:space:]]+tool[[:space:]]+call[[:space:]]+parser:[[:space:]]+.*' 'No[[:space:]]+"Application[[:space:]]+startup[[:space:]]+complete"[[:space:]]+for[[:space:]]+[0-9.]+[[:space:]]+minutes' "ptxas[[:space:]]+fatal[[:space:]]+:[[:space:]]+Value[[:space:]]+'sm_[0-9.]+a'[[:space:]]+is[[:space:]]+not[[:space:]]+defined[[:space:]]+for[[:space:]]+option[[:space:]]+'gpu-name'" 'TimeoutError:[[:space:]]+Timed[[:space:]]+out[[:space:]]+waiting[[:space:]]+for[[:space:]]+engine[[:space:]]+core[[:space:]]+processes[[:space:]]+to[[:space:]]+start'$'\\''.[[:space:]]+.*' 'RuntimeError:[[:space:]]+flashinfer-cubin[[:space:]]+version[[:space:]]+'$'\\''(.*'$'\\'')[[:space:]]+does[[:space:]]+not[[:space:]]+match[[:space:]]+flashinfer[[:space:]]+version[[:space:]]+'$'\\''(.*'$'\\'')'$'\\''.[[:space:]]+.*' 'ValueError:[[:space:]]+.*[[:space:]]+does[[:space:]]+not[[:space:]]+support[[:space:]]+.*[[:space:]]+with[[:space:]]+pipeline[[:space:]]+parallelism' 'ValueError:[[:space:]]+Free[[:space:]]+memory[[:space:]]+on[[:space:]]+device[[:space:]]+cuda:[0-9.]+[[:space:]]+'$'\\''(.*/.*[[:space:]]+GiB'$'\\'')[[:space:]]+on[[:space:]]+startup[[:space:]]+is[[:space:]]+less[[:space:]]+than[[:space:]]+desired[[:space:]]+GPU[[:space:]]+memory[[:space:]]+utilization[[:space:]]+.*' 'No[[:space:]]+available[[:space:]]+memory[[:space:]]+for[[:space:]]+the[[:space:]]+cache[[:space:]]+blocks' 'To[[:space:]]+serve[[:space:]]+at[[:space:]]+least[[:space:]]+one[[:space:]]+request[[:space:]]+with[[:space:]]+the[[:space:]]+models'$'\'''s[[:space:]]+max[[:space:]]+seq[[:space:]]+len[[:space:]]+'$'\\''(.*'$'\\''),[[:space:]]+'$'\\''(.*[[:space:]]+GiB[[:space:]]+KV[[:space:]]+cache[[:space:]]+is[[:space:]]+needed[[:space:]]+.*' 'NVRM:[[:space:]]+Out[[:space:]]+of[[:space:]]+memory[[:space:]]+.*' 'Free[[:space:]]+memory[[:space:]]+stays[[:space:]]+short[[:space:]]+after[[:space:]]+the[[:space:]]+page[[:space:]]+cache[[:space:]]+was[[:space:]]+dropped[[:space:]]+and[[:space:]]+no[[:space:]]+engine[[:space:]]+runs' 'Swap[[:space:]]+fills[[:space:]]+while[[:space:]]+weights[[:space:]]+load' 'Out[[:space:]]+of[[:space:]]+memory[[:space:]]+while[[:space:]]+the[[:space:]]+weights[[:space:]]+load' 'nvcc[[:space:]]+error[[:space:]]+:[[:space:]]+'$'\'''cicc'$'\'''[[:space:]]+died[[:space:]]+due[[:space:]]+to[[:space:]]+signal[[:space:]]+[0-9.]+[[:space:]]+'$'\\''(Kill[[:space:]]+signal'$'\\'')' 'The[[:space:]]+node[[:space:]]+answers[[:space:]]+ping[[:space:]]+and[[:space:]]+takes[[:space:]]+no[[:space:]]+ssh[[:space:]]+login' 'shm_broadcast[[:space:]]+errors,[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+GPU,[[:space:]]+a[[:space:]]+freeze[[:space:]]+during[[:space:]]+graph[[:space:]]+capture,[[:space:]]+after[[:space:]]+the[[:space:]]+ssh[[:space:]]+session[[:space:]]+ended' 'Your[[:space:]]+GPU[[:space:]]+does[[:space:]]+not[[:space:]]+have[[:space:]]+native[[:space:]]+support[[:space:]]+for[[:space:]]+FP[0-9.]+[[:space:]]+computation[[:space:]]+but[[:space:]]+FP[0-9.]+[[:space:]]+quantization[[:space:]]+is[[:space:]]+being[[:space:]]+used'$'\\''.[[:space:]]+.*' 'The[[:space:]]+head[[:space:]]+shows[[:space:]]+about[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+of[[:space:]]+its[[:space:]]+memory[[:space:]]+in[[:space:]]+use' 'The[[:space:]]+container[[:space:]]+is[[:space:]]+gone[[:space:]]+after[[:space:]]+a[[:space:]]+crash,[[:space:]]+and[[:space:]]+its[[:space:]]+log[[:space:]]+with[[:space:]]+it' 'The[[:space:]]+machine[[:space:]]+switches[[:space:]]+off[[:space:]]+under[[:space:]]+load' 'Everything[[:space:]]+is[[:space:]]+slow,[[:space:]]+and[[:space:]]+nvidia-smi[[:space:]]+shows[[:space:]]+a[[:space:]]+clock[[:space:]]+of[[:space:]]+[0-9.]+[[:space:]]+to[[:space:]]+[0-9.]+[[:space:]]+MHz' 'WARNING[[:space:]]+.*[[:space:]]+CuTeDSL[[:space:]]+JIT[[:space:]]+compilation[[:space:]]+during[[:space:]]+inference:[[:space:]]+.*' 'A[[:space:]]+model[[:space:]]+with[[:space:]]+four-bit[[:space:]]+experts[[:space:]]+answers[[:space:]]+with[[:space:]]+gibberish' 'nvidia-smi[[:space:]]+shows[[:space:]]+no[[:space:]]+memory[[:space:]]+usage[[:space:]]+'$'\\''(N/A,[[:space:]]+Not[[:space:]]+Supported'$'\\'')')
TROUBLE_MEANINGS=("The parser's name is not registered in this version; vLLM notices only after it has started." 'A first start compiles kernels for about 25 minutes; with filled caches it is about 4.' 'The ptxas that comes with Triton is older than this chip.' "A first start compiled for longer than the API's side of vLLM waits for the engine. What was compiled is kept, so a second start is often enough." 'The image holds FlashInfer and its compiled kernels in two versions, as a plain installation of vLLM 0.27.1 does.' "These drafts read states of several layers of the model, and this model's class does not pass them from stage to stage." 'vLLM asks for its fraction of the total before it loads, and that much is not free. On unified memory this is mostly page cache or an engine that is still there, not a model that is too large.' "Weights and the engine's own needs fill the whole memory fraction; nothing is left for the KV cache." 'One request of max_model_len tokens needs more KV cache than is left; the message names the longest context that fits.' 'The driver found no memory while loading; with Ray its object store and the shard overcommit the machine.' 'The driver can keep the memory of a container that was killed; about 33 GB per failed start were seen, and no tool shows it.' 'The memory fraction is too high or the page cache was not dropped; 5 GB of swap made one node load four times slower until the other rank gave up.' 'The share of the memory leaves too little for the host beside the shards that are being read.' 'Kernels were compiled beside a model that fills the unified memory, several at once, and the kernel ended one of the compilers.' 'Memory ran out faster than the kernel could end a process; on unified memory the whole machine stands still.' 'systemd removes the shared memory and semaphores of a user whose last session ends (RemoveIPC=yes, no linger).' 'Expected on this machine - the weights stay in 4 bits and Marlin computes in 16, which is the faster path here.' "Normal on unified memory after warm-up, as long as the kernel's log has no NVRM and no OOM line." 'It was started with --rm.' 'The power supply was asked for more than it gives.' 'The node is held at low power; 2,200 MHz and more are normal, and figures measured now mean nothing.' 'A request had a shape that the warm-up did not meet; its answer waits until the kernel is compiled. What is compiled is kept.' "The image's Marlin kernels were built without 12.x, and the driver makes code for this chip from that for 8.0." "Expected on unified memory - there is no memory of the GPU's own to report.")
TROUBLE_DOS=('Take the name that this engine and version register (the tool parser of MiniMax M2 is minimax_m2 in vLLM and minimax-m2 in SGLang).' 'Wait and watch the log grow. Stop only when nothing new was written and the GPU is idle, or busy with idle memory (see the spin-lock below).' "Point Triton to the CUDA toolkit's own: env TRITON_PTXAS_PATH=/usr/local/cuda/bin/ptxas." 'Start again, with the caches of the first start; then raise VLLM_ENGINE_READY_TIMEOUT_S in env (sparkc sets 3600).' 'Install a matching pair in the image; until then set FLASHINFER_DISABLE_VERSION_CHECK to "1" in env, with which missing kernels are compiled at the first start.' 'Use parallelism.tensor instead of parallelism.pipeline, or drafts of another method (ngram, mtp).' 'Drop the page cache on every node, wait until free memory is stable, look for orphaned engine processes; when it stays short, reboot the node; then lower gpu_memory_utilization.' 'Raise gpu_memory_utilization if the host has room, lower max_num_batched_tokens, take a smaller checkpoint, or add a node.' 'Set max_model_len to the estimated maximum of the message or below, use an fp8 KV cache, or raise the memory fraction.' "Cap Ray's object store on every ray start (1 to 2 GiB are enough), then lower the memory fraction. This line in the kernel's log tells a real shortage from a false alarm of Ray's monitor." 'Reboot the node; nothing else gave it back.' 'Stop, drop the page cache on every node, lower the memory fraction (SGLang 0.75 instead of 0.85), start again.' 'Lower serving.memory.gpu_memory_utilization one step (0.85 to 0.80) and start again.' 'Set MAX_JOBS to "2" and FLASHINFER_NVCC_THREADS to "1" in env for the first start, or lower the memory fraction until the caches are filled.' 'Switch it off at the power button. Before the next start lower the memory fraction; earlyoom on the node (-M 524288,102400 -s 100 -r 60) ends the engine when less than 512 MiB are left, before the machine locks.' 'Set RemoveIPC=no in logind.conf, or enable lingering for the user (loginctl enable-linger).' Nothing. 'Nothing; look for NVRM or OOM lines when in doubt.' 'Start containers without --rm; remove them when they are no longer needed.' 'Cap the clock: sudo nvidia-smi -lgc 200,2150.' 'Switch the machine off, pull the power for a minute, and look at the clock again.' 'Wait. If the engine ends with "RPC call to sample_tokens timed out", raise VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS in env (sparkc sets 1800 over several nodes).' 'Look for it in the image: cuobjdump --list-elf on vllm/_moe_C*.so must show sm_120 or sm_121. If not, take an image that was built with TORCH_CUDA_ARCH_LIST=12.1a, or a newer vLLM.' 'Nothing; MemAvailable in /proc/meminfo is the figure, and ./launch.sh status shows it.')
TROUBLE_LINKS=(https://github.com/vllm-project/vllm https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/vllm-project/vllm/issues/30163 https://github.com/vllm-project/vllm/issues/48031 https://github.com/jschmied/dgx-spark-setup-guide https://github.com/vllm-project/vllm https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/vllm-project/vllm https://github.com/vllm-project/vllm https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://al-engr.com/minimax-sglang-debug.html https://al-engr.com/minimax-sglang-debug.html https://github.com/Avarok-Cybersecurity/dgx-vllm https://github.com/jschmied/dgx-spark-setup-guide https://github.com/eugr/spark-vllm-docker https://github.com/eugr/spark-vllm-docker/issues/352 https://al-engr.com/minimax-sglang-debug.html https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/eugr/spark-vllm-docker https://github.com/NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark https://github.com/MiaAI-Lab/DeepSeek-v4-Flash-DSpark-2x-DGX-Spark/issues/65 https://github.com/vllm-project/vllm/pull/40923 https://github.com/NVIDIA/dgx-spark-playbooks)
