// Names and files of what a model found: pictures, crops and label files.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/base/output_guard.h"
#include "tools/detection_pictures.h"

namespace tools {

struct OutputFolders {   // an empty one: none of these
  std::string pictures;  // PICTURE.jpg or .png with the boxes drawn in
  std::string crops;     // CLASS/PICTURE_1.jpg ...: a picture of each box
  std::string labels;    // IMAGE.txt: YOLO's lines with scores, and classes.txt
  bool any() const { return !pictures.empty() || !crops.empty() || !labels.empty(); }
};

struct OutputNames {  // of one image; empty: none
  std::string picture, labels;
  std::string crops;  // what their names begin with
};

class DetectionFiles {
 public:
  // `classes` must outlive this.
  DetectionFiles(const OutputFolders&, const run::ClassList& classes);

  // All that is written of one image has the same name but for its ending: the image's, or with
  // "_2" and so on added where several images have one. These are for images that are all known:
  std::vector<OutputNames> names(const std::vector<std::string>& images) const;
  // These, for images that come one after another, name files that do not exist.
  OutputNames new_names(const std::string& image) const;

  // What is going to be written, and what lies where crops may be written. Error(usage): another
  // output shares the folder of a class, or label files of other classes are in the folder.
  void add_to(base::OutputGuard&, const std::vector<std::string>& images,
              const std::vector<OutputNames>&) const;
  // For images that come one after another. Error(usage): classes.txt exists with other classes,
  // label files of other classes are in the folder, or new images of the folder `watched` (empty:
  // none) would be made.
  void check_stream(const std::vector<std::string>& inputs, const std::string& watched) const;
  void begin() const;  // creates the folders, and classes.txt
  // Crops that an earlier run has left in the folders of the classes, by the `crops` of these
  // images.
  std::map<std::string, std::set<std::string>> old_crops(const std::vector<OutputNames>&) const;
  // The crops that `write` makes of an image if it replaces existing ones.
  std::vector<std::string> crop_paths(const DetectedImage&, const OutputNames&) const;
  // `replace`: an existing crop; else it gets the next number that is free. Errors: data.
  void write(const DetectedImage&, const EncodedPictures&, const OutputNames&, bool replace) const;

 private:
  OutputNames named(const std::string& stem, const std::string& image) const;
  bool any_taken(const OutputNames&) const;
  void check_folders() const;
  void check_labels() const;
  std::string class_names() const;  // classes.txt
  std::string crop_folder(const std::string& category) const;
  void write_crops(const DetectedImage&, const EncodedPictures&, const std::string& stem,
                   bool replace) const;
  std::string label_lines(const DetectedImage&) const;

  const OutputFolders folders_;
  const run::ClassList& classes_;
  const std::map<std::string, std::string> crop_folders_;  // by the name of the class
};

}  // namespace tools
