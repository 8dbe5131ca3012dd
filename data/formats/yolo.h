// Reads and writes YOLO text labels. Each image has a file with lines "class x_center y_center
// width height", in fractions of the image's sides.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/problem.h"

namespace data {

// The images of a data set and the paths of their labels.
struct YoloImage {
  std::filesystem::path relative;  // to image_folder
  std::filesystem::path labels;    // the label file, which need not exist
};
struct YoloFiles {
  std::string image_folder;
  std::vector<YoloImage> images;
  std::vector<std::string> layout_folders;           // as of Dataset
  std::vector<std::filesystem::path> label_folders;  // are searched for labels without an image
  std::map<std::string, int64_t> other_pictures;     // number of pictures left out, by ending
  int64_t hidden_images = 0;                         // which are left out, too
  std::vector<std::string> notes;                    // on lists of images
  int keypoint_numbers = 0;  // how many numbers of key points follow a box; see YoloYaml
};

// Reads the labels of these images. Class k gets the category id k + 1. A line of more than five
// numbers is a polygon, and the box is its bounding box; if files.keypoint_numbers is above 0, it
// is a box and its key points, which are left out, and a note counts them. Sizes of images come
// from their headers, and are those after turning if `exif` is upright, because labels belong to
// the picture as people see it. A note says how many images have labels, and how many label files
// have no image. Throws Error(data), with file and line, if a line is wrong, if a class is beyond
// `names`, or if a number of a box or polygon lies outside of -0.1 to 1.1. Throws Error(data), too,
// if there is no image, or none with a label file. If `problems` is given, images, label files and
// lines that cannot be used are reported there and left out.
Dataset load_yolo(const YoloFiles& files, const std::vector<std::string>& names,
                  ExifPolicy exif = ExifPolicy::upright, Problems* problems = nullptr);

// Reads all .jpg, .jpeg and .png files below image_folder, in the order of their names. The label
// file of an image has the same relative path below label_folder, with the ending .txt.
Dataset load_yolo(const std::string& label_folder, const std::string& image_folder,
                  const std::vector<std::string>& names, ExifPolicy exif = ExifPolicy::upright,
                  Problems* problems = nullptr);

// The file into which write_yolo writes the names of the classes, relative to its folder.
inline constexpr const char* kYoloNamesFile = "classes.txt";
// What it holds.
std::string yolo_names(const Dataset& dataset);
// The file into which it writes the labels of an image: the image's name with the ending .txt.
std::string yolo_file(const ImageEntry& image);

struct YoloWritten {
  int64_t left_out = 0;  // crowd regions and boxes without area in the image, because YOLO has none
  int64_t outside = 0;   // of those left out, boxes that lie outside of their image
  int64_t cut = 0;       // boxes that were cut at the border
};

// Creates the folder and writes these files. The names are removed first and written last, so that
// readers refuse a folder in which a killed program has left labels of two data sets. A box is cut
// at the border of its image if a number of its line would not lie in 0 to 1, since readers refuse
// such a line or its whole image. Throws Error(data) if the name of an image leads out of the
// folder.
YoloWritten write_yolo(const std::string& folder, const Dataset& dataset);

}  // namespace data
