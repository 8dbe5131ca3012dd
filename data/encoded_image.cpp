#include "data/encoded_image.h"

#include <fstream>

#include "engine/base/error.h"
#include "engine/base/file.h"

namespace data {
namespace {

constexpr uint64_t kLargestImage = uint64_t{64} << 20;

}  // namespace

std::string image_location(const Dataset& dataset, const ImageEntry& image) {
  if (image.shard < 0) return image.file_name;
  return base::concatenate(dataset.shards.at(image.shard), ":", image.offset);
}

std::vector<uint8_t> read_encoded_image(const Dataset& dataset, const ImageEntry& image) {
  if (image.shard < 0)
    return base::read_file(base::safe_join(dataset.image_folder, image.file_name), kLargestImage);
  std::string where = image_location(dataset, image);
  if (image.bytes > kLargestImage)
    base::fail(base::ExitCode::data, where, ": image of ", image.bytes, " bytes, expected at most ",
               kLargestImage);
  std::ifstream file(dataset.shards.at(image.shard), std::ios::binary);
  std::vector<uint8_t> bytes(image.bytes);
  file.seekg(static_cast<std::streamoff>(image.offset));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file)
    base::fail(base::ExitCode::data, where, ": cannot read ", image.bytes,
               " bytes; was the shard replaced?");
  return bytes;
}

}  // namespace data
