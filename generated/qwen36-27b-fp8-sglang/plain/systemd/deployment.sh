# shellcheck shell=bash
# shellcheck disable=SC2034,SC2016 # read by lib/; a dollar sign in a text is a dollar sign
# What launch.sh knows of qwen36-27b-fp8-sglang (plain).
# Generated from specs/qwen36-27b-fp8-sglang.yaml; a change belongs there.
# Rebuild with: sparkc build specs/qwen36-27b-fp8-sglang.yaml

# names
DEPLOYMENT=qwen36-27b-fp8-sglang-plain
TITLE='qwen36-27b-fp8-sglang (plain)'
SUMMARY='Qwen/Qwen3.6-27B-FP8 (fp8) on one NVIDIA DGX Spark (GB10), sglang 0.5.12'
SPEC=specs/qwen36-27b-fp8-sglang.yaml
USES_RAY=no


# nodes, the head first; an empty text is left to the user's ssh configuration, or was not declared
NODES=(spark-1)
SSH_HOSTS=(spark-1.lan)
SSH_USERS=(ops)
SSH_PORTS=('')
USERS=(ops)
INSTALL_DIRS=(/home/ops/sparkc/qwen36-27b-fp8-sglang/plain)
ADDRESSES=(127.0.0.1)
MTUS=('')
NEEDED_FREE=(71403831297)
LEAST_MEMORY_PERCENT=''


# images that a node needs: its index, what is run, what it is called, what may be pulled from a registry
IMAGE_NODES=(0)
IMAGE_NAMES=(scitrera/dgx-spark-sglang:0.5.12)
IMAGE_REFERENCES=(scitrera/dgx-spark-sglang:0.5.12)
IMAGE_PULLS=('')


# weights that a node needs, and what downloads them when no node has them
WEIGHTS_NODES=(0)
WEIGHTS_REPOSITORIES=(Qwen/Qwen3.6-27B-FP8)
WEIGHTS_REVISIONS=('')
WEIGHTS_HUBS=(huggingface)
WEIGHTS_PATHS=(/home/ops/.cache/huggingface)
WEIGHTS_IN_CACHE=(yes)
WEIGHTS_LEAST=('')
WEIGHTS_MOST=('')
WEIGHTS_IMAGES=(scitrera/dgx-spark-sglang:0.5.12)
WEIGHTS_TOKEN_VARIABLES=('')
WEIGHTS_TOKEN_FILES=('')


# ports that the other nodes dial
PEER_PORT_NODES=()
PEER_PORTS=()
PEER_PORT_PURPOSES=()


# the service, and what verify sends
SERVICE_NODE=0
SERVICE_CONTAINER=qwen36-27b-fp8-sglang-plain
SERVICE_HOST=127.0.0.1
SERVICE_PORT=30000
SERVICE_URL=http://127.0.0.1:30000
HEALTH_PATH=/health
API_KEY_FILE=''
LISTS_MODELS=yes
API_KEY_INSIDE=''
MODEL_NAMES=(qwen3.6-27b)
TASK=generate
CHAT_REQUEST='{"model": "qwen3.6-27b", "messages": [{"role": "user", "content": "Explain in two or three sentences what the page cache of an operating system is good for."}], "max_tokens": 256}'
TOOL_REQUEST=''
EMBED_REQUEST=''
RERANK_REQUEST=''
FORBIDDEN_TEXTS=('<tool_call>' '</tool_call>' '<|im_start|>' '<|im_end|>')
FIRST_START_SECONDS=2700
WARM_START_SECONDS=240


