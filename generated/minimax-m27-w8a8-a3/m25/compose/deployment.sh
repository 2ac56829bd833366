# shellcheck shell=bash
# shellcheck disable=SC2034,SC2016 # read by lib/; a dollar sign in a text is a dollar sign
# What launch.sh knows of minimax-m27-w8a8-a3 (m25).
# Generated from specs/minimax-m27-w8a8-a3.yaml; a change belongs there.
# Rebuild with: sparkc build specs/minimax-m27-w8a8-a3.yaml

# names
DEPLOYMENT=minimax-m27-w8a8-a3-m25
TITLE='minimax-m27-w8a8-a3 (m25)'
SUMMARY='Eco-Tech/MiniMax-M2.5-w8a8-QuaRot (w8a8) on one Huawei Atlas 800 A3, vllm-ascend 0.21.0rc1'
SPEC=specs/minimax-m27-w8a8-a3.yaml
USES_RAY=no


# nodes, the head first; an empty text is left to the user's ssh configuration, or was not declared
NODES=(atlas-1)
SSH_HOSTS=(atlas-1.lan)
SSH_USERS=(root)
SSH_PORTS=('')
USERS=(root)
INSTALL_DIRS=(/root/sparkc/minimax-m27-w8a8-a3/m25)
ADDRESSES=(127.0.0.1)
MTUS=('')
NEEDED_FREE=('')
LEAST_MEMORY_PERCENT=''


# images that a node needs: its index, what is run, what it is called, what may be pulled from a registry
IMAGE_NODES=(0)
IMAGE_NAMES=(m.daocloud.io/quay.io/ascend/vllm-ascend:v0.21.0rc1-a3)
IMAGE_REFERENCES=(m.daocloud.io/quay.io/ascend/vllm-ascend:v0.21.0rc1-a3)
IMAGE_PULLS=('')


# weights that a node needs, and what downloads them when no node has them
WEIGHTS_NODES=(0 0)
WEIGHTS_REPOSITORIES=(Eco-Tech/MiniMax-M2.5-w8a8-QuaRot Eagle3-M2.5)
WEIGHTS_REVISIONS=('' '')
WEIGHTS_HUBS=(modelscope none)
WEIGHTS_PATHS=(/root/.cache/weights/MiniMax-M2.5-w8a8-QuaRot /root/.cache/weights/Eagle3-M2.5/)
WEIGHTS_IN_CACHE=(no no)
WEIGHTS_LEAST=('' '')
WEIGHTS_MOST=('' '')
WEIGHTS_IMAGES=(m.daocloud.io/quay.io/ascend/vllm-ascend:v0.21.0rc1-a3 m.daocloud.io/quay.io/ascend/vllm-ascend:v0.21.0rc1-a3)
WEIGHTS_TOKEN_VARIABLES=('' '')
WEIGHTS_TOKEN_FILES=('' '')


# ports that the other nodes dial
PEER_PORT_NODES=()
PEER_PORTS=()
PEER_PORT_PURPOSES=()


# the service, and what verify sends
SERVICE_NODE=0
SERVICE_CONTAINER=minimax-m27-w8a8-a3-m25
SERVICE_HOST=127.0.0.1
SERVICE_PORT=8000
SERVICE_URL=http://atlas-1.lan:8000
HEALTH_PATH=/health
API_KEY_FILE=''
LISTS_MODELS=yes
API_KEY_INSIDE=''
MODEL_NAMES=(MiniMax-M2.5)
TASK=generate
CHAT_REQUEST='{"model": "MiniMax-M2.5", "messages": [{"role": "user", "content": "Explain in two or three sentences what the page cache of an operating system is good for."}], "max_tokens": 1024, "temperature": 1.0, "top_p": 0.95, "top_k": 40}'
TOOL_REQUEST='{"model": "MiniMax-M2.5", "messages": [{"role": "user", "content": "What is the weather like in Paris right now, in celsius?"}], "tools": [{"type": "function", "function": {"name": "get_current_weather", "description": "Get the current weather in a given location", "parameters": {"type": "object", "properties": {"location": {"type": "string", "description": "The city, for example Paris"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}}, "required": ["location"]}}}], "tool_choice": "auto", "temperature": 0, "max_tokens": 512}'
EMBED_REQUEST=''
RERANK_REQUEST=''
FORBIDDEN_TEXTS=('<minimax:tool_call>' '</minimax:tool_call>' ']~b]' '[e~[')
FIRST_START_SECONDS=2700
WARM_START_SECONDS=240


