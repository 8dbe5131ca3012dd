#include "data/formats/tfrecord.h"

#include <bit>
#include <cstring>

#include "engine/base/error.h"
#include "engine/base/record_crc.h"

namespace data {
namespace {

static_assert(std::endian::native == std::endian::little);
constexpr uint64_t kHeaderBytes = 12, kFooterBytes = 4, kLongestRecord = uint64_t{1} << 30;

template <class T> T read_number(std::string_view bytes, uint64_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <class T> std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// The compression of a file that begins with these bytes, such as "gzip". Empty if it has none.
std::string compression_of(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\x1f\x8b"sv)) return "gzip";
  if (bytes.starts_with("\x28\xb5\x2f\xfd"sv)) return "zstd";
  if (bytes.starts_with("PK\x03\x04"sv)) return "zip";
  // RFC 1950: deflate with a window of up to 32 KiB, and a check of the two bytes.
  if (bytes.size() < 2 || (bytes[0] & 0x8f) != 0x08) return "";
  const int head = static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]);
  return head % 31 == 0 ? "zlib" : "";
}

// What to do about a shard that is damaged.
constexpr const char* kCure = "; copy the shard or make it again, or leave it out";

std::string not_a_record(std::string_view file, uint64_t at) {
  const std::string compression = at == 0 ? compression_of(file) : "";
  if (compression.empty())
    return base::concatenate("corrupted record length (checksum differs)",
                             at == 0 ? "; is this a TFRecord file?" : kCure);
  return "the file is compressed (" + compression + "): unpack it first" +
         (compression == "gzip" ? ", as with gunzip" : "");
}

}  // namespace

void RecordReader::refuse(const std::string& what) const {
  base::fail(base::ExitCode::data, path(), ":", at_, ": ", what);
}

bool RecordReader::next(std::string_view& payload) {
  const uint64_t left = file_.size() - at_;
  if (left == 0) return false;
  cut_off_ = left < kHeaderBytes + kFooterBytes;
  if (cut_off_) refuse(base::concatenate("truncated record, ", left, " bytes left", kCure));
  char header[kHeaderBytes];
  file_.read_at(at_, header, kHeaderBytes);
  const std::string_view head(header, kHeaderBytes);
  if (base::record_crc(head.substr(0, 8)) != read_number<uint32_t>(head, 8))
    refuse(not_a_record(head, at_));
  const auto length = read_number<uint64_t>(head, 0);
  if (length > kLongestRecord)
    refuse(base::concatenate("record of ", length,
                             " bytes, expected at most 1 GiB; store smaller images", kCure));
  cut_off_ = length > left - kHeaderBytes - kFooterBytes;
  if (cut_off_)
    refuse(base::concatenate("truncated record, ", length, " bytes announced, ",
                             left - kHeaderBytes, " left", kCure));
  payload_at_ = at_ + kHeaderBytes;
  frame_.resize(length + kFooterBytes);
  file_.read_at(payload_at_, frame_.data(), frame_.size());
  payload = std::string_view(frame_).substr(0, length);
  record_ = at_;
  at_ = payload_at_ + frame_.size();
  if (verify_ && base::record_crc(payload) != read_number<uint32_t>(frame_, length))
    base::fail(base::ExitCode::data, path(), ":", record_, ": corrupted record (checksum differs)",
               kCure);
  return true;
}

void RecordWriter::add(std::string_view payload) {
  constexpr size_t kBufferBytes = size_t{1} << 20;
  const uint64_t length = payload.size();
  const uint32_t length_crc = base::record_crc(bytes_of(length));
  const uint32_t payload_crc = base::record_crc(payload);
  for (std::string_view part :
       {bytes_of(length), bytes_of(length_crc), payload, bytes_of(payload_crc)})
    buffer_ += part;
  if (buffer_.size() >= kBufferBytes) flush();
}

void RecordWriter::flush() {
  file_.write(buffer_.data(), buffer_.size());
  buffer_.clear();
}

void RecordWriter::make_whole() {
  if (!buffer_.empty()) flush();
  std::string().swap(buffer_);  // a writer of each of thousands of shards may wait for the others
  file_.make_whole();
}

void RecordWriter::finish() {
  make_whole();
  file_.commit();
}

}  // namespace data
