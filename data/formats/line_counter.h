// Line numbers of many places in one file, in about the time of one pass over it.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>

#include "engine/base/error.h"
#include "engine/base/loaded_file.h"

namespace data {

class LineCounter {
 public:
  // As LoadedFile::position. Offsets that ascend cost no more than the bytes between them; a
  // smaller one starts from the beginning again.
  std::string position(const base::LoadedFile& file, size_t offset) {
    offset = std::min(offset, file.bytes().size());
    if (offset < counted_to_) counted_to_ = 0, line_ = 1;
    const std::string_view between = file.bytes().substr(counted_to_, offset - counted_to_);
    line_ += std::count(between.begin(), between.end(), '\n');
    bytes_counted_ += between.size();
    counted_to_ = offset;
    return base::concatenate(file.path(), ": byte ", offset, ", line ", line_, ": ");
  }
  size_t bytes_counted() const { return bytes_counted_; }  // the work so far

 private:
  size_t counted_to_ = 0, bytes_counted_ = 0;
  std::ptrdiff_t line_ = 1;
};

}  // namespace data
