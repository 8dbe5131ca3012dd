// Framing of TFRecord files: u64 length, u32 masked CRC-32C of it, payload, u32 masked CRC-32C of
// the payload, all little-endian.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/atomic_file.h"
#include "engine/base/input_file.h"

namespace data {

// Walks over the records of a file. No more is allocated than the file has bytes, whatever the
// lengths claim.
class RecordReader {
 public:
  // verify: check the payloads' checksums (the lengths' are always checked).
  explicit RecordReader(const std::string& path, bool verify = true)
      : file_(path), verify_(verify) {}

  // The next payload, valid until the next call; false at the end of the file. Error (data) with
  // file and offset: truncated record, wrong checksum, length over 1 GiB.
  bool next(std::string_view& payload);
  // Where a part of the latest payload lies in the file.
  uint64_t offset_of(std::string_view part) const {
    return payload_at_ + uint64_t(part.data() - frame_.data());
  }
  uint64_t record_offset() const { return record_; }  // of the latest record's frame
  const std::string& path() const { return file_.path(); }

 private:
  void refuse(const std::string& what) const;

  base::InputFile file_;
  bool verify_;
  std::string frame_;  // payload and its checksum
  uint64_t at_ = 0, record_ = 0, payload_at_ = 0;
};

// The file has its name when it is finished; an unfinished one is removed. Errors: data.
class RecordWriter {
 public:
  explicit RecordWriter(const std::string& path) : file_(path) {}
  void add(std::string_view payload);
  void finish();

 private:
  void flush();

  base::AtomicFile file_;
  std::string buffer_;
};

}  // namespace data
