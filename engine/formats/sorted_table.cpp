#include "engine/formats/sorted_table.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <protozero/exception.hpp>
#include <protozero/varint.hpp>
#include <span>

#include "engine/base/record_crc.h"

namespace engine {
namespace {

constexpr std::string_view kMagic{"\x57\xfb\x80\x8b\x24\x75\x47\xdb", 8};
constexpr uint64_t kFooterBytes = 48;           // two block handles, filled up to 40, and the magic
constexpr uint64_t kTrailerBytes = 1 + 4;       // behind each block: its compression, its CRC
constexpr uint64_t kLargestBlock = 1u << 30;    // what is read into memory at once
constexpr char kUncompressed = 0, kSnappy = 1;  // the kinds of compression

uint32_t fixed32(std::string_view bytes) {
  uint32_t value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

uint64_t varint(std::string_view& bytes) {
  const char* at = bytes.data();
  const uint64_t value = protozero::decode_varint(&at, bytes.data() + bytes.size());
  bytes.remove_prefix(size_t(at - bytes.data()));
  return value;
}

}  // namespace

bool SortedTable::ends(std::string_view tail) { return tail == kMagic; }

void SortedTable::damaged(const std::string& what) const {
  base::fail(base::ExitCode::checkpoint, file_.path(), ": damaged TensorFlow checkpoint: ", what);
}

SortedTable::SortedTable(const std::string& path) : file_(path, base::ExitCode::checkpoint) {
  if (file_.size() < kFooterBytes)
    damaged("only " + std::to_string(file_.size()) + " bytes, expected a table");
  std::string footer(kFooterBytes, '\0');
  file_.read_at(file_.size() - kFooterBytes, footer.data(), footer.size());
  if (!ends(std::string_view(footer).substr(kFooterBytes - kMagic.size())))
    damaged("it does not end as a table does");
  try {
    std::string_view handles(footer);
    load(block_handle(handles));  // the meta index, which holds nothing in these files
    const std::string index = load(block_handle(handles));
    visit_block(index, [&](std::string_view, std::string_view value, uint64_t) {
      const Block block = block_handle(value);
      if (!blocks_.empty() && block.offset < blocks_.back().offset + blocks_.back().size)
        damaged("blocks that overlap");
      blocks_.push_back(block);
    });
  } catch (const protozero::exception&) {
    damaged("an unreadable index");
  }
}

SortedTable::Block SortedTable::block_handle(std::string_view& bytes) const {
  Block block;
  block.offset = varint(bytes);
  block.size = varint(bytes);
  const uint64_t end = file_.size() - kFooterBytes;
  if (block.offset > end || block.size > kLargestBlock ||
      block.size + kTrailerBytes > end - block.offset)
    damaged("a block at byte " + std::to_string(block.offset) + " of " +
            std::to_string(block.size) + " bytes, in a file of " + std::to_string(file_.size()));
  return block;
}

// The content of a block, without its trailer.
std::string SortedTable::load(const Block& block) const {
  std::string bytes(block.size + kTrailerBytes, '\0');
  file_.read_at(block.offset, bytes.data(), bytes.size());
  const std::string_view all(bytes);
  if (base::record_crc(all.substr(0, block.size + 1)) != fixed32(all.substr(block.size + 1)))
    damaged("the checksum of the block at byte " + std::to_string(block.offset) +
            " does not match");
  const char compression = bytes[block.size];
  if (compression == kSnappy)
    base::fail(base::ExitCode::checkpoint, file_.path(),
               ": its blocks are compressed with Snappy, as no TensorFlow from 1.2 on writes them: "
               "restore it in TensorFlow and save it again");
  if (compression != kUncompressed) damaged("an unknown compression");
  bytes.resize(block.size);
  return bytes;
}

// A block holds entries and, behind them, an array of restarts, which serve to search in it. An
// entry is three lengths, the bytes of its key that differ from the key before, and its value.
void SortedTable::visit_block(std::string_view content, const Take& take) const {
  if (content.size() < 4) damaged("a block that is too short");
  const uint64_t restarts = fixed32(content.substr(content.size() - 4));
  if (restarts > (content.size() - 4) / 4) damaged("more restarts than a block can hold");
  std::string_view left = content.substr(0, content.size() - 4 - 4 * restarts);
  std::string key;
  for (bool first = true; !left.empty(); first = false) {
    const uint64_t shared = varint(left), fresh = varint(left), value = varint(left);
    if (shared > key.size() || fresh > left.size() || value > left.size() - fresh)
      damaged("an entry that does not fit its block");
    const std::string before = key;
    key.resize(shared);
    key += left.substr(0, fresh);
    if (!first && key <= before) damaged("keys that are not in order");
    left.remove_prefix(fresh);
    take(key, left.substr(0, value), uint64_t(left.data() - content.data()));
    left.remove_prefix(value);
  }
}

std::string SortedTable::first_value() const {
  std::optional<std::string> first;
  visit_until(
      [&](std::string_view key, std::string_view value, uint64_t) {
        if (!first && key.empty()) first = value;
      },
      std::min<size_t>(1, blocks_.size()));
  if (!first) damaged("the record that describes the others is missing");
  return *first;
}

void SortedTable::visit(const Take& take) const { visit_until(take, blocks_.size()); }

// Visits the first `count` blocks.
void SortedTable::visit_until(const Take& take, size_t count) const {
  try {
    for (const Block& block : std::span(blocks_).first(count))
      visit_block(load(block), [&](std::string_view key, std::string_view value, uint64_t at) {
        take(key, value, block.offset + at);
      });
  } catch (const protozero::exception&) {
    damaged("a record that is cut off");
  }
}

}  // namespace engine
