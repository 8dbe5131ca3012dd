#include "engine/foreign_weights.h"

namespace engine {

std::string foreign_weights(std::string_view head) {
  using namespace std::string_view_literals;
  // A zip archive, or before PyTorch 1.6 a pickle of protocol 2.
  if (head.starts_with("PK\x03\x04"sv) || head.starts_with("\x80\x02"sv))
    return "a file of PyTorch: save its weights with safetensors.torch.save_file, as "
           "docs/checkpoints.md shows";
  if (head.starts_with("\x89HDF\r\n\x1a\n"sv))
    return "an HDF5 file, as of Keras: save its weights with safetensors.numpy.save_file";
  if (head.starts_with("\x1f\x8b"sv)) return "a gzip file: unpack it with gunzip";
  return "";
}

}  // namespace engine
