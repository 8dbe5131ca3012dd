# Sourced by demo.sh, test.sh and gpu_check.sh: finds what a build for NVIDIA's GPUs needs, in the system, in
# /usr/local/cuda, and in Python's packages. Environment: SSD_GPU_PYTHON is the Python that has them (python3).
#   find_cuda FOLDER   sets gpu (the name of the first GPU, if a driver shows one), capability ("90"), nvcc, cudnn,
#                      cudnn_header, cublas and nccl (files; empty where there is none), cuda_major (12 or 13: nvcc's
#                      version, to which the libraries must belong) and cuda_options (options of cmake). FOLDER gets
#                      links to what lies in Python's packages.
#   missing_cuda       prints what is missing and how to install it, in one line; nothing if nothing is
#   optional_cuda      the same for what a build can do without

first_of() {  # the first of these files that is there
  local file
  for file in "$@"; do
    if [ -e "$file" ]; then
      echo "$file"
      return
    fi
  done
}

nvidia_packages() {  # the folder of Python's packages from NVIDIA
  "${SSD_GPU_PYTHON:-python3}" -c 'import importlib.util as u; s = u.find_spec("nvidia")
print(list(s.submodule_search_locations)[0] if s else "")' 2>/dev/null || true
}

find_gpu() {
  local listed='' line=''
  gpu='' capability=''
  command -v nvidia-smi >/dev/null || return 0
  # Not through a pipe to grep -q: under pipefail nvidia-smi may then fail for being cut off.
  listed=$(nvidia-smi -L 2>/dev/null) || return 0
  [[ $listed == *GPU* ]] || return 0
  line=$(nvidia-smi --query-gpu=name,compute_cap --format=csv,noheader 2>/dev/null) || line=''
  line=${line%%$'\n'*}
  gpu=${line%%,*}
  gpu=${gpu:-NVIDIA GPU}
  capability=${line##*,}
  capability=${capability//[^0-9]/}
}

find_nvcc() {  # folder of Python's packages
  nvcc=$(command -v nvcc || true)
  [ -n "$nvcc" ] || nvcc=$(first_of "${CUDA_HOME:-/nowhere}/bin/nvcc" /usr/local/cuda/bin/nvcc "${1:-/nowhere}"/*/bin/nvcc)
}

find_cuda_major() {
  local version=''
  if [ -n "$nvcc" ]; then version=$("$nvcc" --version 2>/dev/null) || version=''; fi
  cuda_major=13
  [[ $version != *"release 12."* ]] || cuda_major=12
}

# The folders of Python's packages that belong to this CUDA. All of CUDA 13 lies in cu13; CUDA 12 has a folder for each
# library. cuDNN and NCCL lie in cudnn and nccl for both: only the name of the package says for which.
package_folders() {  # folder of Python's packages
  local folder name
  [ -n "$1" ] || return 0
  for folder in "$1"/*/; do
    folder=${folder%/} name=${folder%/} name=${name##*/}
    case $cuda_major:$name in
      *:cudnn | *:nccl) is_for_other_cuda "$1" "$name" || echo "$folder" ;;
      13:cu13) echo "$folder" ;;
      13:* | *:cu[0-9]*) ;;
      *) echo "$folder" ;;
    esac
  done
}

is_for_other_cuda() {  # folder of Python's packages, cudnn or nccl
  local site=${1%/*} other=$((25 - cuda_major))
  ! compgen -G "$site/nvidia_$2_cu$cuda_major-*.dist-info" >/dev/null &&
    compgen -G "$site/nvidia_$2_cu$other-*.dist-info" >/dev/null
}

in_packages() {  # file below a package's folder, folder of Python's packages
  local folder
  package_folders "$2" | while read -r folder; do
    [ ! -e "$folder/$1" ] || echo "$folder/$1"
  done
}

find_library() {  # name, folder of Python's packages
  local listed='' known=''
  listed=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null) || listed=''
  known=$(sed -n "s|.*=> \(.*/$1\)\$|\1|p" <<<"$listed")
  first_of "${CUDNN_ROOT:-/nowhere}"/lib*/"$1" ${known:+"${known%%$'\n'*}"} "${CUDA_HOME:-/nowhere}"/lib64/"$1" \
    /usr/local/cuda/lib64/"$1" /usr/local/cuda/lib/"$1" "$(in_packages lib/"$1" "$2" | head -n 1)"
}

