#include "engine/base/loaded_file.h"

#include <algorithm>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/input_file.h"

namespace base {

std::string too_large_in_words(uint64_t bytes, uint64_t most) {
  constexpr uint64_t kKibi = 1024;
  std::string limit;
  for (const auto& [unit, name] :
       {std::pair(kKibi * kKibi * kKibi, " GiB"), {kKibi * kKibi, " MiB"}, {kKibi, " KiB"}})
    if (limit.empty() && most >= unit && most % unit == 0)
      limit = concatenate(" (", most / unit, name, ")");
  return concatenate(bytes, " bytes, expected at most ", most, " bytes", limit,
                     "; if it is the right file, make it smaller, or split it");
}

LoadedFile::LoadedFile(const std::string& path, uint64_t max_bytes) : path_(path) {
  const InputFile file(path);
  if (file.size() > max_bytes)
    fail(ExitCode::data, path, ": ", too_large_in_words(file.size(), max_bytes));
  size_ = size_t(file.size());
  data_ = std::make_unique_for_overwrite<char[]>(size_);
  file.read_at(0, data_.get(), size_);
}

std::string LoadedFile::position(size_t offset) {
  if (offset < counted_) counted_ = 0, lines_ = 1;
  const std::string_view between = bytes().substr(counted_, offset - counted_);
  lines_ += size_t(std::count(between.begin(), between.end(), '\n'));
  counted_ += between.size();
  return concatenate(path_, ": byte ", offset, ", line ", lines_, ": ");
}

}  // namespace base
