// Names and files of what a model found: pictures, crops and label files.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/base/output_guard.h"
#include "tools/detect/detection_pictures.h"
#include "tools/label_folder.h"

namespace tools {

struct OutputFolders {   // if a path is empty, these files are not written
  std::string pictures;  // PICTURE.jpg or .png with the boxes drawn in
  std::string crops;     // CLASS/PICTURE_1.jpg ...: a picture of each box
  std::string labels;    // IMAGE.txt: YOLO's lines with scores, and classes.txt
  bool any() const { return !pictures.empty() || !crops.empty() || !labels.empty(); }
};

struct OutputNames {  // of one image; if a path is empty, this file is not written
  std::string picture, labels;
  std::string crops;  // what their names begin with
};

class DetectionFiles {
 public:
  // `classes` must outlive this.
  DetectionFiles(const OutputFolders&, const run::ClassList& classes);

  // All files for one image have the same name, with different endings: the name of the image, or
  // if several images have that name, the name with "_2" and so on added. Returns the names for a
  // list of images.
  std::vector<OutputNames> names(const std::vector<std::string>& images) const;
  // Returns the names for one of several images that come one after another. They are names of
  // files that do not exist yet.
  OutputNames new_names(const std::string& image) const;

  // Adds all files that are going to be written, and those that lie where crops may be written.
  // Throws Error(usage) if another output shares the folder of a class.
  void add_to(base::OutputGuard&, const std::vector<std::string>& images,
              const std::vector<OutputNames>&) const;
  // Throws Error(usage) if the folder of label files has some of other classes. To be called when
  // the outputs are locked, so that no other program writes some.
  void check_labels() const;
  // Checks and locks the outputs for images that come one after another. Throws Error(usage) if
  // classes.txt exists with other classes, if the folder has label files of other classes, or if
  // outputs would be new images in the folder `watched`, unless that is empty.
  [[nodiscard]] base::OutputLocks take_for_stream(const std::vector<std::string>& inputs,
                                                  const std::string& watched) const;
  void begin() const;  // creates the folders, and classes.txt
  // The crops of these images that an earlier run has left in the folders of the classes, by the
  // `crops` of the image.
  std::map<std::string, std::set<std::string>> old_crops(const std::vector<OutputNames>&) const;
  // The crops that write() makes of an image if `replace` is true.
  std::vector<std::string> crop_paths(const DetectedImage&, const OutputNames&) const;
  // Writes the files of an image. If `replace`, crops replace existing ones; otherwise a crop whose
  // name is taken gets the next free number. Throws Error(data) if a file cannot be written.
  void write(const DetectedImage&, const EncodedPictures&, const OutputNames&, bool replace) const;

 private:
  OutputNames named(const std::string& stem, const std::string& image) const;
  bool any_taken(const OutputNames&) const;
  void check_folders() const;
  LabelFolder label_folder() const;
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
