#!/usr/bin/env bash
# On a machine with an NVIDIA GPU: builds the project, tests it on CUDA, runs its kernels under
# compute-sanitizer, measures it beside PyTorch, and writes a report (docs/gpu-results.md).
#   tools/gpu_check.sh                 first call: build benchmark; needs no network
#   tools/gpu_check.sh test sanitize   second call: builds the tests, runs them, and the sanitizer's tools
#   tools/gpu_check.sh PHASE...        some of: build benchmark test sanitize host
# Each call ends within ten minutes, and its phases are added to those of earlier calls in the report.
# Exit code 0: everything was built and every test passed. Environment:
#   OUT                  folder of the report (./gpu-report)
#   SSD_GPU_SECONDS      time for one call, after which only the report is written (570)
#   SSD_GPU_PATIENCE     a factor for the time of every step, for a GPU in software (1)
#   SSD_GPU_BUILD        build folder (build/gpu)
#   SSD_GPU_PYTHON       the Python that has PyTorch (python3)
#   SSD_GPU_DRY_RUN=1    for a machine without a GPU: runs what does not need one, marks the rest
set -uo pipefail
case "${1:-}" in -h | --help) sed -n '2,16s/^# \{0,1\}//p' "$0"; exit 0 ;; -*) echo "gpu_check.sh: unknown option $1" >&2; exit 2 ;; esac
cd "$(dirname "$0")/.." || exit
. tools/find_cuda.sh

