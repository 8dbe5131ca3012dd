// A data set is known again, and each kind of change is told apart.
#include "data/fingerprint.h"

#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"
#include "tests/support/paths.h"

using Catch::Contains;
using data::Dataset, data::Fingerprint;

namespace {

struct Sample {
  tests::TemporaryFolder folder;
  Dataset dataset;

  Sample() {
    dataset.image_folder = folder.path().string();
    dataset.categories = {{1, "a"}, {2, "b"}};
    for (int i = 0; i < 5; ++i) {
      const std::string name = std::to_string(i) + ".jpg";
      std::ofstream(folder.path() / name) << std::string(size_t(10 + i), 'x');
      dataset.images.push_back({.id = i,
                                .width = 20,
                                .height = 10,
                                .file_name = name,
                                .first_object = uint32_t(i),
                                .object_count = 1});
      dataset.objects.push_back({.id = i, .x = double(i), .y = 1, .width = 5, .height = 5});
    }
  }
  Fingerprint print(int threads = 1) const { return data::fingerprint_of(dataset, threads); }
};

}  // namespace

TEST_CASE("a fingerprint is the same for any number of threads and wherever the folder lies") {
  const Sample sample;
  CHECK(sample.print().known());
  CHECK_FALSE(Fingerprint().known());
  CHECK(sample.print() == sample.print(3));
  Sample moved;  // in another folder
  CHECK(moved.print() == sample.print());
  CHECK(data::differences_in_words(sample.print(), moved.print()).empty());
}

TEST_CASE("each kind of change is told by its own words") {
  Sample sample;
  const Fingerprint before = sample.print();
  auto told = [&] { return data::differences_in_words(before, sample.print()); };
  Dataset& d = sample.dataset;
  const Dataset good = d;

  d.objects[3].x += 0.001;
  CHECK(told() == "boxes");
  d = good;
  d.objects[3].crowd = true;
  CHECK(told() == "boxes");
  d = good;
  d.objects[0].category = 1;
  CHECK(told() == "boxes");
  d = good;
  d.images[2].width = 21;
  CHECK(told() == "widths or heights of images");
  d = good;
  std::swap(d.images[0], d.images[4]);
  CHECK(told() == "order of images");
  CHECK(!(before == sample.print()));
  d = good;
  std::swap(d.categories[0], d.categories[1]);
  for (auto& object : d.objects) object.category = 1 - object.category;
  CHECK(told() == "names or order of classes");
  Fingerprint of_earlier_version = before;
  of_earlier_version.classes = of_earlier_version.content = 0;
  CHECK_THAT(data::differences_in_words(of_earlier_version, sample.print()),
             Contains("names or order of images or classes, boxes"));
  d = good;
  std::swap(d.images[0].file_name, d.images[4].file_name);
  CHECK_THAT(told(), Contains("names or order"));
  d = good;
  d.categories[1].name = "c";
  CHECK(told() == "names or order of classes");
  d = good;
  d.images.pop_back();
  d.objects.pop_back();
  CHECK_THAT(told(), Contains("images 5 -> 4, labels 5 -> 4"));
  d = good;
  std::ofstream(sample.folder.path() / "2.jpg") << "another picture";
  CHECK(told() == "sizes of image files");
  std::filesystem::remove(sample.folder.path() / "2.jpg");
  CHECK(told() == "sizes of image files");
}

TEST_CASE("other pictures in files of the same names and sizes are told, where both are known") {
  Sample sample;
  const std::vector<uint64_t> marks{11, 12, 13, 14, 15}, others{11, 12, 99, 14, 15};
  const Fingerprint before = data::fingerprint_of(sample.dataset, 1, marks);
  const Fingerprint now = data::fingerprint_of(sample.dataset, 1, others);
  CHECK(before == data::fingerprint_of(sample.dataset, 1, marks));
  CHECK(!(before == now));
  CHECK(data::differences_in_words(before, now) == "pictures in files of the same names and sizes");
  // Checkpoints of earlier versions do not know them.
  CHECK(sample.print() == now);
  CHECK(now == sample.print());
  CHECK(data::differences_in_words(sample.print(), now).empty());
  std::swap(sample.dataset.images[0], sample.dataset.images[4]);
  CHECK(data::differences_in_words(
            before, data::fingerprint_of(sample.dataset, 1, {{15, 12, 13, 14, 11}})) ==
        "order of images");
  CHECK(data::differences_in_words(
            before, data::fingerprint_of(sample.dataset, 1, {{15, 12, 99, 14, 11}})) ==
        "order of images, pictures in files of the same names and sizes");
}

TEST_CASE("the mark of a picture depends on its size, its end and its EXIF orientation") {
  const std::vector<uint8_t> end{1, 2, 3}, other{1, 2, 4};
  const uint64_t mark = data::content_mark(100, end, 1);
  CHECK(mark == data::content_mark(100, end, 1));
  CHECK(mark != data::content_mark(101, end, 1));
  CHECK(mark != data::content_mark(100, other, 1));
  CHECK(mark != data::content_mark(100, end, 3));
}
