#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/start_folder.h"
#include "engine/foreign_weights.h"
#include "engine/safetensors.h"
#include "engine/safetensors_checksum.h"

namespace engine {
namespace {

constexpr size_t kMostTensors = TensorFile::kMostTensors;
constexpr size_t kDeepest = 8;

using Json = nlohmann::json;

// Looks at a header before it becomes a tree: bounds the depth and the number of entries, and
// refuses duplicate keys, which the library would silently drop. Linear in the header, but for the
// sorting of keys. (The library's own callback is called for each entry with a walk over all of
// them.)
class HeaderCheck : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderCheck(const std::string& path) : path_(path) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_array(std::size_t) override { return open(); }
  bool start_object(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    keys_.back().push_back(std::move(name));
    if (keys_.back().size() > kMostTensors + 1)
      base::fail(base::ExitCode::checkpoint, path_, ": damaged: more than ", kMostTensors,
                 " tensors");
    return true;
  }
  bool end_object() override {
    std::vector<std::string>& names = keys_.back();
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end())
      base::fail(base::ExitCode::checkpoint, path_, ": damaged: '", *twice,
                 "' is in the header twice");
    return close();
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
    return false;
  }

 private:
  bool open() {
    if (keys_.size() > kDeepest)
      base::fail(base::ExitCode::checkpoint, path_, ": damaged: header nested too deeply");
    keys_.emplace_back();
    return true;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  const std::string& path_;
  std::vector<std::vector<std::string>> keys_;  // of the objects that are open, arrays without
};

Json parse(const std::string& text, const std::string& path) {
  HeaderCheck check(path);
  const bool sound = Json::sax_parse(text, &check);
  Json header = sound ? Json::parse(text, nullptr, false) : Json(Json::value_t::discarded);
  if (!header.is_object())
    base::fail(base::ExitCode::checkpoint, path,
               ": not a safetensors file: the header is not a JSON object");
  return header;
}

uint64_t multiplied(uint64_t a, uint64_t b, bool& overflow) {
  uint64_t product;
  overflow |= __builtin_mul_overflow(a, b, &product);
  return product;
}

}  // namespace

namespace {

// Programs that write a changed copy of the file keep its metadata, and with them the old checksum.
const std::string kToRewrite = std::string("; a program that rewrites the file has to leave '") +
                               kWriterKey + "' and '" + kChecksumKey + "' out of its metadata";
const std::string kNoSum = "no checksum" + kToRewrite;
const std::string kOtherSum = "the checksum does not match" + kToRewrite;

}  // namespace

void SafetensorsFile::damaged(const std::string& what) const {
  base::fail(base::ExitCode::checkpoint, path_, ": damaged or not a safetensors file: ", what);
}

SafetensorsFile::SafetensorsFile(const std::string& path) : TensorFile(path) {
  file_ =
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe would wait for a writer
  if (file_ < 0)
    base::fail(base::ExitCode::checkpoint, "cannot open ", path, ": ", std::strerror(errno),
               base::start_folder_in_words(path));
  try {
    struct stat status;
    if (::fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) damaged("not a regular file");
    size_ = uint64_t(status.st_size);
    uint64_t length = 0;
    if (size_ < sizeof length) damaged("only " + std::to_string(size_) + " bytes");
    read_at(0, &length, sizeof length);
    if (length > kLargestSafetensorsHeader || length > size_ - sizeof length)
      damaged("header length " + std::to_string(length) + " in a file of " + std::to_string(size_) +
              " bytes");
    std::string header(length, '\0');
    read_at(sizeof length, header.data(), length);
    parse_header(header, sizeof length + length);
    check_ranges(sizeof length + length);
    auto writer = metadata_.find(kWriterKey);
    if (writer != metadata_.end() && writer->second == kWriter && !has_checksum()) damaged(kNoSum);
    if (has_checksum()) check_sum();
  } catch (...) {
    ::close(file_);
    throw;
  }
}

SafetensorsFile::~SafetensorsFile() { ::close(file_); }

