#include "engine/conv/plan_cache.h"

#include <filesystem>

#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/write_file.h"
#include "engine/safetensors_checksum.h"

namespace engine {

namespace fs = std::filesystem;

namespace {

constexpr const char* kFirstLine = "ssd320 convolution plan 3\n";
constexpr size_t kLargest = size_t(16) << 20;  // cuDNN's largest seen: 0.3 MB

// The file: kFirstLine, the checksum of the rest in a line, the key in a line, the value.
std::string checksum_of(const std::string& rest) {
  ChecksumState state;
  state.add(rest.data(), rest.size());
  return state.digits();
}

std::optional<std::string> contents(const std::string& path) {
  try {
    return std::string(base::LoadedFile(path, kLargest).bytes());
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::string PlanCache::path_of(const std::string& key) const {
  return folder_ + "/" + checksum_of(key) + ".plan";
}

std::optional<std::string> PlanCache::find(const std::string& key) const {
  if (folder_.empty()) return std::nullopt;
  const auto text = contents(path_of(key));
  if (!text || !text->starts_with(kFirstLine)) return std::nullopt;
  const std::string rest = text->substr(std::string(kFirstLine).size());
  const std::string after = key + "\n";
  const size_t head = kChecksumDigits + 1;
  if (rest.size() < head + after.size() || rest.compare(head, after.size(), after) != 0)
    return std::nullopt;
  if (checksum_of(rest.substr(head)) + "\n" != rest.substr(0, head)) return std::nullopt;
  return rest.substr(head + after.size());
}

void PlanCache::keep(const std::string& key, const std::string& value) const {
  if (folder_.empty()) return;
  SSD_CHECK(key.find('\n') == std::string::npos, "plan cache: a key of several lines");
  std::error_code ignored;
  fs::create_directories(folder_, ignored);
  const std::string rest = key + "\n" + value;
  const std::string text = kFirstLine + checksum_of(rest) + "\n" + rest;
  try {
    base::write_file(path_of(key), text);
  } catch (const base::Error&) {
  }
}

void PlanCache::remove(const std::string& key) const {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove(path_of(key), ignored);
}

}  // namespace engine
