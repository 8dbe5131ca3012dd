#include "tools/logs/kept_steps.h"

#include <filesystem>
#include <system_error>

#include "engine/base/error.h"

namespace logs {
namespace {

namespace fs = std::filesystem;

bool has_bytes(const std::string& path) {
  std::error_code unknown;
  return fs::is_regular_file(path, unknown) && fs::file_size(path, unknown) > 0;
}

}  // namespace

KeptSteps::KeptSteps(std::string path) : path_(std::move(path)), had_lines_(has_bytes(path_)) {}

std::string KeptSteps::missing_in_words(int64_t last_step, int64_t every) const {
  constexpr const char* kCure =
      "; if there is a whole copy, stop this run, put the copy there and resume again";
  const std::string name = fs::path(path_).filename().string();
  std::error_code unknown;
  if (last_step == 0 || !had_lines_ || !fs::exists(path_, unknown)) return {};
  if (!has_bytes(path_))
    return base::concatenate(name, " is cut off within its first line; it begins anew after step ",
                             last_step, kCure);
  if (widest_ == 0 || last_step - last_ < std::max(widest_, every)) return {};
  return base::concatenate(name, " ends with step ", last_, ", and the run goes on after step ",
                           last_step, ": the steps between are missing, as if the file was cut off",
                           kCure);
}

}  // namespace logs
