// Reads TensorFlow's checkpoints: both the form of today (V2: PREFIX.index and
// PREFIX.data-00000-of-00001) and the form before 2017 (V1: one table that holds the values, too).
#pragma once
#include <memory>
#include <string>

#include "engine/tensor_file.h"

namespace engine {

// The file that has to be opened for `path`. For PREFIX, PREFIX.meta and PREFIX.data-... it is
// PREFIX.index, if that exists. For every other path it is the path itself.
std::string tf_checkpoint_file(const std::string& path);

// Call this for a path that is no table file. Throws Error(checkpoint) if its name is that of an
// index, or if it is another part of a checkpoint whose index is missing.
void expect_no_part_of_tf_checkpoint(const std::string& path);

// Opens a table file: V1, or the index of V2 with the data files beside it. Bounds: 100,000
// tensors, rank 8, 64 data files, 2 GiB per tensor; every tensor has to lie in its file.
//
// The checksum of everything but V2's values is checked here, and that of a V2 tensor when it is
// read. Every defect throws Error(checkpoint), one line with the path and what is wrong; so does
// reading a tensor that is partitioned, or whose type is not F32, F64, F16 or BF16 (V1: F32, F64).
std::unique_ptr<TensorFile> open_tf_checkpoint(const std::string& path);

}  // namespace engine
