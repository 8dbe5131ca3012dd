#include "engine/base/loaded_file.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/input_file.h"

namespace base {

LoadedFile::LoadedFile(const std::string& path, uint64_t max_bytes) : path_(path) {
  const InputFile file(path);
  if (file.size() > max_bytes)
    fail(ExitCode::data, path, ": ", file.size(), " bytes, expected at most ", max_bytes);
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