# Python's packages have libcudnn.so.9 and the like under versioned names only, each in a folder of its own: links
# without the version, all in one folder, so that CMake and the libraries find each other. The CUDA runtime stays where
# it is: CMake before 3.28 would take a linked one for the toolkit.
link_packages() {  # folder of Python's packages, folder of the links
  local folder
  rm -rf "$2"
  mkdir -p "$2/include" "$2/lib"
  package_folders "$1" | while read -r folder; do
    link_package "$folder" "$2"
  done
}

link_package() {  # folder of the package, folder of the links
  local file name
  for file in "$1"/lib/lib*.so*; do
    name=${file##*/}
    case $name in libcudart* | 'lib*') continue ;; esac
    ln -sf "$file" "$2/lib/$name"
    ln -sf "$file" "$2/lib/${name%%.so*}.so"
  done
  case ${1##*/} in cudnn | nccl) ;; *) return 0 ;; esac
  for file in "$1"/include/*.h; do
    if [ -e "$file" ]; then ln -sf "$file" "$2/include/"; fi
  done
}

find_cuda() {  # folder of the links
  local packages links=$1
  packages=$(nvidia_packages)
  find_gpu
  find_nvcc "$packages"
  find_cuda_major
  cudnn=$(find_library libcudnn.so.9 "$packages")
  cudnn_header=$(first_of "${CUDNN_ROOT:-/nowhere}/include/cudnn_graph.h" /usr/include/cudnn_graph.h \
    /usr/include/*-linux-gnu/cudnn_graph.h "${nvcc%/bin/nvcc}/include/cudnn_graph.h" /usr/local/cuda/include/cudnn_graph.h \
    "$(in_packages include/cudnn_graph.h "$packages" | head -n 1)")
  cublas=$(find_library "libcublasLt.so.$cuda_major" "$packages")
  nccl=$(find_library libnccl.so.2 "$packages")
  cuda_options=(-DSSD_CUDA=ON)
  if [ -n "$cublas" ]; then cuda_options+=("-DCUBLASLT_LIBRARY=$cublas"); fi
  if [ -n "$nccl" ]; then cuda_options+=("-DNCCL_LIBRARY=$nccl"); fi
  if [ -n "$nvcc" ]; then cuda_options+=("-DCMAKE_CUDA_COMPILER=$nvcc"); fi
  if [ -n "$capability" ]; then cuda_options+=("-DCMAKE_CUDA_ARCHITECTURES=$capability-real"); fi
  if [ -n "$packages" ] && [[ $cudnn == "$packages"/* ]]; then
    link_packages "$packages" "$links"
    cuda_options+=("-DCUDNN_ROOT=$links")
  fi
}

missing_cuda() {
  local missing=() how=()
  if [ -z "$nvcc" ]; then
    missing+=("nvcc of CUDA 12 or 13")
    how+=("apt-get install cuda-toolkit-13-0 from NVIDIA's repository (https://developer.nvidia.com/cuda-downloads)")
  fi
  if [ -z "$cudnn" ] || [ -z "$cudnn_header" ]; then
    missing+=("cuDNN 9 with its headers")
    how+=("python3 -m pip install nvidia-cudnn-cu$cuda_major, or apt-get install cudnn9-cuda-$cuda_major from NVIDIA's repository")
  fi
  [ ${#missing[@]} -eq 0 ] && return 0
  local IFS=';'
  echo "missing: ${missing[*]}. Install: ${how[*]}" | sed 's/;/; /g'
}

optional_cuda() {
  local missing=() packages=()
  if [ -z "$cublas" ]; then
    missing+=("cuBLASLt, with which 1x1 convolutions may be faster")
    packages+=("nvidia-cublas$([ "$cuda_major" = 13 ] || echo "-cu$cuda_major")")
  fi
  if [ -z "$nccl" ]; then
    missing+=("NCCL, which ranks on GPUs need")
    packages+=("nvidia-nccl-cu$cuda_major")
  fi
  [ ${#missing[@]} -eq 0 ] && return 0
  local IFS=';'
  echo "not here: ${missing[*]}. Install: python3 -m pip install $(IFS=' '; echo "${packages[*]}")" | sed 's/;/; and /g'
}