seconds=${SSD_GPU_SECONDS:-570}
patience=${SSD_GPU_PATIENCE:-1}
build=$(realpath -m "${SSD_GPU_BUILD:-build/gpu}")
report=$(realpath -m "${OUT:-gpu-report}")  # report.md, report.json, logs.tar.gz
work=$build/check                           # what they are made from
dry=${SSD_GPU_DRY_RUN:-}
python=${SSD_GPU_PYTHON:-python3}
jobs=$(nproc)
phases=("$@")
[ ${#phases[@]} -gt 0 ] || phases=(build benchmark)
# Convolution plans are compiled at run time: kept for later phases and calls.
export XDG_CACHE_HOME=$build/cache SSD_TEST_PLAN_CACHE=$build/cache/test_plans
mkdir -p "$SSD_TEST_PLAN_CACHE" "$work/logs" "$report"
touch "$work/phases.tsv"
failed=0

left() { echo $((seconds - SECONDS)); }

# limited SECONDS COMMAND...: runs it for at most that long, and never past the end of the run.
limited() {
  local most=$(($1 * patience))
  shift
  [ "$most" -le "$(left)" ] || most=$(left)
  [ "$most" -gt 5 ] || return 124
  timeout -k 5 "$most" "$@"
}

# result PHASE STATUS NOTE, where STATUS is passed, failed, timeout or "not run". Takes the place of an
# earlier call's result of that phase.
result() {
  grep -v "^$1"$'\t' "$work/phases.tsv" >"$work/phases.new"
  mv "$work/phases.new" "$work/phases.tsv"
  printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$((SECONDS - phase_started))" "$3" >>"$work/phases.tsv"
  echo "== $1: $2 ($((SECONDS - phase_started)) s) $3"
  case "$2" in failed | timeout) failed=1 ;; esac
}

# After every phase: something is there whatever happens next.
write_report() {
  "$python" tools/gpu_report.py "$work" "$report" "$failed" >"$work/summary.txt"
  tar -czf "$report/logs.tar.gz" -C "$work" .
}

have_gpu() { [ -n "$gpu" ]; }

# --- what the machine has -------------------------------------------------------------------------

# Debian's headers and libraries from .gpu-prefix (tools/gpu_prefix.sh), where they were brought.
unpack_prefix() {
  prefix=$build/prefix
  compgen -G '.gpu-prefix/*.deb' >/dev/null || { prefix=; return 0; }
  local lib=$prefix/usr/lib/x86_64-linux-gnu
  if [ ! -e "$prefix/complete" ]; then
    local file
    mkdir -p "$prefix"
    for file in .gpu-prefix/*.deb; do dpkg -x "$file" "$prefix" || return 1; done
    ln -sf ../../../lib/x86_64-linux-gnu/libz.so.1 "$lib/libz.so"
    prefix_settings "$lib"
    touch "$prefix/complete"
  fi
  export CPLUS_INCLUDE_PATH=$prefix/usr/include:$prefix/usr/include/x86_64-linux-gnu
  export C_INCLUDE_PATH=$CPLUS_INCLUDE_PATH
  export PKG_CONFIG=$prefix/pkg-config FONTCONFIG_FILE=$prefix/fonts.conf
  # What these libraries need of each other.
  export LDFLAGS="-Wl,-rpath-link,$lib:$prefix/lib/x86_64-linux-gnu ${LDFLAGS:-}"
  libraries=$lib:$prefix/lib/x86_64-linux-gnu${libraries:+:$libraries}
}

# pkg-config, for packages that are not where they say that they are; and the fonts, beside the machine's own.
prefix_settings() {  # folder of the libraries
  cat >"$prefix/pkg-config" <<END
#!/bin/sh
export PKG_CONFIG_SYSROOT_DIR='$prefix' PKG_CONFIG_LIBDIR='$1/pkgconfig:$prefix/usr/share/pkgconfig'
LD_LIBRARY_PATH='$1' exec '$prefix/usr/bin/pkgconf' "\$@"
END
  chmod +x "$prefix/pkg-config"
  cat >"$prefix/fonts.conf" <<END
<?xml version="1.0"?>
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>$prefix/usr/share/fonts</dir>
  <cachedir>$build/cache/fontconfig</cachedir>
</fontconfig>
END
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
    echo "nvcc=${nvcc:+$nvcc: $("$nvcc" --version 2>/dev/null | tail -n 1)}"
    echo "cudnn=$cudnn"
    echo "cublas=$cublas"
    echo "nccl=$nccl"
    if have_gpu; then
      nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap --format=csv,noheader |
        sed -n 1p | awk -F', ' '{print "gpu=" $1 "\ndriver=" $2 "\nmemory=" $3 "\ncapability=" $4}'
      echo "busy=$(nvidia-smi --query-compute-apps=pid --format=csv,noheader 2>/dev/null | grep -c . || true) other programs"
    fi
  } >"$work/machine.txt"
}

# --- phases ---------------------------------------------------------------------------------------

# Configures, once per call. A test may take two minutes here.
configure() {
  [ -z "${configured:-}" ] || return 0
  limited 240 cmake -S . -B "$build" -G Ninja "${cuda_options[@]}" -DSSD_WARNINGS_ARE_ERRORS=OFF \
    -DSSD_TEST_TIMEOUT=120 "-DCMAKE_PREFIX_PATH=$prefix${prefix:+/usr}" >"$work/logs/configure.log" 2>&1 && configured=1
}

# built PHASE SECONDS TARGET...: builds; where that fails it writes the phase's result and is false.
built() {
  local phase=$1 most=$2 log=$work/logs/build_$1.log
  shift 2
  if ! configure; then
    tail -n 20 "$work/logs/configure.log"
    result "$phase" failed "configuration; see logs/configure.log"
    return 1
  fi
  limited "$most" cmake --build "$build" -j "${SSD_GPU_JOBS:-$jobs}" --target "$@" -- -k 0 >"$log" 2>&1
  case $? in
    0) return 0 ;;
    124) result "$phase" timeout "$(tail -n 1 "$log" | cut -c1-100)" ;;
    *)
      grep -E "error|FAILED" "$log" | head -n 20
      result "$phase" failed "$(grep -m 1 -E 'error' "$log" | tr '\t' ' ' | cut -c1-200)"
      ;;
  esac
  return 1
}

# What a person must see first: the programs are built, and kernels give right results on this GPU.
phase_build() {
  built build 420 ssdbench ssdtrain simt_gpu_test planted_fault || return
  local log=$work/logs/build_build.log notes
  notes="$(grep -c 'bytes spill' "$log") kernels compiled now, $(grep 'bytes spill' "$log" |
    grep -vc ' 0 bytes spill stores, 0 bytes spill loads') of them spill registers"
  result build passed "$notes"
  if ! have_gpu; then
    result "first kernels" "not run" "no GPU"
  elif limited 60 env LD_LIBRARY_PATH="$libraries" "$build/tests/simt_gpu_test" >"$work/logs/simt_gpu_test.log" 2>&1; then
    result "first kernels" passed "simt_gpu_test: right on this GPU, sums with the CPU's bits"
  else
    tail -n 20 "$work/logs/simt_gpu_test.log"
    result "first kernels" failed "simt_gpu_test; see logs/simt_gpu_test.log"
  fi
}

# One run of ctest. Its report is read from the log: that is there also when the time ran out.
tests() {  # name, seconds, options of ctest
  local name=$1 most=$2 log=$work/logs/test_$1.log status
  shift 2
  limited "$most" env LD_LIBRARY_PATH="$libraries" ctest --test-dir "$build" -j "$((jobs / 2 + 1))" \
    --output-on-failure --no-tests=error "$@" >"$log" 2>&1
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

# gpu_step_test fills the cache of plans that the others share. NCCL with one rank has a row of its own.
phase_test() {
  built test 240 all || return
  tests plans 120 -R '^gpu_step_test$'
  if [ -n "$nccl" ]; then
    tests nccl 60 -R '^gpu_nccl_test$'
  else
    result "test nccl" "not run" "there is no libnccl.so.2 here, which ranks on GPUs need"
  fi
  tests batches 60 -R '^(device_batch|image_cache)_test$'
  tests device 200 -L '^(gpu|ops|kernels|model|engine)$' -E '^gpu_(step|nccl)_test$'  # takes what is left
}

# What needs no GPU passes elsewhere, too: here it takes the time that is left.
phase_host() {
  built host 240 all || return
  tests host 300 -LE '^(gpu|ops|kernels|model|engine)$'
}

# A part of the mangled names of our kernels (kernels/device.h). tools/kernel_table.sh checks that all of them have it.
our_kernels=7kernels6device

# sanitized TOOL PROGRAM [ARGUMENT]: prints "TOOL PROGRAM STATUS".
sanitized() {
  local tool=$1 program=$2 status word log
  shift 2
  log=$work/logs/sanitize_${tool}_${program}.log
  local options=(--tool "$tool" --error-exitcode 99)
  # Failed calls: we check ours, and libraries try what they may not have.
  [ "$tool" = memcheck ] && options+=(--leak-check full --report-api-errors no)
  # Not the libraries' kernels. initcheck must see everything that writes.
  [ -z "$can_filter" ] || [ "$tool" = initcheck ] || options+=(--kernel-name "kns=$our_kernels")
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
  export work build libraries our_kernels
  export sanitize_most=$((60 * patience)) can_filter=
  [[ $(compute-sanitizer --help 2>/dev/null) == *--kernel-name* ]] && can_filter=1
  if ! command -v compute-sanitizer >/dev/null; then
    result sanitize "not run" "there is no compute-sanitizer on this machine"
    return
  fi
  built sanitize 240 all || return
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
  # Without a filter initcheck instruments cuDNN, too, which takes too long.
  local convolve=' gpu_step_test '
  local tool program runs=$work/logs/sanitize.txt
  for tool in "${usable[@]}"; do
    for program in "${programs[@]}"; do
      [ "$tool" = initcheck ] && [[ $convolve == *" $program "* ]] && continue
      [ -x "$build/tests/$program" ] && echo "$tool $program"
    done
  done | limited 150 xargs -P "$((jobs / 2 + 1))" -L 1 bash -c 'sanitized "$@"' sanitized >"$runs"
  for tool in "${usable[@]}"; do
    local bad clean wanted=${#programs[@]}
    [ "$tool" = initcheck ] && wanted=$((wanted - $(wc -w <<<"$convolve")))
    bad=$(grep "^$tool " "$runs" | grep -E ' (errors|failed)$' | cut -d' ' -f2 | tr '\n' ' ')
    clean=$(grep -c "^$tool .* clean$" "$runs")
    if [ -n "$bad" ]; then
      result "sanitize $tool" failed "$bad; $clean clean"
    elif [ "$clean" -lt "$wanted" ]; then
      result "sanitize $tool" "not run" "in part: $clean of $wanted programs finished, all clean"
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
  rm -f "$work"/step_*.json "$work"/op_*.json "$work/torch.json"
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
prefix=
find_cuda "$build/nvidia"
unpack_prefix || echo "gpu_check: .gpu-prefix could not be unpacked" >&2
describe_machine
echo "== ${gpu:-no GPU}; nvcc ${nvcc:-missing}; cuDNN ${cudnn:-missing}; NCCL ${nccl:-missing}"
optional_cuda
missing_here=$(missing_cuda)
[ -z "$missing_here" ] || echo "== $missing_here"
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
cat "$work/summary.txt"
echo "report: $report/report.md"
case " ${phases[*]} " in *" test "* | "  ") ;; *) echo "next: tools/gpu_check.sh test sanitize" ;; esac
exit "$failed"
