#include "data/synthetic/synthetic.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "data/formats/coco.h"
#include "data/image/jpeg.h"
#include "engine/base/error.h"
#include "engine/base/output_guard.h"
#include "engine/base/output_locks.h"
#include "engine/base/temporary_name.h"
#include "engine/base/text.h"
#include "engine/base/unfinished_files.h"
#include "engine/base/write_file.h"

namespace data {

using base::ExitCode, base::fail;
namespace fs = std::filesystem;

namespace {

// A temporary folder beside the final one. It gets the final name at the end, and is removed if
// there is an error, or if a signal ends the program.
class PartialFolder {
 public:
  explicit PartialFolder(const fs::path& target)
      : target_(target),
        path_(fmt::format("{}{}{}", target.string(), base::kTemporaryMark, getpid())) {
    std::error_code error;
    const fs::file_type type =
        fs::symlink_status(target, error).type();  // a link cannot be replaced
    if (type != fs::file_type::not_found &&
        (type != fs::file_type::directory || !fs::is_empty(target, error)))
      fail(ExitCode::usage, base::printable(target.string()),
           ": exists and is not an empty folder; choose another name");
    temporary_.set(path_.string(), [&](const char*) { fs::create_directories(path_, error); });
    if (error) fail(ExitCode::data, path_.string(), ": cannot create: ", error.message());
  }
  ~PartialFolder() {
    std::error_code error;  // after publish() there is nothing left to remove
    fs::remove_all(path_, error);
  }
  PartialFolder(const PartialFolder&) = delete;
  PartialFolder& operator=(const PartialFolder&) = delete;
  const fs::path& path() const { return path_; }

  void publish() const {
    std::error_code error;
    fs::rename(path_, target_, error);  // replaces an empty folder
    if (error) fail(ExitCode::data, target_.string(), ": cannot create: ", error.message());
  }

 private:
  fs::path target_, path_;
  base::TemporaryName temporary_;
};

// Draws scenes first .. first + count - 1 into images/ and returns what they show.
Dataset write_part(const fs::path& folder, const SyntheticOptions& o, int first, int count) {
  Dataset set;
  for (int kind = 0; kind < o.scene.classes; ++kind)
    set.categories.push_back({kind + 1, shape_name(kind)});
  for (int i = first; i < first + count; ++i) {
    Scene scene = draw_scene(o.scene, uint64_t(i));
    std::string name = fmt::format("{:06}.jpg", i + 1);
    base::write_file(folder / "images" / name, encode_jpeg(scene.image, o.jpeg_quality),
                     base::not_durable());
    ImageEntry entry;
    entry.id = i + 1;
    entry.width = o.scene.width, entry.height = o.scene.height;
    entry.file_name = name;
    entry.first_object = uint32_t(set.objects.size());
    entry.object_count = uint32_t(scene.objects.size());
    set.images.push_back(entry);
    for (Object object : scene.objects) {
      object.id = int64_t(set.objects.size()) + 1;
      set.objects.push_back(object);
    }
  }
  return set;
}

int64_t count_crowded(const Dataset& set, const SceneOptions& scene) {
  return std::count_if(set.images.begin(), set.images.end(), [&](const ImageEntry& image) {
    return int64_t(image.object_count) < scene.min_objects;
  });
}

}  // namespace

SyntheticCounts write_synthetic(const fs::path& folder, const SyntheticOptions& o) {
  if (o.train_images < 0 || o.val_images < 0 || o.train_images > kMostDrawn - o.val_images ||
      o.train_images + o.val_images == 0)
    fail(ExitCode::usage, "drawn data set: expected 1 to ", kMostDrawn, " images in all, found ",
         o.train_images, " for training and ", o.val_images, " for validation");
  if (o.jpeg_quality < 1 || o.jpeg_quality > 100)
    fail(ExitCode::usage, "drawn data set: JPEG quality ", o.jpeg_quality, ", expected 1 to 100");
  check_scene_options(o.scene);
  fs::path target = folder.has_filename() ? folder : folder.parent_path();  // "name/" is "name"
  base::check_output_folder("folder", target);
  base::OutputLocks locks;
  locks.take_name("folder", target);
  base::tell_unfinished({target});
  PartialFolder partial(target);
  base::create_folders(partial.path() / "images");
  base::create_folders(partial.path() / "annotations");
  Dataset train = write_part(partial.path(), o, 0, o.train_images);
  Dataset val = write_part(partial.path(), o, o.train_images, o.val_images);
  write_coco((partial.path() / "annotations" / "instances_train.json").string(), train);
  write_coco((partial.path() / "annotations" / "instances_val.json").string(), val);
  partial.publish();
  return {int64_t(train.objects.size()), int64_t(val.objects.size()),
          count_crowded(train, o.scene) + count_crowded(val, o.scene)};
}

}  // namespace data
