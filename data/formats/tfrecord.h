// Framing of TFRecord files: u64 length, u32 masked CRC-32C of it, payload, u32 masked CRC-32C of
// the payload, all little-endian.
#pragma once
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "engine/base/mapped_file.h"

namespace data {

// Walks over the records of a mapped file. Nothing is copied or allocated, whatever the lengths
// claim.
class RecordReader {
 public:
  // verify: check the payloads' checksums (the lengths' are always checked).
  explicit RecordReader(const std::string& path, bool verify = true)
      : file_(path), verify_(verify) {}

  // The next payload, valid until the reader ends; false at the end of the file. Error (data) with
  // file and offset: truncated record, wrong checksum, length over 1 GiB.
  bool next(std::string_view& payload);
  uint64_t offset_of(std::string_view part) const { return part.data() - file_.bytes().data(); }
  uint64_t record_offset() const { return record_; }  // of the latest record's frame
  const std::string& path() const { return file_.path(); }

 private:
  base::MappedFile file_;
  bool verify_;
  uint64_t at_ = 0, record_ = 0;
};

// Writes path + ".partial" and gives it its name when finished. Errors: data.
class RecordWriter {
 public:
  explicit RecordWriter(const std::string& path);
  ~RecordWriter();  // an unfinished file is removed
  void add(std::string_view payload);
  void finish();

 private:
  std::string path_;
  std::ofstream file_;
  bool finished_ = false;
};

}  // namespace data
