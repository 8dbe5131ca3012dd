#include "engine/base/version.h"

#include <fmt/format.h>

#include "ssd_version.h"

namespace base {

std::vector<std::pair<std::string, std::string>> version_parts() {
  std::string compiler = fmt::format(
#ifdef __clang__
      "clang {}", __clang_version__
#else
      "gcc {}", __VERSION__
#endif
  );
  auto known = [](const std::string& text) { return text.empty() ? std::string("no") : text; };
  return {{"version", SSD_VERSION},
          {"git", SSD_GIT_HASH},
          {"compiler", compiler},
          {"CUDA", known(SSD_CUDA_VERSION)},
          {"cuDNN", known(SSD_CUDNN_VERSION)},
          {"cuBLASLt", known(SSD_CUBLASLT_VERSION)},
          {"NCCL", known(SSD_NCCL_VERSION)},
          {"oneDNN", known(SSD_ONEDNN_VERSION)},
          {"GPU architectures", known(SSD_CUDA_ARCHITECTURES)}};
}

std::string version_text(const std::string& program) {
  auto parts = version_parts();
  std::string text = fmt::format("{} {} (git {})\n", program, parts[0].second, parts[1].second);
  for (size_t i = 2; i < parts.size(); ++i)
    text += fmt::format("{}: {}\n", parts[i].first, parts[i].second);
  return text;
}

}  // namespace base
