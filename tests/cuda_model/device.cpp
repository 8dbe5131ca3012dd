// What the model says of its devices, and the words of its errors.
#include <cstdio>
#include <map>

#include "tests/cuda_model/calls.h"
#include "tests/cuda_model/memory.h"
#include "tests/cuda_model/settings.h"

using namespace cuda_model;

namespace {

struct Words {
  const char *name, *text;
};

#define ERROR(code, text) \
  {                       \
    code, { #code, text } \
  }
const std::map<cudaError_t, Words>& words() {
  static const auto& all = *new std::map<cudaError_t, Words>{
      ERROR(cudaSuccess, "no error"),
      ERROR(cudaErrorInvalidValue, "invalid argument"),
      ERROR(cudaErrorMemoryAllocation, "out of memory"),
      ERROR(cudaErrorInvalidConfiguration, "invalid configuration argument"),
      ERROR(cudaErrorInvalidDevice, "invalid device ordinal"),
      ERROR(cudaErrorNoDevice, "no CUDA-capable device is detected"),
      ERROR(cudaErrorInvalidResourceHandle, "invalid resource handle"),
      ERROR(cudaErrorIllegalState, "the operation cannot be performed in the present state"),
      ERROR(cudaErrorNotReady, "device not ready"),
      ERROR(cudaErrorIllegalAddress, "an illegal memory access was encountered"),
      ERROR(cudaErrorMisalignedAddress, "misaligned address"),
      ERROR(cudaErrorLaunchFailure, "unspecified launch failure"),
      ERROR(cudaErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing"),
      ERROR(cudaErrorStreamCaptureInvalidated,
            "operation failed due to a previous error during capture"),
      ERROR(cudaErrorStreamCaptureMerge,
            "operation would result in a merge of separate capture sequences"),
      ERROR(cudaErrorStreamCaptureUnmatched,
            "capture was not ended in the same stream as it began"),
      ERROR(cudaErrorStreamCaptureUnjoined, "capturing stream has unjoined work"),
      ERROR(cudaErrorStreamCaptureIsolation,
            "dependency created on uncaptured work in another stream"),
      ERROR(cudaErrorStreamCaptureImplicit,
            "operation would make the legacy stream depend on a capturing blocking stream"),
      ERROR(cudaErrorCapturedEvent,
            "operation not permitted on an event last recorded in a capturing stream"),
      ERROR(cudaErrorStreamCaptureWrongThread,
            "attempt to terminate a thread-local capture sequence from another thread"),
  };
  return all;
}
#undef ERROR

const Words& words_of(cudaError_t error) {
  static const Words unknown{"cudaErrorUnknown", "unknown error"};
  const auto found = words().find(error);
  return found == words().end() ? unknown : found->second;
}

// After its own text for an error that took a context away, the story that a real GPU keeps secret.
std::string text_of(cudaError_t error) {
  const std::string text = words_of(error).text;
  for (int device = 0; device < settings().devices; ++device)
    if (error != cudaSuccess && context_error(device) == error)
      return text + " [" + context_story(device) + "]";
  return text;
}

// At the end of the process, after all destructors of the program.
[[gnu::destructor]] void look_back() {
  for (int device = 0; device < settings().devices; ++device)
    if (context_error(device) != cudaSuccess) return;  // its memory cannot be given back
  check_surroundings();
  if (const int left = pieces_alive())
    fail(std::to_string(left) + " pieces of memory were never given back");
}

}  // namespace

extern "C" {

cudaError_t CUDARTAPI cudaGetDeviceCount(int* count) {
  *count = settings().devices;
  return *count ? cudaSuccess : report(cudaErrorNoDevice);
}

cudaError_t CUDARTAPI cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (!is_device(device)) return report(cudaErrorInvalidDevice);
  *properties = {};
  std::snprintf(properties->name, sizeof properties->name, "modelled GPU");
  properties->major = 9;
  properties->totalGlobalMem = settings().memory;
  properties->multiProcessorCount = 132;
  properties->warpSize = 32;
  properties->pciBusID = device + 1;
  return cudaSuccess;
}

cudaError_t CUDARTAPI cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  if (!is_device(device)) return report(cudaErrorInvalidDevice);
  if (attribute == cudaDevAttrComputeCapabilityMajor) return *value = 9, cudaSuccess;
  if (attribute == cudaDevAttrComputeCapabilityMinor) return *value = 0, cudaSuccess;
  if (attribute == cudaDevAttrMultiProcessorCount) return *value = 132, cudaSuccess;
  fail("the model does not know the device attribute " + std::to_string(attribute));
}

const char* CUDARTAPI cudaGetErrorName(cudaError_t error) { return words_of(error).name; }

const char* CUDARTAPI cudaGetErrorString(cudaError_t error) {
  Call call;
  static auto& texts = *new std::map<cudaError_t, std::string>;
  return (texts[error] = text_of(error)).c_str();
}
}
