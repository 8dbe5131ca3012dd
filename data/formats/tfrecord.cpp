#include "data/formats/tfrecord.h"

#include <bit>
#include <cstring>
#include <filesystem>

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

// "gzip": the form in which a file that begins like this is compressed; else empty.
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

std::string not_a_record(std::string_view file, uint64_t at) {
  const std::string compression = at == 0 ? compression_of(file) : "";
  if (compression.empty())
    return "corrupted record length (checksum differs); is this a TFRecord file?";
  return "the file is compressed (" + compression + "): unpack it first" +
         (compression == "gzip" ? ", as with gunzip" : "");
}

}  // namespace

bool RecordReader::next(std::string_view& payload) {
  std::string_view bytes = file_.bytes();
  uint64_t left = bytes.size() - at_;
  if (left == 0) return false;
  auto refuse = [&](const auto&... what) {
    base::fail(base::ExitCode::data, path(), ":", at_, ": ", what...);
  };
  if (left < kHeaderBytes + kFooterBytes) refuse("truncated record, ", left, " bytes left");
  if (base::record_crc(bytes.substr(at_, 8)) != read_number<uint32_t>(bytes, at_ + 8))
    refuse(not_a_record(bytes, at_));
  auto length = read_number<uint64_t>(bytes, at_);
  if (length > kLongestRecord) refuse("record of ", length, " bytes, expected at most 1 GiB");
  if (length > left - kHeaderBytes - kFooterBytes)
    refuse("truncated record, ", length, " bytes announced, ", left - kHeaderBytes, " left");
  payload = bytes.substr(at_ + kHeaderBytes, length);
  uint64_t footer = at_ + kHeaderBytes + length;
  if (verify_ && base::record_crc(payload) != read_number<uint32_t>(bytes, footer))
    refuse("corrupted record (checksum differs)");
  file_.release_before(at_);
  record_ = at_;
  at_ = footer + kFooterBytes;
  return true;
}

RecordWriter::RecordWriter(const std::string& path)
    : path_(path), file_(path + ".partial", std::ios::binary | std::ios::trunc) {
  if (!file_) base::fail(base::ExitCode::data, path_, ".partial: cannot be created");
}

RecordWriter::~RecordWriter() {
  std::error_code ignored;
  if (!finished_) std::filesystem::remove(path_ + ".partial", ignored);
}

void RecordWriter::add(std::string_view payload) {
  uint64_t length = payload.size();
  uint32_t length_crc = base::record_crc(bytes_of(length));
  uint32_t payload_crc = base::record_crc(payload);
  for (std::string_view part :
       {bytes_of(length), bytes_of(length_crc), payload, bytes_of(payload_crc)})
    file_.write(part.data(), static_cast<std::streamsize>(part.size()));
  if (!file_) base::fail(base::ExitCode::data, path_, ": cannot be written (disk full?)");
}

void RecordWriter::finish() {
  file_.close();
  std::error_code error;
  if (file_) std::filesystem::rename(path_ + ".partial", path_, error);
  if (!file_ || error) base::fail(base::ExitCode::data, path_, ": cannot be written (disk full?)");
  finished_ = true;
}

}  // namespace data
