// Labels that were made for the stored pixels of turned pictures, and for the upright ones.
#include "data/check/label_frame.h"

#include <algorithm>
#include <cmath>

#include "data/check/image_lookup.h"
#include "data/encoded_image.h"
#include "data/image/orientation.h"
#include "data/image/png.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/oriented.h"
#include "tests/support/paths.h"

using Catch::Contains;
using data::Dataset, data::ExifPolicy, data::LabelFrame, data::Object;

namespace {

// What is white in a black picture of 60 x 40 stored pixels.
constexpr int kWidth = 60, kHeight = 40;
const Object kSpot{.x = 6, .y = 9, .width = 20, .height = 8, .area = 160};

data::Picture spotted() {
  data::Picture image{kWidth, kHeight, std::vector<uint8_t>(size_t{3} * kWidth * kHeight)};
  for (int y = int(kSpot.y); y < int(kSpot.y + kSpot.height); ++y)
    for (int x = int(kSpot.x); x < int(kSpot.x + kSpot.width); ++x)
      for (size_t c = 0; c < 3; ++c) image.rgb[size_t(y * kWidth + x) * 3 + c] = 255;
  return image;
}

class Photos {
 public:
  Photos() { set.image_folder = folder_.path().string(); }

  // A photo of that orientation whose label is right in the given frame.
  void add(int orientation, LabelFrame frame) {
    const std::string name = std::to_string(set.images.size()) + ".png";
    base::write_file(folder_.path() / name,
                     tests::png_with_orientation(data::encode_png(spotted()), orientation));
    data::ImageEntry image{.id = int64_t(set.images.size()) + 1,
                           .width = kWidth,
                           .height = kHeight,
                           .file_name = name,
                           .first_object = uint32_t(set.objects.size()),
                           .object_count = 1};
    Object label = kSpot;
    if (frame == LabelFrame::upright) {
      data::turn_upright(label, orientation, kWidth, kHeight);
      if (data::swaps_sides(orientation)) std::swap(image.width, image.height);
    }
    set.images.push_back(image);
    set.objects.push_back(label);
  }

  data::FrameReport settle(ExifPolicy policy = ExifPolicy::upright) {
    set.policy.exif = policy;
    const data::FileLookup lookup = data::look_up_images(set, 2);
    CHECK(lookup.first_problem() == "");
    return lookup.frames;
  }

  // Whether the label of image `i` covers what is white in the picture that is read, and no more.
  bool fits(size_t i) const {
    data::Picture seen;
    data::decode_image_into(set, set.images[i], "a photo", {}, seen);
    const Object& label = set.objects[i];
    int64_t inside = 0, white = std::count(seen.rgb.begin(), seen.rgb.end(), 255) / 3;
    for (int y = int(label.y); y < int(label.y + label.height); ++y)
      for (int x = int(label.x); x < int(label.x + label.width); ++x)
        inside +=
            x < seen.width && y < seen.height && seen.rgb[size_t(y * seen.width + x) * 3] == 255;
    return seen.width == set.images[i].width && seen.height == set.images[i].height &&
           inside == white && double(inside) == label.width * label.height;
  }

  Dataset set;

