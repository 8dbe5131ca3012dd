// The objects that people labelled, to draw them beside those that a model found.
#pragma once
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "data/image/draw.h"
#include "data/metrics/detection_names.h"
#include "tools/dataset_input.h"

namespace tools {

// The objects of an image, drawn with a picture of perhaps another size; crowd regions are grey.
std::vector<data::DrawnBox> label_boxes(const data::Dataset&, const data::ImageEntry&,
                                        const data::ClassColours&, const data::Picture& picture);

class GroundTruth {
 public:
  // Opens a data set, whose format follows from `path`. A .json file is COCO's, a .yaml file or a
  // folder of text files is YOLO's, a folder of XML files is VOC's; record files, or a pattern for
  // them, are TFRecord shards. `split` is that of data.yaml or of VOC, "val" if it is not given.
  // Boxes are those of pictures that are read by this EXIF policy. Throws what data::open throws,
  // Error(data) if a folder holds none of these, and Error(usage) if a split is given for data that
  // has none.
  GroundTruth(const std::string& path, const std::optional<std::string>& split, data::ExifPolicy);
  GroundTruth(const GroundTruth&) = delete;
  GroundTruth& operator=(const GroundTruth&) = delete;

  // The image of the data set that an image file shows, found by name. Null if there is none, or if
  // several have that name.
  const data::ImageEntry* image_of(const std::string& file) const;
  const data::Dataset& dataset() const { return dataset_; }
  std::vector<std::string> files() const;  // from which the data set was read

 private:
  DatasetInput input_;
  data::Dataset dataset_;
  data::DetectionNames names_;
  std::unordered_map<int64_t, const data::ImageEntry*> images_;  // by id
};

// Counts the images that are in a ground truth, and its entries that are among the images. It holds
// no more memory for more images.
class TruthMatches {
 public:
  explicit TruthMatches(const GroundTruth& truth) : truth_(truth) {}  // `truth` must outlive this
  void add(const std::string& image);
  // "not in the ground truth: 1 of 2 images; not among the images: 3 of the 4 in the ground truth",
  // or one of both. Empty if all belong together.
  std::string in_words() const;

 private:
  const GroundTruth& truth_;
  int64_t images_ = 0, without_truth_ = 0;
  std::unordered_set<const data::ImageEntry*> seen_;
};

// Counts pictures of another size than their labels are for.
class TruthSizes {
 public:
  explicit TruthSizes(const GroundTruth& truth) : truth_(truth) {}  // `truth` must outlive this
  void add(const std::string& image, int width, int height);
  // A line that names the first one. Empty if there is none.
  std::string in_words() const;

 private:
  const GroundTruth& truth_;
  int64_t images_ = 0, others_ = 0;
  std::string first_;
};

}  // namespace tools
