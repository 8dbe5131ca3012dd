// Reads and writes TFRecord files. A record is the length of its payload (u64), the masked CRC-32C
// of these eight bytes (u32), the payload, and the masked CRC-32C of the payload (u32), all
// little-endian.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/atomic_file.h"
#include "engine/base/input_file.h"

namespace data {

// Reads the records of a file one by one. It never allocates more than the file has bytes, whatever
// the lengths say.
class RecordReader {
 public:
  // If `verify`, the checksums of payloads are checked. Those of lengths are always checked.
  explicit RecordReader(const std::string& path, bool verify = true)
      : file_(path), verify_(verify) {}

  // Reads the next payload, which is valid until the next call. Returns false at the end of the
  // file. Throws Error(data), with file and offset, if the record is truncated, if a checksum is
  // wrong, or if the length exceeds 1 GiB.
  bool next(std::string_view& payload);
  // The offset in the file of a part of the latest payload.
  uint64_t offset_of(std::string_view part) const {
    return payload_at_ + uint64_t(part.data() - frame_.data());
  }
  uint64_t record_offset() const { return record_; }  // of the latest record
  // Where next() goes on. After an error it is that of the damaged record, unless only its payload
  // is damaged.
  uint64_t next_offset() const { return at_; }
  bool cut_off() const { return cut_off_; }  // whether next() has found a truncated record
  const std::string& path() const { return file_.path(); }

 private:
  void refuse(const std::string& what) const;

  base::InputFile file_;
  bool verify_, cut_off_ = false;
  std::string frame_;  // payload and its checksum
  uint64_t at_ = 0, record_ = 0, payload_at_ = 0;
};

// Writes records to a temporary file, which gets its name in finish(). If finish() is not called,
// the file is removed.
class RecordWriter {
 public:
  explicit RecordWriter(const std::string& path) : file_(path) {}
  void add(std::string_view payload);
  // Writes the rest and closes the file, which keeps its temporary name until finish().
  void make_whole();
  void finish();

 private:
  void flush();

  base::AtomicFile file_;
  std::string buffer_;
};

}  // namespace data
