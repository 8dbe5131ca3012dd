#include "data/check/label_frame.h"

#include <fmt/format.h>

#include <utility>

#include "data/image/orientation.h"
#include "data/policy_option.h"
#include "engine/base/counted.h"

namespace data {
namespace {

struct Votes {  // of the images whose size tells the frame
  int64_t upright = 0, stored = 0;
};

Votes count_votes(const Dataset& dataset, const std::vector<ImageHead>& heads) {
  Votes votes;
  for (size_t i = 0; i < heads.size(); ++i) {
    if (!heads[i].usable) continue;
    const bool upright = has_upright_size(dataset.images[i], heads[i]);
    const bool stored = has_stored_size(dataset.images[i], heads[i]);
    votes.upright += upright && !stored;
    votes.stored += stored && !upright;
  }
  return votes;
}

LabelFrame frame_of(const Dataset& dataset, const ImageEntry& image, const ImageHead& head,
                    const Votes& votes) {
  const bool upright = has_upright_size(image, head), stored = has_stored_size(image, head);
  if (upright != stored) return upright ? LabelFrame::upright : LabelFrame::stored;
  const bool told = votes.upright > 0 || votes.stored > 0 || dataset.frame_known;
  if (!told && image.object_count > 0) return LabelFrame::unclear;
  return votes.upright == 0 && votes.stored > 0 && stored ? LabelFrame::stored
                                                          : LabelFrame::upright;
}

void turn_labels(Dataset& dataset, ImageEntry& image, const ImageHead& head) {
  for (uint32_t i = 0; i < image.object_count; ++i)
    turn_upright(dataset.objects[image.first_object + i], head.orientation, head.width,
                 head.height);
  if (swaps_sides(head.orientation)) std::swap(image.width, image.height);
}

}  // namespace

bool has_stored_size(const ImageEntry& image, const ImageHead& head) {
  return image.width == head.width && image.height == head.height;
}

bool has_upright_size(const ImageEntry& image, const ImageHead& head) {
  if (!swaps_sides(head.orientation)) return has_stored_size(image, head);
  return image.width == head.height && image.height == head.width;
}

FrameReport settle_label_frames(Dataset& dataset, const std::vector<ImageHead>& heads) {
  FrameReport report{.policy = dataset.policy.exif,
                     .prefix = dataset.prefix,
                     .images = static_cast<int64_t>(dataset.images.size()),
                     .frames = std::vector<LabelFrame>(heads.size())};
  const Votes votes = count_votes(dataset, heads);
  report.mixed = votes.upright > 0 && votes.stored > 0;
  for (size_t i = 0; i < heads.size(); ++i) {
    if (!heads[i].usable || heads[i].orientation == 1) continue;
    ++report.oriented;
    report.frames[i] = frame_of(dataset, dataset.images[i], heads[i], votes);
    report.unclear += report.frames[i] == LabelFrame::unclear;
    if (report.policy == ExifPolicy::stored || report.frames[i] != LabelFrame::stored) continue;
    turn_labels(dataset, dataset.images[i], heads[i]);
    ++report.labels_turned;
  }
  return report;
}

std::string FrameReport::in_words() const {
  if (oriented == 0) return "";
  if (policy == ExifPolicy::stored)
    return fmt::format("EXIF: {} of {} {} read as stored ({})", oriented,
                       base::counted(images, "image"),
                       oriented == 1 ? "has an orientation and is" : "have an orientation and are",
                       exif_option(prefix, policy));
  std::string text =
      fmt::format("EXIF: {} of {} {} turned upright ({})", oriented, base::counted(images, "image"),
                  oriented == 1 ? "is" : "are", exif_option(prefix, policy));
  if (labels_turned > 0)
    text += fmt::format("; the labels of {} were made for the stored pixels and are turned, too",
                        labels_turned);
  if (unclear > 0)
    text += fmt::format(
        "; the annotated sizes of {} fit the stored picture as well: their labels are taken for "
        "upright, which `ssddata show` draws",
        unclear);
  if (mixed) text += "; the file mixes both kinds: look at `ssddata show`";
  return text;
}

}  // namespace data