 private:
  tests::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("labels in the stored frame are turned with all eight orientations") {
  Photos photos;
  for (int orientation = 1; orientation <= 8; ++orientation)
    photos.add(orientation, LabelFrame::stored);
  const data::FrameReport report = photos.settle();
  for (size_t i = 0; i < 8; ++i) {
    INFO("orientation " << i + 1);
    CHECK(report.frames[i] == (i == 0 ? LabelFrame::plain : LabelFrame::stored));
    CHECK(photos.fits(i));
  }
  CHECK(report.oriented == 7);
  CHECK(report.labels_turned == 7);
  CHECK_FALSE(report.mixed);
  CHECK(report.in_words() ==
        "EXIF: 7 of 8 images are turned upright (--exif upright); the labels of 7 were made for "
        "the stored pixels and are turned, too");
}

TEST_CASE("labels in the upright frame stay as they are") {
  Photos photos;
  for (int orientation = 1; orientation <= 8; ++orientation)
    photos.add(orientation, LabelFrame::upright);
  const data::FrameReport report = photos.settle();
  for (size_t i = 0; i < 8; ++i) {
    INFO("orientation " << i + 1);
    CHECK(report.frames[i] == (i == 0 ? LabelFrame::plain : LabelFrame::upright));
    CHECK(photos.fits(i));
  }
  CHECK(report.labels_turned == 0);
  CHECK(report.in_words() == "EXIF: 7 of 8 images are turned upright (--exif upright)");
}

TEST_CASE("without a picture whose size tells, labels are taken for upright ones") {
  Photos photos;
  for (int orientation : {2, 3, 4}) photos.add(orientation, LabelFrame::upright);
  const data::FrameReport report = photos.settle();
  for (size_t i = 0; i < 3; ++i) {
    CHECK(report.frames[i] == LabelFrame::unclear);
    CHECK(photos.fits(i));
  }
  CHECK(report.unclear == 3);
  CHECK_THAT(report.in_words(),
             Contains("the annotated sizes of 3 fit the stored picture as well"));
}

TEST_CASE("no label is in doubt where the user or the format says the frame, or there is none") {
  Photos told, empty;
  for (int orientation : {2, 3, 4}) told.add(orientation, LabelFrame::upright);
  told.set.frame_known = true;
  empty.add(3, LabelFrame::upright);
  empty.set.images[0].object_count = 0;
  for (Photos* photos : {&told, &empty}) {
    const data::FrameReport report = photos->settle();
    CHECK(report.unclear == 0);
    for (const LabelFrame frame : report.frames) CHECK(frame == LabelFrame::upright);
  }
  for (size_t i = 0; i < 3; ++i) CHECK(told.fits(i));
}

TEST_CASE("a size that tells of the stored frame counts, also where the frame is known") {
  Photos photos;
  photos.add(8, LabelFrame::stored);
  photos.set.frame_known = true;
  CHECK(photos.settle().labels_turned == 1);
  CHECK(photos.fits(0));
}

TEST_CASE("a file that mixes both frames says so, and each label fits its picture") {
  Photos photos;
  photos.add(6, LabelFrame::upright);
  photos.add(8, LabelFrame::stored);
  photos.add(3, LabelFrame::upright);
  const data::FrameReport report = photos.settle();
  CHECK(report.mixed);
  CHECK(report.labels_turned == 1);
  for (size_t i = 0; i < 3; ++i) CHECK(photos.fits(i));
  CHECK_THAT(report.in_words(), Contains("mixes both kinds"));
}

TEST_CASE("with data.exif=stored neither pictures nor labels are turned") {
  Photos photos;
  for (int orientation = 1; orientation <= 8; ++orientation)
    photos.add(orientation, LabelFrame::stored);
  const data::FrameReport report = photos.settle(ExifPolicy::stored);
  for (size_t i = 0; i < 8; ++i) CHECK(photos.fits(i));
  CHECK(report.labels_turned == 0);
  CHECK(report.in_words() ==
        "EXIF: 7 of 8 images have an orientation and are read as stored (--exif stored)");
}

TEST_CASE(
    "labels of the upright picture do not fit the stored one, and the message names the key") {
  Photos photos;
  photos.add(6, LabelFrame::upright);
  photos.set.policy.exif = ExifPolicy::stored;
  CHECK_THAT(data::look_up_images(photos.set, 1).first_problem(),
             Contains("the picture is 60 x 40, the annotations say 40 x 60") &&
                 Contains("orientation: give --exif upright"));
  photos.set.prefix = "data.train.";
  CHECK_THAT(data::look_up_images(photos.set, 1).first_problem(),
             Contains("orientation: give data.exif=upright"));
}
