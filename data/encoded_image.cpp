#include "data/encoded_image.h"

#include <algorithm>

#include "data/formats/coco.h"
#include "data/image/exif.h"
#include "data/image/png.h"
#include "data/policy_option.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/text.h"

namespace data {
namespace {

constexpr uint64_t kLargestImage = uint64_t{64} << 20;

std::filesystem::path file_of(const Dataset& dataset, const ImageEntry& image) {
  if (image.shard >= 0) return dataset.shards.at(image.shard);
  return image_path(dataset, image);
}

}  // namespace

std::string image_location(const Dataset& dataset, const ImageEntry& image) {
  if (image.shard < 0) return image.file_name;
  return base::concatenate(dataset.shards.at(image.shard), ":", image.offset);
}

std::filesystem::path image_path(const Dataset& dataset, const ImageEntry& image) {
  if (!stays_in_folder(image.file_name))
    base::fail(base::ExitCode::data, "file_name \"",
               base::printable(image.file_name.substr(0, 100)), "\" does not stay below ",
               dataset.image_folder);
  if (dataset.policy.follow_links)
    return std::filesystem::path(dataset.image_folder) / image.file_name;
  try {
    return base::safe_join(dataset.image_folder, image.file_name);
  } catch (const base::Error& error) {  // the name is in order, so it is a link
    base::fail(error.code(), error.what(), "; ", follow_links_option(dataset.prefix),
               " reads through links");
  }
}

EncodedImage::EncodedImage(const Dataset& dataset, const ImageEntry& image)
    : file_(file_of(dataset, image)),
      begin_(image.shard < 0 ? 0 : image.offset),
      size_(image.shard < 0 ? file_.size() : image.bytes) {
  const std::string where = image_location(dataset, image);
  if (size_ > kLargestImage)
    base::fail(base::ExitCode::data, where, ": image of ", size_, " bytes, the limit is ",
               kLargestImage);
  if (begin_ > file_.size() || size_ > file_.size() - begin_)
    base::fail(base::ExitCode::data, where, ": cannot read ", size_,
               " bytes; was the shard replaced?");
}

std::vector<uint8_t> EncodedImage::read(uint64_t offset, size_t count) const {
  if (offset >= size_) return {};
  std::vector<uint8_t> bytes(size_t(std::min<uint64_t>(count, size_ - offset)));
  file_.read_at(begin_ + offset, bytes.data(), bytes.size());
  return bytes;
}

std::vector<uint8_t> read_encoded_image(const Dataset& dataset, const ImageEntry& image) {
  const EncodedImage encoded(dataset, image);
  return encoded.read(0, encoded.size());
}

std::vector<uint8_t> read_upright_encoded_image(const Dataset& dataset, const ImageEntry& image) {
  std::vector<uint8_t> bytes = read_encoded_image(dataset, image);
  if (dataset.policy.exif == ExifPolicy::stored || exif_orientation(bytes) == 1) return bytes;
  constexpr int kQuality = 95;
  Picture pixels;
  decode_upright_into(bytes, image_location(dataset, image), {}, dataset.policy.exif, pixels);
  return bytes[0] == 0x89 ? encode_png(pixels) : encode_jpeg(pixels, kQuality);
}

void decode_image_into(const Dataset& dataset, const ImageEntry& image, const std::string& name,
                       const DecodeLimits& limits, Picture& pixels) {
  decode_upright_into(read_encoded_image(dataset, image), name, limits, dataset.policy.exif,
                      pixels);
}

}  // namespace data