# log lines that prove the setup, and lines that look bad and are not
MARKER_PATTERNS=("server_args=.*[ ({,]'?tp_size'?[=:] ?1[,)}]")
MARKER_PROOFS=('tensor parallel over 1 ranks')
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
BENCH=(python3 -m sglang.bench_serving --backend sglang-oai --base-url http://127.0.0.1:30000 --model qwen3.6-27b --tokenizer Qwen/Qwen3.6-27B-FP8 --dataset-name random-ids --random-range-ratio 1.0 --random-input-len 2048 --random-output-len 128 --num-prompts 8 --max-concurrency 1)
FIGURE_WHATS=()
FIGURE_VALUES=()
FIGURE_SETUPS=()
FIGURE_LINKS=()


# messages that others have met
TROUBLE_SYMPTOMS=('RuntimeError: flashinfer-cubin version (…) does not match flashinfer version (…). …' 'NVRM: Out of memory …' 'Free memory stays short after the page cache was dropped and no engine runs' 'Loaded weights leave no GPU memory …' 'Swap fills while weights load' "nvcc error   : 'cicc' died due to signal 9 (Kill signal)" 'The node answers ping and takes no ssh login' 'The head shows about 96 % of its memory in use' 'The container is gone after a crash, and its log with it' 'The machine switches off under load' 'Everything is slow, and nvidia-smi shows a clock of 611 to 728 MHz' 'nvidia-smi shows no memory usage (N/A, Not Supported)')
TROUBLE_PATTERNS=('RuntimeError:[[:space:]]+flashinfer-cubin[[:space:]]+version[[:space:]]+'$'\\''(.*'$'\\'')[[:space:]]+does[[:space:]]+not[[:space:]]+match[[:space:]]+flashinfer[[:space:]]+version[[:space:]]+'$'\\''(.*'$'\\'')'$'\\''.[[:space:]]+.*' 'NVRM:[[:space:]]+Out[[:space:]]+of[[:space:]]+memory[[:space:]]+.*' 'Free[[:space:]]+memory[[:space:]]+stays[[:space:]]+short[[:space:]]+after[[:space:]]+the[[:space:]]+page[[:space:]]+cache[[:space:]]+was[[:space:]]+dropped[[:space:]]+and[[:space:]]+no[[:space:]]+engine[[:space:]]+runs' 'Loaded[[:space:]]+weights[[:space:]]+leave[[:space:]]+no[[:space:]]+GPU[[:space:]]+memory[[:space:]]+.*' 'Swap[[:space:]]+fills[[:space:]]+while[[:space:]]+weights[[:space:]]+load' 'nvcc[[:space:]]+error[[:space:]]+:[[:space:]]+'$'\'''cicc'$'\'''[[:space:]]+died[[:space:]]+due[[:space:]]+to[[:space:]]+signal[[:space:]]+[0-9.]+[[:space:]]+'$'\\''(Kill[[:space:]]+signal'$'\\'')' 'The[[:space:]]+node[[:space:]]+answers[[:space:]]+ping[[:space:]]+and[[:space:]]+takes[[:space:]]+no[[:space:]]+ssh[[:space:]]+login' 'The[[:space:]]+head[[:space:]]+shows[[:space:]]+about[[:space:]]+[0-9.]+[[:space:]]+%[[:space:]]+of[[:space:]]+its[[:space:]]+memory[[:space:]]+in[[:space:]]+use' 'The[[:space:]]+container[[:space:]]+is[[:space:]]+gone[[:space:]]+after[[:space:]]+a[[:space:]]+crash,[[:space:]]+and[[:space:]]+its[[:space:]]+log[[:space:]]+with[[:space:]]+it' 'The[[:space:]]+machine[[:space:]]+switches[[:space:]]+off[[:space:]]+under[[:space:]]+load' 'Everything[[:space:]]+is[[:space:]]+slow,[[:space:]]+and[[:space:]]+nvidia-smi[[:space:]]+shows[[:space:]]+a[[:space:]]+clock[[:space:]]+of[[:space:]]+[0-9.]+[[:space:]]+to[[:space:]]+[0-9.]+[[:space:]]+MHz' 'nvidia-smi[[:space:]]+shows[[:space:]]+no[[:space:]]+memory[[:space:]]+usage[[:space:]]+'$'\\''(N/A,[[:space:]]+Not[[:space:]]+Supported'$'\\'')')
TROUBLE_MEANINGS=('The image holds FlashInfer and its compiled kernels in two versions, as a plain installation of vLLM 0.27.1 does.' 'The driver found no memory while loading; with Ray its object store and the shard overcommit the machine.' 'The driver can keep the memory of a container that was killed; about 33 GB per failed start were seen, and no tool shows it.' "SGLang's static fraction of the memory that was free before loading is used up by the weights." 'The memory fraction is too high or the page cache was not dropped; 5 GB of swap made one node load four times slower until the other rank gave up.' 'Kernels were compiled beside a model that fills the unified memory, several at once, and the kernel ended one of the compilers.' 'Memory ran out faster than the kernel could end a process; on unified memory the whole machine stands still.' "Normal on unified memory after warm-up, as long as the kernel's log has no NVRM and no OOM line." 'It was started with --rm.' 'The power supply was asked for more than it gives.' 'The node is held at low power; 2,200 MHz and more are normal, and figures measured now mean nothing.' "Expected on unified memory - there is no memory of the GPU's own to report.")
TROUBLE_DOS=('Install a matching pair in the image; until then set FLASHINFER_DISABLE_VERSION_CHECK to "1" in env, with which missing kernels are compiled at the first start.' "Cap Ray's object store on every ray start (1 to 2 GiB are enough), then lower the memory fraction. This line in the kernel's log tells a real shortage from a false alarm of Ray's monitor." 'Reboot the node; nothing else gave it back.' 'Raise mem_fraction_static, take a smaller checkpoint, or add a node.' 'Stop, drop the page cache on every node, lower the memory fraction (SGLang 0.75 instead of 0.85), start again.' 'Set MAX_JOBS to "2" and FLASHINFER_NVCC_THREADS to "1" in env for the first start, or lower the memory fraction until the caches are filled.' 'Switch it off at the power button. Before the next start lower the memory fraction; earlyoom on the node (-M 524288,102400 -s 100 -r 60) ends the engine when less than 512 MiB are left, before the machine locks.' 'Nothing; look for NVRM or OOM lines when in doubt.' 'Start containers without --rm; remove them when they are no longer needed.' 'Cap the clock: sudo nvidia-smi -lgc 200,2150.' 'Switch the machine off, pull the power for a minute, and look at the clock again.' 'Nothing; MemAvailable in /proc/meminfo is the figure, and ./launch.sh status shows it.')
TROUBLE_LINKS=(https://github.com/jschmied/dgx-spark-setup-guide https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://al-engr.com/minimax-sglang-debug.html https://github.com/sgl-project/sglang https://al-engr.com/minimax-sglang-debug.html https://github.com/jschmied/dgx-spark-setup-guide https://github.com/eugr/spark-vllm-docker https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387 https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/eugr/spark-vllm-docker https://github.com/NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark https://github.com/NVIDIA/dgx-spark-playbooks)
