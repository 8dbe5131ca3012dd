#include "tools/detect/detection_pictures.h"

#include <fmt/format.h>

#include "data/image/image_file.h"
#include "tools/detect/picture_parts.h"
#include "tools/image_files.h"

namespace tools {

DetectionPictures::DetectionPictures(bool drawn, bool crops, const run::ClassList& classes,
                                     const GroundTruth* truth)
    : drawn_(drawn), crops_(crops), truth_(truth), colours_(run::class_colours(classes)) {}

EncodedPictures DetectionPictures::make(const DetectedImage& image) const {
  EncodedPictures made;
  const std::string ending = picture_ending(image.file);
  if (crops_)
    for (const NamedBox& box : image.boxes)
      made.crops.push_back(data::encode_image(crop(image.picture, box.area), ending));
  if (drawn_) made.drawn = data::encode_image(draw(image), ending);
  return made;
}

data::Picture DetectionPictures::draw(const DetectedImage& image) const {
  std::vector<data::DrawnBox> boxes;
  for (const NamedBox& box : image.boxes)
    boxes.push_back({box.area, box.category->name, fmt::format("{:.2f}", box.score),
                     colours_.of(box.category->name)});
  data::Picture picture = image.picture;
  if (truth_) boxes.insert(boxes.begin(), title_box(picture, "found"));
  data::draw_boxes(picture, boxes);
  return truth_ ? add_truth(image, std::move(picture)) : picture;
}

data::Picture DetectionPictures::add_truth(const DetectedImage& image, data::Picture found) const {
  const data::ImageEntry* entry = truth_->image_of(image.file);
  data::Picture truth = image.picture;
  std::vector<data::DrawnBox> boxes;
  if (entry) boxes = label_boxes(truth_->dataset(), *entry, colours_, truth);
  boxes.insert(boxes.begin(), title_box(truth, entry ? "ground truth" : "no ground truth"));
  data::draw_boxes(truth, boxes);
  return side_by_side(truth, found);
}

}  // namespace tools
