#include "engine/backend.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/base/error.h"
#include "engine/device_words.h"

namespace engine {
namespace {

constexpr int kMostOrdinal = 9999;
constexpr std::pair<const char*, ConvAlgorithm> kConvAlgorithms[] = {
    {"auto", ConvAlgorithm::automatic},
    {"direct", ConvAlgorithm::direct},
    {"winograd", ConvAlgorithm::winograd}};

// The N of "cuda:N"; -1 if there is no such number.
int ordinal_of(const std::string& device) {
  if (device == kGpuWord) return 0;
  const std::string prefix = std::string(kGpuWord) + ":";
  if (!device.starts_with(prefix)) return -1;
  int ordinal = -1;
  const char *begin = device.data() + prefix.size(), *end = device.data() + device.size();
  auto [stop, error] = std::from_chars(begin, end, ordinal);
  return error == std::errc() && stop == end && ordinal <= kMostOrdinal ? ordinal : -1;
}

}  // namespace

bool known_device(const std::string& device) {
  return std::find(kDeviceWords.begin(), kDeviceWords.end(), device) != kDeviceWords.end() ||
         ordinal_of(device) >= 0;
}

std::vector<std::string> conv_algorithm_names() {
  std::vector<std::string> names;
  for (const auto& [name, algorithm] : kConvAlgorithms) names.push_back(name);
  return names;
}

ConvAlgorithm conv_algorithm_named(const std::string& name) {
  for (const auto& [known, algorithm] : kConvAlgorithms)
    if (name == known) return algorithm;
  base::fail(base::ExitCode::usage, "unknown convolution algorithm '", name, "'");
}

std::unique_ptr<Backend> make_backend(const std::string& device, const BackendOptions& options) {
  if (!known_device(device))
    base::fail(base::ExitCode::usage, "unknown device '", device, "': expected ", kDeviceNames);
  if (device == "cpu" || (device == "auto" && cuda_devices() == 0))
    return make_cpu_backend(options.conv_algorithm);
  return make_cuda_backend(device == "auto" ? 0 : ordinal_of(device), options);
}

}  // namespace engine
