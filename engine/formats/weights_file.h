// Opens weights from elsewhere, in any of the formats that are read.
#pragma once
#include <memory>
#include <string>

#include "engine/tensor_file.h"

namespace engine {

// Opens a safetensors file, a file of torch.save, or a checkpoint of TensorFlow (the name of one of
// its files, or the prefix of these names). The format follows from the bytes of the file, not from
// its name. Throws Error(checkpoint) as the readers do.
std::unique_ptr<TensorFile> open_weights(const std::string& path);

// The file that open_weights() opens first: the index of a TensorFlow checkpoint, else `path`.
std::string weights_file(const std::string& path);

}  // namespace engine
