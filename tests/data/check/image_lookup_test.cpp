// The look at every image's file before a run: what is missing, cut off, of another size or no
// picture is found without decoding, and odd but whole files pass.
#include "data/check/image_lookup.h"
#include "tests/support/catch.h"

#include <sys/stat.h>

#include <filesystem>

#include "data/encoded_image.h"
#include "data/formats/tf_dataset.h"
#include "data/image/png.h"
#include "engine/base/error.h"
#include "engine/base/write_file.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"

using data::Dataset, data::FileLookup, data::ImageEntry, data::ProblemKind;
namespace fs = std::filesystem;
using Bytes = std::vector<uint8_t>;

namespace {

struct Folder {
  tests::TemporaryFolder folder;
  Dataset dataset;

  Folder() {
    dataset.image_folder = folder.path().string();
    dataset.categories = {{1, "cat"}};
  }
  fs::path at(const std::string& name) const { return folder.path() / name; }
  void name(const std::string& file_name, int width = 64, int height = 48) {
    dataset.images.push_back({.id = int64_t(dataset.images.size()) + 1,
                              .width = width,
                              .height = height,
                              .file_name = file_name});
  }
  void add(const std::string& file_name, const Bytes& bytes) {
    base::write_file(at(file_name), bytes);
    name(file_name);
  }
};

Bytes jpeg() { return tests::make_jpeg(tests::picture(64, 48), {}); }

// The same picture behind `count` segments of 60,000 bytes each.
Bytes with_comments(Bytes bytes, int count) {
  Bytes segment(60'002, 'x');
  segment[0] = 0xff, segment[1] = 0xfe, segment[2] = 60'000 >> 8, segment[3] = 60'000 & 255;
  for (int i = 0; i < count; ++i) bytes.insert(bytes.begin() + 2, segment.begin(), segment.end());
  return bytes;
}

Bytes first_part(const Bytes& bytes, double part) {
  return {bytes.begin(), bytes.begin() + std::ptrdiff_t(double(bytes.size()) * part)};
}

}  // namespace

TEST_CASE("whole files pass, odd ones included") {
  Folder f;
  f.add("a.jpg", jpeg());
  f.add("a.png", data::encode_png(tests::picture(64, 48)));
  f.add("metadata.jpg", with_comments(jpeg(), 3));  // the size stands behind 180,000 bytes
  Bytes padded = jpeg();
  padded.insert(padded.end(), 6000, 0);  // some cameras fill their blocks
  f.add("padded.jpg", padded);
  f.add("noise.jpg", tests::make_jpeg(tests::picture(64, 48), {.progressive = true}));
  for (int threads : {1, 3}) {
    const FileLookup lookup = data::look_up_images(f.dataset, threads);
    INFO(lookup.in_words());
    CHECK(lookup.images == 5);
    CHECK(lookup.unusable == 0);
    CHECK(lookup.first_problem().empty());
  }
}

TEST_CASE("what cannot be used is found, once per image, in their order") {
  Folder f;
  f.name("absent.jpg");
  f.add("good.jpg", jpeg());
  fs::create_directory(f.at("folder.jpg"));
  f.name("folder.jpg");
  REQUIRE(mkfifo(f.at("pipe.jpg").c_str(), 0600) == 0);
  f.name("pipe.jpg");  // opening it must not wait
  fs::create_symlink("nowhere.jpg", f.at("dangling.jpg"));
  f.name("dangling.jpg");
  f.add("cut.jpg", first_part(jpeg(), 0.7));
  f.add("cut.png", first_part(data::encode_png(tests::picture(64, 48)), 0.9));
  f.add("long_cut.jpg", first_part(with_comments(jpeg(), 2), 0.3));
  f.add("text.jpg", {'n', 'o'});
  f.add("size.jpg", tests::make_jpeg(tests::picture(48, 64), {}));
  const FileLookup lookup = data::look_up_images(f.dataset, 2);
  using enum ProblemKind;
  const std::vector<std::pair<std::string, ProblemKind>> expected = {
      {"absent.jpg", missing_file},       {"folder.jpg", unreadable_image},
      {"pipe.jpg", unreadable_image},     {"dangling.jpg", missing_file},
      {"cut.jpg", unreadable_image},      {"cut.png", unreadable_image},
      {"long_cut.jpg", unreadable_image}, {"text.jpg", unreadable_image},
      {"size.jpg", size_mismatch}};
  REQUIRE(lookup.problems.kept().size() == expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    INFO(expected[i].first << ": " << lookup.problems.kept()[i].text);
    CHECK(lookup.problems.kept()[i].where == expected[i].first);
    CHECK(lookup.problems.kept()[i].kind == expected[i].second);
  }
  CHECK(lookup.unusable == 9);
  CHECK(lookup.first_problem().starts_with("absent.jpg: not found in "));
  f.dataset.image_folder = f.at("nowhere").string();
  CHECK_THAT(data::look_up_images(f.dataset, 1).first_problem(),
             Catch::Contains("nowhere, which does not exist"));
  CHECK(lookup.in_words().find("9 cannot be used, 2 missing_file, 6 unreadable_image, "
                               "1 size_mismatch; the first: absent.jpg: ") != std::string::npos);
}

TEST_CASE("records are looked up in their shards") {
  Folder f;
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) f.add(name, jpeg());
  data::write_tfrecords(f.dataset, f.at("set").string(), 2);
  const std::vector<std::string> shards = data::find_shards(f.at("set").string() + ".record-*");
  Dataset records = data::load_tfrecords(shards, data::LabelMap({{1, "cat", "cat"}}));
  CHECK(data::look_up_images(records, 2).unusable == 0);
  const ImageEntry last = records.images[1];
  fs::resize_file(shards[size_t(last.shard)], last.offset + last.bytes / 2);
  const FileLookup lookup = data::look_up_images(records, 2);
  CHECK(lookup.unusable == 1);
  CHECK(lookup.first_problem().find("was the shard replaced?") != std::string::npos);
}
