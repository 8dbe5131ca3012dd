// Small data sets in the forms of VOC and YOLO: classes bolt and nut, images of 40 x 20.
#pragma once
#include <string>

#include "data/dataset.h"
#include "data/formats/source.h"
#include "tests/support/data_folder.h"

namespace tests {

struct VocFile {
  std::string filename{};  // empty: none
  std::string name = "bolt", xmin = "2";
  std::string more{};  // elements of the object
};
std::string voc_file(const VocFile& = {});  // the XML of an image with one object

class LabelFolder : public DataFolder {
 public:
  // VOC's layout in voc/ with the images 0.jpg, 1.jpg, ...
  data::Source voc(int images) const;
  // yolo/data.yaml, whose training images are images/0.jpg, images/1.jpg, ...
  data::Source yolo(int images) const;
  // What the test has put into images/ and labels/ or xml/.
  data::Dataset read_yolo() const;
  data::Dataset read_voc() const;
};

}  // namespace tests
