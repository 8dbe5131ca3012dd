#!/usr/bin/env bash
# On a machine with an NVIDIA GPU: builds the project, tests it on CUDA, runs its kernels under
# compute-sanitizer, measures it beside PyTorch, and writes a report (docs/gpu-results.md).
#   tools/gpu_check.sh                 everything; needs no network
#   tools/gpu_check.sh PHASE...        some of: build test sanitize benchmark host
# Exit code 0: everything was built and every test passed. Environment:
#   OUT                  folder of the report (./gpu-report)
#   SSD_GPU_SECONDS      time for everything, after which only the report is written (570)
#   SSD_GPU_BUILD        build folder (build/gpu)
#   SSD_GPU_PYTHON       the Python that has PyTorch (python3)
#   SSD_GPU_DRY_RUN=1    for a machine without a GPU: runs what does not need one, marks the rest
set -uo pipefail
cd "$(dirname "$0")/.." || exit

seconds=${SSD_GPU_SECONDS:-570}
build=${SSD_GPU_BUILD:-build/gpu}
report=${OUT:-$PWD/gpu-report}  # report.md, report.json, logs.tar.gz
work=$PWD/$build/check          # what they are made from
dry=${SSD_GPU_DRY_RUN:-}
python=${SSD_GPU_PYTHON:-python3}
jobs=$(nproc)
case "${1:-}" in -h | --help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
phases=("$@")
[ ${#phases[@]} -gt 0 ] || phases=(build test sanitize benchmark host)
# Convolution plans are compiled at run time: kept for later phases and runs.
export XDG_CACHE_HOME=$PWD/$build/cache SSD_TEST_PLAN_CACHE=$PWD/$build/cache/test_plans
mkdir -p "$SSD_TEST_PLAN_CACHE"
rm -rf "$work"
mkdir -p "$work/logs" "$report"
failed=0

left() { echo $((seconds - SECONDS)); }

# limited SECONDS COMMAND...: runs it for at most that long, and never past the end of the run.
limited() {
  local most=$1
  shift
  [ "$most" -le "$(left)" ] || most=$(left)
  [ "$most" -gt 5 ] || return 124
  timeout -k 5 "$most" "$@"
}

# result PHASE STATUS NOTE, where STATUS is passed, failed, timeout or "not run"
result() {
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$((SECONDS - phase_started))" "$3" >>"$work/phases.tsv"
  echo "== $1: $2 ($((SECONDS - phase_started)) s) $3"
  case "$2" in failed | timeout) failed=1 ;; esac
}

# After every phase: something is there whatever happens next.
write_report() {
  "$python" tools/gpu_report.py "$work" "$report" "$failed"
  tar -czf "$report/logs.tar.gz" -C "$work" .
}

have_gpu() { command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q GPU; }

# --- what the machine has -------------------------------------------------------------------------

# Python's packages hold libcudnn.so.9 and the like under versioned names only: links without the
# version, and one folder for all, so that CMake and the libraries themselves find each other.
link_nvidia_packages() {
  local site
  site=$("$python" -c 'import importlib.util as u; s = u.find_spec("nvidia")
print(list(s.submodule_search_locations)[0] if s else "")' 2>/dev/null) || site=
  nvidia=$PWD/$build/nvidia
  rm -rf "$nvidia"
  mkdir -p "$nvidia/include" "$nvidia/lib"
  [ -n "$site" ] || return 0
  local file name
  for file in "$site"/*/lib/lib*.so*; do
    [ -e "$file" ] || continue
    name=$(basename "$file")
    ln -sf "$file" "$nvidia/lib/$name"
    ln -sf "$file" "$nvidia/lib/${name%%.so*}.so"
  done
  for file in "$site"/cudnn/include/*.h "$site"/nccl/include/*.h; do
    [ -e "$file" ] && ln -sf "$file" "$nvidia/include/"
  done
  if ! command -v nvcc >/dev/null && [ ! -x /usr/local/cuda/bin/nvcc ]; then
    for file in "$site"/*/bin/nvcc; do
      [ -x "$file" ] && export CUDACXX=$file
    done
  fi
}

# Debian's headers and libraries from .gpu-prefix (tools/gpu_prefix.sh), where they were brought.
unpack_prefix() {
  prefix=$PWD/$build/prefix
  compgen -G '.gpu-prefix/*.deb' >/dev/null || { prefix=; return 0; }
  if [ ! -e "$prefix/complete" ]; then
    local file
    mkdir -p "$prefix"
    for file in .gpu-prefix/*.deb; do dpkg -x "$file" "$prefix" || return 1; done
    ln -sf ../../../lib/x86_64-linux-gnu/libz.so.1 "$prefix/usr/lib/x86_64-linux-gnu/libz.so"
    touch "$prefix/complete"
  fi
  export CPLUS_INCLUDE_PATH=$prefix/usr/include:$prefix/usr/include/x86_64-linux-gnu
  export C_INCLUDE_PATH=$CPLUS_INCLUDE_PATH
  libraries=$prefix/usr/lib/x86_64-linux-gnu:$prefix/lib/x86_64-linux-gnu${libraries:+:$libraries}
}

describe_machine() {
  {
    echo "date=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    echo "git=$(git describe --always --dirty 2>/dev/null || echo unknown)"
    # Recomputed from the sources: says which they were where there is no git.
    echo "sources=$(find CMakeLists.txt cmake kernels engine data model tools tests benchmarks \
      -type f ! -path '*__pycache__*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)"
    echo "host=$(uname -srm), $jobs cores, $(free -g | awk '/^Mem/ {print $2}') GiB"
    echo "compiler=$(c++ --version | head -n 1)"
    echo "nvcc=$(PATH=$PATH:/usr/local/cuda/bin nvcc --version 2>/dev/null | tail -n 1)"
    if have_gpu; then
      nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap --format=csv,noheader |
        head -n 1 | awk -F', ' '{print "gpu=" $1 "\ndriver=" $2 "\nmemory=" $3 "\ncapability=" $4}'
    fi
  } >"$work/machine.txt"
}

# --- phases ---------------------------------------------------------------------------------------

phase_build() {
  local capability
  capability=$(sed -n 's/^capability=//p' "$work/machine.txt" | tr -d .)
  local log=$work/logs/build.log
  local roots="$prefix${prefix:+/usr;}$nvidia"
  if ! limited 240 cmake -S . -B "$build" -G Ninja -DSSD_CUDA=ON -DSSD_WARNINGS_ARE_ERRORS=OFF \
    "-DCMAKE_CUDA_ARCHITECTURES=${capability:-90}-real" "-DCMAKE_PREFIX_PATH=$roots" >"$log" 2>&1; then
    tail -n 20 "$log"
    result build failed "configuration; see logs/build.log"
    return
  fi
  limited 300 cmake --build "$build" -j "${SSD_GPU_JOBS:-$jobs}" -- -k 0 >>"$log" 2>&1
  local status=$?
  local notes
  notes="$(grep -c 'bytes spill' "$log") kernels compiled now, $(grep 'bytes spill' "$log" |
    grep -vc ' 0 bytes spill stores, 0 bytes spill loads') of them spill registers"
  if [ $status -eq 0 ]; then
    result build passed "$notes"
  elif [ $status -eq 124 ]; then
    result build timeout "$(tail -n 1 "$log" | cut -c1-100)"
  else
    grep -E "error|FAILED" "$log" | head -n 20
    result build failed "$(grep -m 1 -E 'error' "$log" | tr '\t' ' ' | cut -c1-200)"
  fi
}

# One run of ctest. Its report is read from the log: that is there also when the time ran out.
tests() {  # name, seconds, options of ctest
  local name=$1 most=$2 log=$work/logs/test_$1.log status
  shift 2
  limited "$most" env LD_LIBRARY_PATH="$libraries" ctest --test-dir "$build" -j "$((jobs / 2 + 1))" \
    --timeout 120 --output-on-failure --no-tests=error "$@" >"$log" 2>&1
  status=$?
  local counted passed
  counted=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#' "$log")
  passed=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#.* Passed ' "$log")
  [ $status -eq 124 ] && [ "$name" = host ] && [ "$counted" -eq "$passed" ] && status=partly
  case $status in
    0) result "test $name" passed "$passed programs" ;;
    partly) result "test $name" "not run" "in part: $passed passed, no time for the rest" ;;
    124) result "test $name" timeout "$passed passed, $((counted - passed)) failed, no time for the rest" ;;
    *) result "test $name" failed "$passed passed, $((counted - passed)) failed" ;;
  esac
}

phase_test() { tests device 200 -L '^(gpu|ops|kernels|model|engine)$'; }

# What needs no GPU passes elsewhere, too: here it takes the time that is left.
phase_host() { tests host 300 -LE '^(gpu|ops|kernels|model|engine)$'; }

# sanitized TOOL PROGRAM [ARGUMENT]: prints "TOOL PROGRAM STATUS".
sanitized() {
  local tool=$1 program=$2 status word log
  shift 2
  log=$work/logs/sanitize_${tool}_${program}.log
  local options=(--tool "$tool" --error-exitcode 99)
  # Failed calls: we check ours, and libraries try what they may not have.
  [ "$tool" = memcheck ] && options+=(--leak-check full --report-api-errors no)
  # Our kernels only (simt.h: run_each, run_map, run_blocks...), not those of the libraries.
  [ -z "$can_filter" ] || options+=(--kernel-name kns=run_)
  timeout -k 5 "$sanitize_most" env SSD_TEST_FEW_ROUNDS=1 LD_LIBRARY_PATH="$libraries" \
    compute-sanitizer "${options[@]}" "$build/tests/$program" "$@" >"$log" 2>&1
  status=$?
  case $status in
    0) word=clean ;;
    99) word=errors ;;
    124 | 137) word=timeout ;;
    *) word=failed ;;
  esac
  grep -qiE 'device not supported|not supported on this|unable to (attach|initialize)' "$log" && word=refused
  echo "$tool $program $word"
}

phase_sanitize() {
  export -f sanitized
  export work build libraries
  export sanitize_most=60 can_filter=
  compute-sanitizer --help 2>/dev/null | grep -q -- --kernel-name && can_filter=1
  if ! command -v compute-sanitizer >/dev/null; then
    result sanitize "not run" "there is no compute-sanitizer on this machine"
    return
  fi
  # A planted fault for each tool: what does not find it cannot be believed.
  local fault found usable=()
  for fault in memcheck:out_of_bounds racecheck:race initcheck:uninitialised synccheck:divergence; do
    found=$(sanitized "${fault%%:*}" planted_fault "${fault##*:}")
    echo "$found"
    case "$found" in
      *errors) usable+=("${fault%%:*}") ;;
      *) result "sanitize ${fault%%:*}" "not run" "it does not find a planted fault here (${found##* })" ;;
    esac
  done
  local programs=(anchors_test image_test match_anchors_test nms_test detect_test sgd_test flat_sum_test
    add_test batch_norm_test bias_test cast_test focal_loss_test max_pool_test relu_test relu6_test
    smooth_l1_test sample_values_test upsample_add_test random_shapes_test simt_gpu_test gpu_step_test)
  local tool program runs=$work/logs/sanitize.txt
  for tool in "${usable[@]}"; do
    for program in "${programs[@]}"; do
      [ -x "$build/tests/$program" ] && echo "$tool $program"
    done
  done | limited 150 xargs -P "$((jobs / 2 + 1))" -L 1 bash -c 'sanitized "$@"' sanitized >"$runs"
  for tool in "${usable[@]}"; do
    local bad clean
    bad=$(grep "^$tool " "$runs" | grep -E ' (errors|failed)$' | cut -d' ' -f2 | tr '\n' ' ')
    clean=$(grep -c "^$tool .* clean$" "$runs")
    if [ -n "$bad" ]; then
      result "sanitize $tool" failed "$bad; $clean clean"
    elif [ "$clean" -lt "${#programs[@]}" ]; then
      result "sanitize $tool" "not run" "in part: $clean of ${#programs[@]} programs finished, all clean"
    else
      result "sanitize $tool" passed "$clean programs clean"
    fi
  done
}

# measured NAME COMMAND OPTIONS...: `ssdbench COMMAND`, whose JSON goes to a file of the report. The first run of a
# batch size and precision chooses convolution plans, which may take a minute.
measured() {
  local name=$1 command=$2
  shift 2
  name=${name}_${command}_$(echo "$*" | tr -d -- '-' | tr ' ' '_')
  if ! limited 130 env LD_LIBRARY_PATH="$libraries" "$build/bin/ssdbench" "$command" --json "$@" \
    >"$work/$name.json" 2>"$work/logs/$name.log"; then
    rm -f "$work/$name.json"
    echo "$name: $(tail -n 1 "$work/logs/$name.log")"
    missing="$missing $name"
  fi
}
step_row() { measured step "$@"; }  # one row of the table of speeds
op_table() { measured op op "$@"; }  # where the time goes

phase_benchmark() {
  if [ ! -x "$build/bin/ssdbench" ]; then
    result benchmark "not run" "there is no $build/bin/ssdbench"
    return
  fi
  local batch half=(--device cuda --precision fp16)
  missing=
  if [ -n "$dry" ]; then
    step_row infer --device cpu --precision fp32 --batch 1 --warmup 1 --steps 3
    op_table --device cpu --precision fp32 --batch 1 --mode infer --runs 3
    peers 60 --device cpu
  else
    step_row train "${half[@]}" --batch 128
    step_row infer "${half[@]}" --batch 1 --warmup 20 --steps 300
    step_row infer "${half[@]}" --batch 128 --warmup 20 --steps 100
    step_row train "${half[@]}" --batch 128 --frozen
    op_table "${half[@]}" --batch 128 --mode train
    peers 150
    op_table "${half[@]}" --batch 128 --mode infer
    op_table "${half[@]}" --batch 128 --mode train --frozen
    for batch in 256 64 32; do
      step_row train "${half[@]}" --batch $batch
      step_row infer "${half[@]}" --batch $batch --warmup 20 --steps 100
    done
    step_row train --device cuda --precision bf16 --batch 128
    step_row train --device cuda --precision tf32 --batch 64
    step_row train --device cuda --precision fp32 --batch 64
  fi
  if [ -z "$missing" ]; then
    result benchmark passed "all rows measured"
  else
    result benchmark "not run" "in part: without$missing"
  fi
}

# PyTorch beside it: seconds, options of torch_gpu.py.
peers() {
  local most=$1
  shift
  [ "$most" -lt "$(($(left) - 10))" ] || most=$(($(left) - 10))
  limited $((most + 30)) "$python" benchmarks/peers/torch_gpu.py --seconds "$most" "$@" \
    --output "$work/torch.json" >"$work/logs/torch.log" 2>&1 || missing="$missing torch"
}

# --------------------------------------------------------------------------------------------------

phase_started=0
libraries=${LD_LIBRARY_PATH:-}
nvidia=
prefix=
link_nvidia_packages
unpack_prefix || echo "gpu_check: .gpu-prefix could not be unpacked" >&2
describe_machine
if ! have_gpu && [ -z "$dry" ]; then
  result machine failed "no GPU here; SSD_GPU_DRY_RUN=1 tries everything else"
  phases=()
fi
# PyTorch compiles for minutes, and this machine's GPU is idle while ours does.
warm_up=
if [ -z "$dry" ] && [[ " ${phases[*]} " == *" build "* && " ${phases[*]} " == *" benchmark "* ]]; then
  "$python" benchmarks/peers/torch_gpu.py --warm-up --seconds 200 >"$work/logs/torch_warm_up.log" 2>&1 &
  warm_up=$!
fi
for phase in "${phases[@]}"; do
  phase_started=$SECONDS
  case "$phase" in
    build) phase_build ;;
    test) phase_test ;;
    host) phase_host ;;
    sanitize) if have_gpu; then phase_sanitize; else result sanitize "not run" "no GPU"; fi ;;
    benchmark)
      if [ -n "$warm_up" ]; then kill "$warm_up" 2>/dev/null; wait "$warm_up" 2>/dev/null; fi
      phase_benchmark
      ;;
    *) result "$phase" failed "no such phase" ;;
  esac
  write_report
done
if [ -n "$warm_up" ]; then kill "$warm_up" 2>/dev/null; fi
write_report
echo "report: $report/report.md"
exit "$failed"
