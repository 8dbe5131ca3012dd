// The undecoded bytes of a data set's image, wherever they lie.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/image/image_file.h"
#include "engine/base/input_file.h"

namespace data {

// How messages name the image: its file, or shard:offset.
std::string image_location(const Dataset& dataset, const ImageEntry& image);

// The file of an image that lies in no record. Error (data): its name leads out of the folder.
std::filesystem::path image_path(const Dataset& dataset, const ImageEntry& image);

// An image's bytes, read in parts.
class EncodedImage {
 public:
  // Error (data): absent, unreadable, outside the folder, over 64 MiB, or a shard that became
  // shorter.
  EncodedImage(const Dataset& dataset, const ImageEntry& image);

  uint64_t size() const { return size_; }
  // `count` bytes from `offset` on, fewer at the end.
  std::vector<uint8_t> read(uint64_t offset, size_t count) const;

 private:
  base::InputFile file_;
  uint64_t begin_, size_;
};

// All of them. Errors as above.
std::vector<uint8_t> read_encoded_image(const Dataset& dataset, const ImageEntry& image);

// The same for a file that is to be read without a look at EXIF: a picture that the data set's
// policy turns is decoded, turned, and encoded again (JPEG of quality 95, or PNG).
std::vector<uint8_t> read_upright_encoded_image(const Dataset& dataset, const ImageEntry& image);

// The picture, turned upright where the data set's policy says so, into `pixels`, whose memory is
// reused. `name` stands in messages. Errors as above, and as decode_image.
void decode_image_into(const Dataset& dataset, const ImageEntry& image, const std::string& name,
                       const DecodeLimits& limits, Image& pixels);

}  // namespace data
