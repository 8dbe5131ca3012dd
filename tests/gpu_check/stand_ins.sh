# Sourced by the tests of tools/gpu_check.sh, from the project's root: a folder for a run of it, stand-ins for what a
# machine with a GPU has (nvidia-smi, nvcc, PyTorch), and what the tests ask of a run.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
export STAND_INS=$folder OMP_WAIT_POLICY=passive
export OUT=$folder/report SSD_GPU_BUILD=$folder/build SSD_GPU_PYTHON=$folder/bin/python PATH=$folder/bin:$PATH

stand_in() { # name; its text comes from stdin
  { echo '#!/usr/bin/env bash'; echo 'echo "${0##*/} $*" >>"$STAND_INS/calls"'; cat; } >"$folder/bin/$1"
  chmod +x "$folder/bin/$1"
}
# More than a pipe holds: whoever stops reading early must not take that for a failure.
stand_in nvidia-smi <<'END_'
case "$*" in
  -L) echo "GPU 0: NVIDIA H200 (UUID: GPU-1)"; seq 30000 ;;
  *compute-apps*) ;;
  *driver_version*) echo "NVIDIA H200, 580.10, 143771 MiB, 9.0" ;;
  *) echo "NVIDIA H200, 9.0"; echo "NVIDIA H200, 9.0" ;;
esac
END_
stand_in nvcc <<'END_'
echo "Build cuda_13.0"
END_
stand_in python <<'END_'
case "$1" in *torch_gpu.py) ;; *) exec python3 "$@" ;; esac
while [ $# -gt 0 ]; do
  [ "$1" != --output ] || echo '{"torch": "2.9", "matmul_tflops": 700, "copy_tb_per_s": 4.0, "results": [
    {"mode": "train", "precision": "fp16", "batch": 64, "images_per_second": 0.5, "variant": "eager"},
    {"mode": "infer", "precision": "fp16", "batch": 1, "images_per_second": 9, "p50_ms": 3.0}]}' >"$2"
  shift
done
END_

# A row that was measured at another batch size, under the one that was asked for.
cat >"$folder/bin/named_row" <<'END_'
#!/usr/bin/env bash
# named_row FILE ARGUMENTS...
kept=$1
shift
batch=$(sed -n 's/.*--batch \([0-9]*\).*/\1/p' <<<"$*") precision=$(sed -n 's/.*--precision \([a-z0-9]*\).*/\1/p' <<<"$*")
sed -E "s/\"batch\":[0-9]+,/\"batch\":$batch,/; s/\"precision\":\"[a-z0-9]+\"/\"precision\":\"$precision\"/" "$kept"
END_
chmod +x "$folder/bin/named_row"

# The folder that CUDNN_ROOT names: with NCCL in it, or what the tests take for it.
nccl_is_here() {
  mkdir -p "$folder/root/lib"
  touch "$folder/root/lib/libnccl.so.2"
  export CUDNN_ROOT=$folder/root
}

fail() { echo "$(basename "$0" .sh): $1" >&2; tail -n 30 "$folder"/out* >&2; exit 1; }
run() { # expected exit code, phases
  local wanted=$1 got=0
  shift
  : >"$folder/calls"
  tools/gpu_check.sh "$@" >"$folder/out" 2>&1 || got=$?
  [ "$got" -eq "$wanted" ] || fail "gpu_check.sh $* ended with $got instead of $wanted"
}
printed() { grep -qF -- "$1" "$folder/out" || fail "it did not print: $1"; }
printed_in_order() { # words of lines
  local words line last=0
  for words in "$@"; do
    line=$(grep -nF -m 1 -- "$words" "$folder/out" | cut -d: -f1) || true
    [ -n "$line" ] || fail "it did not print: $words"
    [ "$line" -gt "$last" ] || fail "too early: $words"
    last=$line
  done
}
reported() { grep -qF -- "$1" "$OUT/report.md" || fail "report.md lacks: $1"; }
called() { grep -qE -- "$1" "$folder/calls" || fail "never called: $1"; }
never_called() { ! grep -qE -- "$1" "$folder/calls" || fail "called: $1"; }
