#!/usr/bin/env bash
# tools/find_cuda.sh on made-up machines: without a driver, with one, with Python's packages, with something missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
. tools/find_cuda.sh
fail() { echo "find_cuda_test: $1" >&2; exit 1; }
is() { [ "$2" = "$3" ] || fail "$1 is '$2' instead of '$3'"; } # what, found, expected

# The system of this machine must not be found: its own list of libraries and folders are hidden.
mkdir -p "$folder/bin" "$folder/site/nvidia/cudnn/lib" "$folder/site/nvidia/cudnn/include" "$folder/site/nvidia/cu13/lib"
for program in ldconfig nvidia-smi nvcc; do printf '#!/bin/sh\nexit 1\n' >"$folder/bin/$program"; done
printf '#!/bin/sh\necho %s\n' "$folder/site/nvidia" >"$folder/bin/python"
chmod +x "$folder"/bin/*
export PATH=$folder/bin:$PATH SSD_GPU_PYTHON=$folder/bin/python
unset CUDA_HOME CUDNN_ROOT
for file in cudnn/lib/libcudnn.so.9 cudnn/lib/libcudnn_ops.so.9 cudnn/include/cudnn_graph.h cu13/lib/libcudart.so.13 \
  cu13/lib/libcublasLt.so.13; do touch "$folder/site/nvidia/$file"; done

find_cuda "$folder/links"
is gpu "$gpu" ""
is nvcc "$nvcc" "$folder/bin/nvcc"
if [ ! -e /usr/local/cuda ]; then
  is cudnn "$cudnn" "$folder/site/nvidia/cudnn/lib/libcudnn.so.9"
  is cublas "$cublas" "$folder/site/nvidia/cu13/lib/libcublasLt.so.13"
fi
[[ " ${cuda_options[*]} " == *" -DCUBLASLT_LIBRARY=$cublas "* ]] || fail "no cuBLASLt in ${cuda_options[*]}"
if [ -z "$nccl" ]; then
  [[ " ${cuda_options[*]} " != *NCCL* ]] || fail "NCCL, which is not there, in ${cuda_options[*]}"
fi

link_packages "$folder/site/nvidia" "$folder/links"
is "a link without the version" "$(readlink "$folder/links/lib/libcudnn.so")" "$folder/site/nvidia/cudnn/lib/libcudnn.so.9"
is "a link with the version" "$(readlink "$folder/links/lib/libcudnn_ops.so.9")" "$folder/site/nvidia/cudnn/lib/libcudnn_ops.so.9"
[ -e "$folder/links/include/cudnn_graph.h" ] || fail "the header is not linked"
! compgen -G "$folder/links/lib/libcudart*" >/dev/null || fail "the CUDA runtime is linked"

# A driver that shows two GPUs, and more text than a pipe holds.
cat >"$folder/bin/nvidia-smi" <<'END'
#!/usr/bin/env bash
case "$*" in
  -L) echo "GPU 0: NVIDIA A100 (UUID: GPU-1)"; seq 30000 ;;
  *) echo "NVIDIA A100-SXM4-80GB, 8.0"; echo "NVIDIA L4, 8.9" ;;
esac
END
find_cuda "$folder/links"
is gpu "$gpu" "NVIDIA A100-SXM4-80GB"
is capability "$capability" 80
[[ " ${cuda_options[*]} " == *" -DCMAKE_CUDA_ARCHITECTURES=80-real "* ]] || fail "no architecture in ${cuda_options[*]}"

# Packages of CUDA 12 and 13 side by side, as two programs of one Python may want them: nvcc decides.
touch_in() { local file; for file in "${@:2}"; do mkdir -p "$1/$(dirname "$file")"; touch "$1/$file"; done; }
touch_in "$folder/site/nvidia" cublas/lib/libcublasLt.so.12 cublas/lib/libcublas.so.12 cu13/lib/libcublas.so.13 \
  cuda_nvrtc/lib/libnvrtc.so.12 cu13/lib/libnvrtc.so.13 nccl/lib/libnccl.so.2 nccl/include/nccl.h
for major in 12 13; do
  printf '#!/bin/sh\necho "Cuda compilation tools, release %s.0, V%s.0.88"\n' $major $major >"$folder/bin/nvcc"
  find_cuda "$folder/links"
  is cuda_major "$cuda_major" $major
  [[ " ${cuda_options[*]} " == *" -DNCCL_LIBRARY=$nccl "* ]] || fail "no NCCL in ${cuda_options[*]}"
  library=$(cd "$folder/site/nvidia" && echo */lib/libcublasLt.so.$major)
  if [ ! -e /usr/local/cuda ]; then
    is "cublas of CUDA $major" "$cublas" "$folder/site/nvidia/$library"
  else
    [[ -z $cublas || $cublas == *"/libcublasLt.so.$major" ]] || fail "CUDA $major gets $cublas"
  fi
  link_packages "$folder/site/nvidia" "$folder/links"
  is "the linked cuBLASLt" "$(readlink "$folder/links/lib/libcublasLt.so")" "$folder/site/nvidia/$library"
  [ ! -e "$folder/links/lib/libnvrtc.so.$((25 - major))" ] || fail "NVRTC of the other CUDA is linked"
  [ -e "$folder/links/lib/libnvrtc.so.$major" ] || fail "NVRTC of CUDA $major is not linked"
  [ -e "$folder/links/lib/libnccl.so" ] || fail "NCCL is not linked"
done

# cuDNN and NCCL of both lie in one folder; the packages' names tell which it is.
mkdir "$folder/site/nvidia_cudnn_cu12-9.19.0.56.dist-info" "$folder/site/nvidia_nccl_cu13-2.28.9.dist-info"
in_cuda_13=$(cuda_major=13 && package_folders "$folder/site/nvidia" | xargs -n 1 basename | tr '\n' ' ')
is "folders for CUDA 13" "$in_cuda_13" "cu13 nccl "
in_cuda_12=$(cuda_major=12 && package_folders "$folder/site/nvidia" | xargs -n 1 basename | tr '\n' ' ')
is "folders for CUDA 12" "$in_cuda_12" "cublas cuda_nvrtc cudnn "

cuda_major=12 nvcc=/usr/bin/nvcc cudnn=/usr/lib/libcudnn.so.9 cudnn_header=/usr/include/cudnn_graph.h
is "what is missing" "$(missing_cuda)" ""
cudnn_header=
[[ $(missing_cuda) == "missing: cuDNN 9 with its headers. Install: "*pip*cudnn-cu12* ]] || fail "said: $(missing_cuda)"
nvcc=
[[ $(missing_cuda) == "missing: nvcc of CUDA 12 or 13; cuDNN 9 with its headers. Install: "* ]] || fail "said: $(missing_cuda)"
is "lines of that" "$(missing_cuda | wc -l)" 1
cublas=/usr/lib/libcublasLt.so.12 nccl=/usr/lib/libnccl.so.2
is "what could be added" "$(optional_cuda)" ""
cublas='' nccl=''
[[ $(optional_cuda) == "not here: cuBLASLt"*"; and NCCL"*"pip install nvidia-cublas-cu12 nvidia-nccl-cu12" ]] ||
  fail "said: $(optional_cuda)"
cuda_major=13 nccl=/usr/lib/libnccl.so.2
[[ $(optional_cuda) == "not here: cuBLASLt"*"pip install nvidia-cublas" ]] || fail "said: $(optional_cuda)"
echo "find_cuda_test: passed"
