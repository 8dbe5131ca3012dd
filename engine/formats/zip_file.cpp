#include "engine/formats/zip_file.h"

#include <algorithm>
#include <cstring>

#include "engine/base/record_crc.h"
#include "engine/foreign_weights.h"

namespace engine {
namespace {

using namespace std::string_view_literals;

// The records of the format (PKWARE's APPNOTE.TXT 4.3): their first bytes and fixed sizes.
constexpr std::string_view kEnd = "PK\5\6"sv, kDirectory = "PK\1\2"sv, kLocal = "PK\3\4"sv;
constexpr size_t kEndBytes = 22, kDirectoryBytes = 46, kLocalBytes = 30;
constexpr size_t kLongestComment = 0xffff, kLargestDirectory = 64 << 20;
constexpr uint32_t kElsewhere = 0xffffffff;  // the number is in a field of zip64

template <class T> T number(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

void ZipFile::damaged(const std::string& what) const {
  base::fail(base::ExitCode::checkpoint, file_.path(),
             ": a file of PyTorch that is damaged: ", what);
}

ZipFile::ZipFile(const std::string& path) : file_(path, base::ExitCode::checkpoint) {
  uint64_t count = 0;
  const std::string bytes = directory(count);
  std::string_view left = bytes;
  for (; count > 0; --count) add_entry(left);
}

// The bytes of the directory, and how many entries it has. A record at the end of the file says
// where it is; a comment may follow.
std::string ZipFile::directory(uint64_t& count) const {
  std::string tail(std::min<uint64_t>(file_.size(), kEndBytes + kLongestComment), '\0');
  file_.read_at(file_.size() - tail.size(), tail.data(), tail.size());
  const size_t at =
      tail.size() < kEndBytes ? std::string::npos : tail.rfind(kEnd, tail.size() - kEndBytes);
  if (at == std::string::npos) damaged("its end is missing");
  const std::string_view end = std::string_view(tail).substr(at);
  count = number<uint16_t>(end, 10);
  const uint32_t bytes = number<uint32_t>(end, 12), offset = number<uint32_t>(end, 16);
  if (bytes == kElsewhere || offset == kElsewhere || count == 0xffff)
    base::fail(base::ExitCode::checkpoint, file_.path(),
               ": a zip archive of 4 GiB or more, expected the weights of one model");
  if (offset > file_.size() || bytes > file_.size() - offset)
    damaged("its directory lies beyond the end of the file");
  if (bytes > kLargestDirectory) damaged("its directory has more than 64 MiB");
  std::string directory(bytes, '\0');
  file_.read_at(offset, directory.data(), directory.size());
  return directory;
}

void ZipFile::add_entry(std::string_view& left) {
  if (left.size() < kDirectoryBytes || !left.starts_with(kDirectory))
    damaged("its directory is cut off");
  const size_t name_bytes = number<uint16_t>(left, 28);
  const size_t all = kDirectoryBytes + name_bytes + number<uint16_t>(left, 30) +
                     size_t(number<uint16_t>(left, 32));
  if (all > left.size()) damaged("its directory is cut off");
  const std::string name(left.substr(kDirectoryBytes, name_bytes));
  if (number<uint16_t>(left, 10) != 0)
    base::fail(base::ExitCode::checkpoint, file_.path(), ": a zip archive whose entry '", name,
               "' is compressed, so no file of PyTorch; expected ", kReadableWeights);
  const uint32_t bytes = number<uint32_t>(left, 24), header = number<uint32_t>(left, 42);
  if (bytes == kElsewhere || header == kElsewhere) damaged("entry '" + name + "' is too large");
  const Entry entry{content_of(header), bytes, number<uint32_t>(left, 16)};
  if (entry.offset > file_.size() || bytes > file_.size() - entry.offset)
    damaged("entry '" + name + "' lies beyond the end of the file");
  if (!entries_.emplace(name, entry).second) damaged("entry '" + name + "' is there twice");
  left.remove_prefix(all);
}

// Where the content begins: behind a header that repeats the name, with padding of its own.
uint64_t ZipFile::content_of(uint64_t header) const {
  std::string bytes(kLocalBytes, '\0');
  if (header > file_.size() || kLocalBytes > file_.size() - header)
    damaged("an entry lies beyond the end of the file");
  file_.read_at(header, bytes.data(), bytes.size());
  if (!bytes.starts_with(kLocal)) damaged("an entry does not begin as entries do");
  return header + kLocalBytes + number<uint16_t>(bytes, 26) + number<uint16_t>(bytes, 28);
}

void ZipFile::read(const Entry& entry, void* to) const {
  file_.read_at(entry.offset, to, entry.bytes);
  if (base::crc32({static_cast<const char*>(to), entry.bytes}) != entry.checksum)
    damaged("the checksum of the entry at byte " + std::to_string(entry.offset) +
            " does not match");
}

}  // namespace engine
