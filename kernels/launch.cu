#include <cctype>

#include "kernels/simt.h"

namespace kernels {
namespace {

// Removes the name of one namespace from the end. Each compiler spells unnamed ones in its own way.
void drop_namespace(std::string_view& text) {
  for (std::string_view unnamed : {"{anonymous}", "(anonymous namespace)", "<unnamed>"})
    if (text.ends_with(unnamed)) return text.remove_suffix(unnamed.size());
  auto in_name = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  while (!text.empty() && in_name((unsigned char)text.back())) text.remove_suffix(1);
}

std::string without_namespaces(std::string_view type) {
  std::string name;
  for (size_t end; (end = type.find("::")) != std::string_view::npos; type.remove_prefix(end + 2)) {
    std::string_view before = type.substr(0, end);
    drop_namespace(before);
    name += before;
  }
  return name.append(type);
}

}  // namespace

std::string kernel_name(std::string_view spelled) {
  size_t start = spelled.find("K = "), end = spelled.find_last_of(']');
  if (start == std::string_view::npos || end < start) return std::string(spelled);
  const std::string_view type = spelled.substr(start + 4, end - start - 4);
  return without_namespaces(type.substr(0, type.find(';')));
}

unsigned grid_of(int64_t blocks, const char* spelled) {
  if (blocks <= kMostBlocks) return unsigned(blocks);
  throw std::length_error("kernel " + kernel_name(spelled) + ": " + std::to_string(blocks) +
                          " blocks, a GPU runs at most " + std::to_string(kMostBlocks));
}

#ifdef DEVICE_PATH
namespace {

// The architectures for which this program has code: "sm_80, sm_90".
std::string architectures() {
  std::string list;
#ifdef __CUDA_ARCH_LIST__
  for (int architecture : {__CUDA_ARCH_LIST__})
    list += (list.empty() ? "sm_" : ", sm_") + std::to_string(architecture / 10);
#endif
  return list;
}

std::string capability() {  // of the GPU in use, as "75"
  int device = 0, major = 0, minor = 0;
  cudaGetDevice(&device);
  cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
  cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
  return std::to_string(major) + std::to_string(minor);
}

// Errors of running kernels, which any later call reports.
bool is_late(cudaError_t error) {
  return error >= cudaErrorIllegalAddress && error <= cudaErrorLaunchFailure &&
         error != cudaErrorLaunchOutOfResources;
}

}  // namespace
#endif

void check_launch([[maybe_unused]] const char* spelled) {
#ifdef DEVICE_PATH
  const cudaError_t error = cudaGetLastError();
  if (error == cudaSuccess) return;
  std::string text = "kernel " + kernel_name(spelled);
  if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorInvalidDeviceFunction) {
    const std::string gpu = capability();
    text = "this program has GPU code for " + architectures() + ", not for this GPU (sm_" + gpu +
           "): build it with -DCMAKE_CUDA_ARCHITECTURES=" + gpu + "-real";
  } else {
    if (is_late(error)) text += ", or without CUDA_LAUNCH_BLOCKING=1 one before it,";
    text +=
        std::string(" failed: ") + cudaGetErrorString(error) + " (" + cudaGetErrorName(error) + ")";
  }
  throw std::runtime_error(text);
#endif
}

}  // namespace kernels