# log lines that prove the setup, and lines that look bad and are not
MARKER_PATTERNS=('tensor_parallel_size=4,' 'enable_expert_parallel['$'\'''"]?[:=] ?True')
MARKER_PROOFS=('tensor parallel over 4 ranks' 'expert parallel over 16 ranks')
MARKER_REQUIRED=(yes yes)
HARMLESS_PATTERNS=()
HARMLESS_PROOFS=()


# commands that must succeed in the serving container; the words of all of them stand one behind the other
INSIDE_NAMES=(NPUs library)
INSIDE_PROOFS=('the container sees its NPUs' '/usr/lib/aarch64-linux-gnu/libjemalloc.so.2 is in the image')
INSIDE_WAYS_OUT=('compare the devices and driver files of the container with those of the node: ./launch.sh preflight' 'install it in the image, or correct env.LD_PRELOAD: its folder names the CPU (aarch64-linux-gnu, x86_64-linux-gnu)')
INSIDE_COUNTS=(2 3)
INSIDE_WORDS=(npu-smi info test -e /usr/lib/aarch64-linux-gnu/libjemalloc.so.2)


# the benchmark, and published figures to hold one's own against
BENCH=(vllm bench serve --backend openai --base-url http://127.0.0.1:8000 --model MiniMax-M2.5 --tokenizer /root/.cache/weights/MiniMax-M2.5-w8a8-QuaRot --dataset-name random --random-input-len 2048 --random-output-len 128 --num-prompts 8 --max-concurrency 1 --trust-remote-code)
FIGURE_WHATS=()
FIGURE_VALUES=()
FIGURE_SETUPS=()
FIGURE_LINKS=()


# messages that others have met
TROUBLE_SYMPTOMS=('KeyError: invalid tool call parser: …' 'ValueError: Free memory on device cuda:0 (…/… GiB) on startup is less than desired GPU memory utilization …' 'No available memory for the cache blocks' "To serve at least one request with the models's max seq len (…), (… GiB KV cache is needed …" 'The container is gone after a crash, and its log with it' 'The field reasoning of an answer is empty' 'Bind_Failed(EJ0003): Failed to bind the IP port. Reason: The IP address and port have been bound already.' 'OSError: [Errno 98] Address already in use' 'RuntimeError: NPU out of memory. Tried to allocate …' 'HCCL_BUFFSIZE is too SMALL, … NEEDED_HCCL_BUFFSIZE … HCCL_BUFFSIZE=…' 'Weights take about 54 GB on each NPU where about 27 GB were expected, and the start ends out of memory' "AssertionError: Current device type: … does not match the installed version's device type: …" 'Failed to infer device type, or libatb.so: cannot open shared object file' 'AssertionError: local_world_size (…) must be less than or equal to the number of visible devices (…)' 'Graph capture fails with 207008' "ERROR: ld.so: object '…' from LD_PRELOAD cannot be preloaded …: ignored." 'sysctl: permission denied on key …, or cannot create /sys/devices/system/cpu/…: Read-only file system')
TROUBLE_PATTERNS=('KeyError:[[:space:]]+invalid[[:space:]]+tool[[:space:]]+call[[:space:]]+parser:[[:space:]]+.*' 'ValueError:[[:space:]]+Free[[:space:]]+memory[[:space:]]+on[[:space:]]+device[[:space:]]+cuda:[0-9.]+[[:space:]]+'$'\\''(.*/.*[[:space:]]+GiB'$'\\'')[[:space:]]+on[[:space:]]+startup[[:space:]]+is[[:space:]]+less[[:space:]]+than[[:space:]]+desired[[:space:]]+GPU[[:space:]]+memory[[:space:]]+utilization[[:space:]]+.*' 'No[[:space:]]+available[[:space:]]+memory[[:space:]]+for[[:space:]]+the[[:space:]]+cache[[:space:]]+blocks' 'To[[:space:]]+serve[[:space:]]+at[[:space:]]+least[[:space:]]+one[[:space:]]+request[[:space:]]+with[[:space:]]+the[[:space:]]+models'$'\'''s[[:space:]]+max[[:space:]]+seq[[:space:]]+len[[:space:]]+'$'\\''(.*'$'\\''),[[:space:]]+'$'\\''(.*[[:space:]]+GiB[[:space:]]+KV[[:space:]]+cache[[:space:]]+is[[:space:]]+needed[[:space:]]+.*' 'The[[:space:]]+container[[:space:]]+is[[:space:]]+gone[[:space:]]+after[[:space:]]+a[[:space:]]+crash,[[:space:]]+and[[:space:]]+its[[:space:]]+log[[:space:]]+with[[:space:]]+it' 'The[[:space:]]+field[[:space:]]+reasoning[[:space:]]+of[[:space:]]+an[[:space:]]+answer[[:space:]]+is[[:space:]]+empty' 'Bind_Failed'$'\\''(EJ[0-9.]+'$'\\''):[[:space:]]+Failed[[:space:]]+to[[:space:]]+bind[[:space:]]+the[[:space:]]+IP[[:space:]]+port'$'\\''.[[:space:]]+Reason:[[:space:]]+The[[:space:]]+IP[[:space:]]+address[[:space:]]+and[[:space:]]+port[[:space:]]+have[[:space:]]+been[[:space:]]+bound[[:space:]]+already'$'\\''.' 'OSError:[[:space:]]+'$'\\''[Errno[[:space:]]+[0-9.]+'$'\\''][[:space:]]+Address[[:space:]]+already[[:space:]]+in[[:space:]]+use' 'RuntimeError:[[:space:]]+NPU[[:space:]]+out[[:space:]]+of[[:space:]]+memory'$'\\''.[[:space:]]+Tried[[:space:]]+to[[:space:]]+allocate[[:space:]]+.*' 'HCCL_BUFFSIZE[[:space:]]+is[[:space:]]+too[[:space:]]+SMALL,[[:space:]]+.*[[:space:]]+NEEDED_HCCL_BUFFSIZE[[:space:]]+.*[[:space:]]+HCCL_BUFFSIZE=.*' 'Weights[[:space:]]+take[[:space:]]+about[[:space:]]+[0-9.]+[[:space:]]+GB[[:space:]]+on[[:space:]]+each[[:space:]]+NPU[[:space:]]+where[[:space:]]+about[[:space:]]+[0-9.]+[[:space:]]+GB[[:space:]]+were[[:space:]]+expected,[[:space:]]+and[[:space:]]+the[[:space:]]+start[[:space:]]+ends[[:space:]]+out[[:space:]]+of[[:space:]]+memory' "AssertionError:[[:space:]]+Current[[:space:]]+device[[:space:]]+type:[[:space:]]+.*[[:space:]]+does[[:space:]]+not[[:space:]]+match[[:space:]]+the[[:space:]]+installed[[:space:]]+version's[[:space:]]+device[[:space:]]+type:[[:space:]]+.*" 'Failed[[:space:]]+to[[:space:]]+infer[[:space:]]+device[[:space:]]+type,[[:space:]]+or[[:space:]]+libatb'$'\\''.so:[[:space:]]+cannot[[:space:]]+open[[:space:]]+shared[[:space:]]+object[[:space:]]+file' 'AssertionError:[[:space:]]+local_world_size[[:space:]]+'$'\\''(.*'$'\\'')[[:space:]]+must[[:space:]]+be[[:space:]]+less[[:space:]]+than[[:space:]]+or[[:space:]]+equal[[:space:]]+to[[:space:]]+the[[:space:]]+number[[:space:]]+of[[:space:]]+visible[[:space:]]+devices[[:space:]]+'$'\\''(.*'$'\\'')' 'Graph[[:space:]]+capture[[:space:]]+fails[[:space:]]+with[[:space:]]+[0-9.]+' 'ERROR:[[:space:]]+ld'$'\\''.so:[[:space:]]+object[[:space:]]+'$'\'''.*'$'\'''[[:space:]]+from[[:space:]]+LD_PRELOAD[[:space:]]+cannot[[:space:]]+be[[:space:]]+preloaded[[:space:]]+.*:[[:space:]]+ignored'$'\\''.' 'sysctl:[[:space:]]+permission[[:space:]]+denied[[:space:]]+on[[:space:]]+key[[:space:]]+.*,[[:space:]]+or[[:space:]]+cannot[[:space:]]+create[[:space:]]+/sys/devices/system/cpu/.*:[[:space:]]+Read-only[[:space:]]+file[[:space:]]+system')
TROUBLE_MEANINGS=("The parser's name is not registered in this version; vLLM notices only after it has started." 'vLLM asks for its fraction of the total before it loads, and that much is not free. On unified memory this is mostly page cache or an engine that is still there, not a model that is too large.' "Weights and the engine's own needs fill the whole memory fraction; nothing is left for the KV cache." 'One request of max_model_len tokens needs more KV cache than is left; the message names the longest context that fits.' 'It was started with --rm.' 'Expected with minimax_m2_append_think, which keeps <think>…</think> in the content and is the one for tool calls.' "Another process, often an engine that is left over, holds a port of HCCL's. It is no lack of memory." 'Another process listens on the port of the API.' 'An NPU ran out of memory, while it started or under load.' "The buffer through which tokens reach their experts (MC2, fused MC2) is smaller than a step's tokens; older releases say only that an address of an MTE instruction is out of range." 'An older download of the W8A8 checkpoint, whose config.json has a quantization_config, is loaded in 16 bits.' 'The image was built for the other generation of NPUs.' 'The container sees no NPU, or CANN is not set up in it.' 'Fewer NPUs are visible than ranks were asked for; ASCEND_RT_VISIBLE_DEVICES hides some, or a device is missing.' 'So many graphs are captured that the streams of the NPU run out.' 'The image has no such library, or one of another CPU. Everything runs, without it.' 'A setup script makes settings of the host from within the container, where they cannot be made.')
TROUBLE_DOS=('Take the name that this engine and version register (the tool parser of MiniMax M2 is minimax_m2 in vLLM and minimax-m2 in SGLang).' 'Drop the page cache on every node, wait until free memory is stable, look for orphaned engine processes; when it stays short, reboot the node; then lower gpu_memory_utilization.' 'Raise gpu_memory_utilization if the host has room, lower max_num_batched_tokens, take a smaller checkpoint, or add a node.' 'Set max_model_len to the estimated maximum of the message or below, use an fp8 KV cache, or raise the memory fraction.' 'Start containers without --rm; remove them when they are no longer needed.' 'Nothing. If clients live on the reasoning of /v1/responses, set serving.reasoning_parser to minimax_m2.' 'Find it with "ss -tlnp" and end it; or let HCCL choose, with HCCL_HOST_SOCKET_PORT_RANGE and HCCL_NPU_SOCKET_PORT_RANGE set to auto.' 'Find it with "ss -tlnp | grep PORT" and end it, or set serving.port to a free one.' 'In this order - lower serving.max_num_seqs, then serving.max_num_batched_tokens, then gpu_memory_utilization (0.9 to 0.85), then the number of requests at once. PYTORCH_NPU_ALLOC_CONF=expandable_segments:True keeps memory from fragmenting.' 'Set env.HCCL_BUFFSIZE to what the message names, in MB (the tutorial takes 1024 on A3 and 512 on A2), or lower serving.max_num_batched_tokens. The buffer lies outside of gpu_memory_utilization.' 'Look for quantization_config in its config.json; when it is there, download the checkpoint again.' 'Take the tag with -a3 on an Atlas A3, and the one without it on an Atlas A2.' 'Run "npu-smi info" in the container (./launch.sh verify does). When it fails there and not on the node, compare devices and driver files; when it works, source the set_env.sh of CANN and NNAL in a setup script.' 'Name as many NPUs as there are ranks in ASCEND_RT_VISIBLE_DEVICES, or leave it out.' 'Capture fewer sizes (cudagraph_capture_sizes), and decoding only (serving.cuda_graphs full_decode_only).' 'Install jemalloc in the image, and name the folder of its CPU in env.LD_PRELOAD (aarch64-linux-gnu, x86_64-linux-gnu).' 'Take them out of container.setup. sparkc makes those of the documentation on the host, as root, at every start (nodes.tuning).')
TROUBLE_LINKS=(https://github.com/vllm-project/vllm https://al-engr.com/minimax-m2.7-dual-spark.html https://github.com/vllm-project/vllm https://github.com/vllm-project/vllm https://al-engr.com/minimax-m2.7-dual-spark.html https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html https://www.hiascend.com/document/detail/en/canncommercial/850/commlib/hcclug/hcclug_000035.html https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html https://github.com/vllm-project/vllm-ascend/pull/6130 https://github.com/vllm-project/vllm-ascend/issues/9894 https://github.com/vllm-project/vllm-ascend https://docs.vllm.ai/projects/ascend/en/latest/faqs.html https://github.com/vllm-project/vllm-ascend https://docs.vllm.ai/projects/ascend/en/latest/faqs.html https://docs.vllm.ai/projects/ascend/en/latest/developer_guide/performance_and_debug/optimization_and_tuning.html https://docs.vllm.ai/projects/ascend/en/latest/developer_guide/performance_and_debug/optimization_and_tuning.html)
