#include "engine/foreign_weights.h"

#include <algorithm>

#include "engine/formats/sorted_table.h"
#include "engine/formats/torch_file.h"

namespace engine {
namespace {

bool is_text(std::string_view head) {
  return std::all_of(head.begin(), head.end(), [](char c) {
    return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t';
  });
}

}  // namespace

std::string foreign_weights(std::string_view head, std::string_view tail) {
  using namespace std::string_view_literals;
  if (TorchFile::begins(head)) return "a file of PyTorch: `ssdtrain --init-from` reads it";
  if (head.size() > 1 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5)
    return "a pickle, perhaps a file of PyTorch: save its weights with "
           "safetensors.torch.save_file, as docs/importing.md shows";
  if (head.starts_with("\x89HDF\r\n\x1a\n"sv))
    return "an HDF5 file, as of Keras: save its weights with safetensors.numpy.save_file";
  if (head.starts_with("\x1f\x8b"sv)) return "a gzip file: unpack it with gunzip";
  // Its field 1 is a small version; field 2, a text, or field 7, the graph, comes next.
  if (head.size() > 2 && head[0] == 8 && head[1] > 0 && head[1] < 32 &&
      (head[2] == 0x12 || head[2] == 0x3a))
    return "an ONNX file, which cannot be read back: give the checkpoint that it was made from";
  if (head.ends_with("TFL3"sv)) return "a TensorFlow Lite file, which is not read";
  if (head.starts_with("version "sv))
    return "a text, perhaps the pointer that Git LFS leaves: `git lfs pull` fetches the file";
  if (SortedTable::ends(tail)) return "a checkpoint of TensorFlow: `ssdtrain --init-from` reads it";
  if (head.starts_with("model_ch"sv))
    return "TensorFlow's list of checkpoints: give one of the paths that stand in it";
  if (is_text(head))
    return head[0] == '<' ? "HTML or XML: did the download give an error page?"
                          : "a text, expected a checkpoint of ssdtrain";
  return "";
}

}  // namespace engine
