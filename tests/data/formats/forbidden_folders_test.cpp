// Folders that may not be read are told as such, not as empty or absent.
#include <fmt/format.h>

#include "data/check/image_lookup.h"
#include "data/formats/source.h"
#include "data/image_folder.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/label_folder.h"
#include "tests/support/unprivileged.h"

namespace fs = std::filesystem;
using Catch::Contains;

namespace {

constexpr fs::perms kNone = fs::perms::none, kNoEntry = fs::perms(0444);

// The message of the error with which `action` ends, for a user who may not read `closed`.
template <class Action>
std::string refused(const fs::path& closed, fs::perms rights, const Action& action) {
  const tests::Rights set(closed, rights);
  const tests::Unprivileged user;
  REQUIRE(user.holds());
  return tests::failure(action);
}

// In a place that everybody may enter.
struct OpenLabelFolder : tests::LabelFolder {
  OpenLabelFolder() { fs::permissions(at(""), fs::perms(0755)); }
};

bool rights_hold() {
  const bool hold = tests::Unprivileged().holds();
  if (!hold) WARN("rights of files do not hold here");
  return hold;
}

}  // namespace

TEST_CASE("every format names the folder that may not be read") {
  if (!rights_hold()) return;
  const OpenLabelFolder f;
  const data::Source voc = f.voc(2), yolo = f.yolo(2);
  f.text("coco/a.json", "{}");
  const auto open = [](const data::Source& source) { return [&] { data::open(source); }; };
  for (const char* below : {"", "/Annotations", "/JPEGImages"})
    CHECK_THAT(refused(f.at("voc") + below, kNone, open(voc)),
               Contains(f.at("voc") + below) && Contains("may not be "));
  for (const char* below : {"", "/images"})
    CHECK_THAT(refused(f.at("yolo") + below, kNone, open(yolo)),
               Contains(f.at("yolo") + below) && Contains("may not be "));
  const data::Source coco{.annotations = f.at("coco/a.json")};
  CHECK_THAT(refused(f.at("coco"), kNoEntry, open(coco)),
             Contains("coco may not be entered: permission denied"));
  const data::Source shards{.tfrecords = {f.at("coco/x*")}};
  CHECK_THAT(refused(f.at("coco"), kNone, open(shards)), Contains("coco: the folder may not be"));
}

TEST_CASE("pictures in a folder that may not be read are not taken for missing") {
  if (!rights_hold()) return;
  const OpenLabelFolder f;
  f.image("photos/day/a.jpg");
  const auto list = [&](bool recursive) {
    return [&f, recursive] { data::list_images(f.at("photos"), recursive); };
  };
  CHECK_THAT(refused(f.at("photos"), kNone, list(false)), Contains("photos: the folder may not"));
  CHECK_THAT(refused(f.at("photos/day"), kNone, list(true)), Contains("/day: the folder may not"));
  CHECK(refused(f.at("photos/day"), kNone, list(false)) == "no error");
  data::Dataset set;
  set.image_folder = f.at("photos");
  set.images = {{.id = 1, .width = 40, .height = 20, .file_name = "day/a.jpg"}};
  refused(f.at("photos/day"), kNone, [&] {
    const data::FileLookup found = data::look_up_images(set, 1);
    CHECK(found.problems.count(data::ProblemKind::missing_file) == 0);
    CHECK_THAT(found.first_problem(), Contains("photos/day may not be entered: permission denied"));
  });
}
