#include "engine/foreign_weights.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "engine/base/input_file.h"
#include "engine/base/text.h"
#include "engine/formats/sorted_table.h"
#include "engine/formats/torch_file.h"

namespace engine {
namespace {

using namespace std::string_view_literals;

constexpr size_t kHeadBytes = 512, kTailBytes = 8;

// UTF-8 without control characters. The last letter may be cut off.
bool is_text(std::string_view head) {
  constexpr size_t kLongestPart = 3;
  const bool plain = std::all_of(head.begin(), head.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' ? c != '\x7f' : c == '\n' || c == '\r' || c == '\t';
  });
  for (size_t cut = 0; plain && cut <= std::min(kLongestPart, head.size()); ++cut)
    if (base::is_utf8(head.substr(0, head.size() - cut))) return true;
  return false;
}

// Pictures, documents and archives, by their first bytes.
ForeignWeights known_start(std::string_view head) {
  struct Start {
    std::string_view bytes;
    const char *what, *cure;
  };
  static constexpr Start kStarts[] = {
      {"\xff\xd8\xff"sv, "a JPEG image", ""},
      {"\x89PNG\r\n\x1a\n"sv, "a PNG image", ""},
      {"GIF8"sv, "a GIF image", ""},
      {"RIFF"sv, "a WebP image, a sound or a video", ""},
      {"II*\0"sv, "a TIFF image", ""},
      {"MM\0*"sv, "a TIFF image", ""},
      {"%PDF-"sv, "a PDF document", ""},
      {"PK"sv, "a zip archive without PyTorch's data.pkl", ""},
      {"\x1f\x8b"sv, "a gzip file", "unpack it with gunzip"},
      {"\x28\xb5\x2f\xfd"sv, "a zstd file", "unpack it with unzstd"},
      {"\xfd"
       "7zXZ"sv,
       "an xz file", "unpack it with unxz"},
      {"BZh"sv, "a bzip2 file", "unpack it with bunzip2"},
      {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file, as of Keras",
       "save its weights with safetensors.numpy.save_file"},
      {"version https://git-lfs"sv, "a text, the pointer that Git LFS leaves",
       "`git lfs pull` fetches the file"},
      {"model_checkpoint_path"sv, "TensorFlow's list of checkpoints",
       "give one of the paths that stand in it"}};
  for (const Start& start : kStarts)
    if (head.starts_with(start.bytes)) return {start.what, start.cure};
  return {};
}

bool is_pickle(std::string_view head) {
  return head.size() > 1 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5;
}

// Its field 1 is a small version; field 2, a text, or field 7, the graph, comes next.
bool is_onnx(std::string_view head) {
  return head.size() > 2 && head[0] == 8 && head[1] > 0 && head[1] < 32 &&
         (head[2] == 0x12 || head[2] == 0x3a);
}

bool is_tar(std::string_view head) {
  constexpr size_t kMagic = 257;
  return head.size() > kMagic && head.substr(kMagic).starts_with("ustar");
}

ForeignWeights text_in_words(std::string_view head) {
  if (head[0] == '<') return {"HTML or XML", "did the download give an error page?"};
  return {head[0] == '{' || head[0] == '[' ? "a JSON text" : "a text", ""};
}

}  // namespace

ForeignWeights foreign_weights(std::string_view head, std::string_view tail) {
  if (head.empty()) return {"an empty file", ""};
  if (SortedTable::ends(tail)) return {"a checkpoint of TensorFlow", "", true};
  const bool zipped = head.starts_with("PK\3\4"sv) && head.find("/data.pkl") != head.npos;
  const bool chained = !head.starts_with("PK"sv) && TorchFile::begins(head.substr(0, kTailBytes));
  if (zipped || chained) return {"a file of PyTorch", "", true};
  if (ForeignWeights known = known_start(head); !known.what.empty()) return known;
  if (is_pickle(head))
    return {"a pickle, perhaps a file of PyTorch",
            "save its weights with safetensors.torch.save_file, as docs/importing.md shows"};
  if (is_onnx(head))
    return {"an ONNX file, which cannot be read back", "give the checkpoint that it was made from"};
  if (head.substr(std::min<size_t>(4, head.size())).starts_with("TFL3"))
    return {"a TensorFlow Lite file, which is not read", ""};
  if (is_tar(head)) return {"a tar archive", "unpack it with tar -xf"};
  return is_text(head) ? text_in_words(head) : ForeignWeights();
}

ForeignWeights foreign_weights(const std::string& path) {
  const base::InputFile file(path, base::ExitCode::checkpoint);
  std::string head(std::min<uint64_t>(kHeadBytes, file.size()), '\0');
  std::string tail(std::min<uint64_t>(kTailBytes, file.size()), '\0');
  file.read_at(0, head.data(), head.size());
  file.read_at(file.size() - tail.size(), tail.data(), tail.size());
  uint64_t length = 0;  // of the header of a safetensors file
  if (head.size() >= sizeof length) {
    std::memcpy(&length, head.data(), sizeof length);
    if (length <= kLargestSafetensorsHeader && length <= file.size() - sizeof length) return {};
  }
  return foreign_weights(head, tail);
}

}  // namespace engine
