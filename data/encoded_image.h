// The undecoded bytes of a data set's image, wherever they lie.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace data {

// How messages name the image: its file, or shard:offset.
std::string image_location(const Dataset& dataset, const ImageEntry& image);

// From the image folder or the record shard; at most 64 MiB. Error (data): absent, unreadable,
// outside the folder, or a shard that became shorter.
std::vector<uint8_t> read_encoded_image(const Dataset& dataset, const ImageEntry& image);

}  // namespace data
