// The undecoded bytes of an image of a data set, whether it is a file or part of a record.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/image/image_file.h"
#include "engine/base/input_file.h"

namespace data {

// The name of an image in messages: its file_name, or "shard:offset" if it lies in a record.
std::string image_location(const Dataset& dataset, const ImageEntry& image);

// The path of an image that lies in no record. Throws Error(data) if its name leads out of the
// folder.
std::filesystem::path image_path(const Dataset& dataset, const ImageEntry& image);

// An image's bytes, read in parts.
class EncodedImage {
 public:
  // Opens the image. Throws Error(data) if it is missing, cannot be read, lies outside the folder,
  // or has more than 64 MiB, or if the shard ends before it.
  EncodedImage(const Dataset& dataset, const ImageEntry& image);

  uint64_t size() const { return size_; }
  // Reads `count` bytes from `offset` on, or fewer if the image ends before.
  std::vector<uint8_t> read(uint64_t offset, size_t count) const;

 private:
  base::InputFile file_;
  uint64_t begin_, size_;
};

// Reads all bytes of an image. Errors are those of EncodedImage.
std::vector<uint8_t> read_encoded_image(const Dataset& dataset, const ImageEntry& image);

// Reads an image that will be written to a file for programs that ignore EXIF. If the data set's
// policy turns the picture, it is decoded, turned and encoded again, as JPEG of quality 95 or as
// PNG. All other images keep their bytes.
std::vector<uint8_t> read_upright_encoded_image(const Dataset& dataset, const ImageEntry& image);

// Decodes an image into `pixels`, whose memory is reused, and turns it if the data set's policy
// says so. `name` is that of the image in messages. Errors are those of EncodedImage and
// decode_image.
void decode_image_into(const Dataset& dataset, const ImageEntry& image, const std::string& name,
                       const DecodeLimits& limits, Picture& pixels);

}  // namespace data