void SafetensorsFile::parse_header(const std::string& text, uint64_t data_start) {
  const Json header = parse(text, path_);
  for (const auto& [name, entry] : header.items()) {
    if (!entry.is_object()) damaged("entry '" + name + "' is not an object");
    if (name == "__metadata__") {
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) damaged("metadata '" + key + "' is not a string");
        metadata_[key] = value.get<std::string>();
      }
      continue;
    }
    StoredTensor t{.name = name};
    const auto dtype = entry.find("dtype"), shape = entry.find("shape"),
               range = entry.find("data_offsets");
    if (dtype == entry.end() || !dtype->is_string() || shape == entry.end() || !shape->is_array() ||
        range == entry.end() || !range->is_array() || range->size() != 2 ||
        shape->size() > kHighestRank || !(*range)[0].is_number_unsigned() ||
        !(*range)[1].is_number_unsigned())
      damaged("tensor '" + name + "' needs dtype, shape of rank <= 8 and data_offsets");
    t.dtype = dtype->get<std::string>();
    bool overflow = false;
    uint64_t bytes = bytes_per_element(t.dtype);
    if (bytes == 0) damaged("tensor '" + name + "' has unknown dtype '" + t.dtype + "'");
    for (const Json& d : *shape) {
      if (!d.is_number_unsigned())
        damaged("tensor '" + name + "' has a dimension that is not a count");
      bytes = multiplied(bytes, d.get<uint64_t>(), overflow);
      overflow |= d.get<uint64_t>() > uint64_t(std::numeric_limits<int64_t>::max());
      t.shape.push_back(int64_t(d.get<uint64_t>()));
    }
    const uint64_t begin = (*range)[0].get<uint64_t>(), end = (*range)[1].get<uint64_t>();
    if (overflow || end < begin || end > size_ - data_start || end - begin != bytes)
      damaged("tensor '" + name + "' has data_offsets that do not fit its shape or the file");
    t.offset = data_start + begin;
    t.bytes = bytes;
    tensors_.push_back(std::move(t));
  }
}

void SafetensorsFile::check_ranges(uint64_t data_start) {
  std::vector<const StoredTensor*> order;
  for (const StoredTensor& t : tensors_) order.push_back(&t);
  std::sort(order.begin(), order.end(), [](auto* a, auto* b) {
    return a->offset != b->offset ? a->offset < b->offset : a->bytes < b->bytes;
  });
  uint64_t next = data_start;
  for (const StoredTensor* t : order) {
    if (t->offset != next) damaged("tensor '" + t->name + "' leaves a hole or overlaps another");
    next += t->bytes;
  }
  if (next != size_) damaged(std::to_string(size_ - next) + " bytes after the last tensor");
  for (size_t i = 0; i < tensors_.size(); ++i) by_name_[tensors_[i].name] = i;
}

bool SafetensorsFile::has_checksum() const { return metadata_.contains(kChecksumKey); }

void SafetensorsFile::check_sum() const {
  std::string expected = metadata_.at(kChecksumKey);
  std::vector<char> chunk(size_t(1) << 20);
  ChecksumState sum;
  uint64_t length = 0;
  read_at(0, &length, sizeof length);
  std::string head(sizeof length + length, '\0');
  read_at(0, head.data(), head.size());
  size_t field = head.find(checksum_field(expected));
  if (field == std::string::npos || expected.size() != kChecksumDigits)
    damaged("unreadable checksum");
  std::string blank = checksum_field(std::string(kChecksumDigits, '0'));
  head.replace(field, blank.size(), blank);
  sum.add(head.data(), head.size());
  for (uint64_t at = head.size(); at < size_; at += chunk.size()) {
    uint64_t bytes = std::min<uint64_t>(chunk.size(), size_ - at);
    read_at(at, chunk.data(), bytes);
    sum.add(chunk.data(), bytes);
  }
  if (sum.digits() != expected) damaged(kOtherSum);
}

void SafetensorsFile::read_at(uint64_t offset, void* to, uint64_t bytes) const {
  char* next = static_cast<char*>(to);
  while (bytes > 0) {
    ssize_t n = ::pread(file_, next, bytes, off_t(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) damaged(n < 0 ? std::strerror(errno) : "the file became shorter while it was read");
    next += n;
    offset += uint64_t(n);
    bytes -= uint64_t(n);
  }
}

const StoredTensor* SafetensorsFile::find(const std::string& name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &tensors_[found->second];
}

void SafetensorsFile::read(const StoredTensor& t, void* to) const {
  read_at(t.offset, to, t.bytes);
}

}  // namespace engine
