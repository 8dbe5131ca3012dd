// YOLO text labels, both ways: one file per image with lines "class x_center y_center width
// height", all divided by the image's sides.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace data {

// The images of a data set and where the labels of each would be.
struct YoloImage {
  std::filesystem::path relative, labels;  // to image_folder; the label file, which may be absent
};
struct YoloFiles {
  std::string image_folder;
  std::vector<YoloImage> images;
  std::vector<std::filesystem::path> label_folders;  // where labels without an image are looked for
  std::map<std::string, int64_t> other_pictures;     // left out, by ending: list_images
};

// Class k gets the category id k + 1. A line of more than five numbers is a polygon, and its
// bounding box is taken. Sizes come from the images' headers, turned where `exif` says so: labels
// belong to the picture as it is looked at. A note tells how many images have
// labels, and how many label files have no image. Error (data), with file:line: wrong lines,
// classes beyond `names`, numbers far outside of 0 to 1; no image, or not one with a label file.
Dataset load_yolo(const YoloFiles& files, const std::vector<std::string>& names,
                  ExifPolicy exif = ExifPolicy::upright);

// Every .jpg, .jpeg, and .png below image_folder, in the order of their names, with the labels of
// the same relative name below label_folder.
Dataset load_yolo(const std::string& label_folder, const std::string& image_folder,
                  const std::vector<std::string>& names, ExifPolicy exif = ExifPolicy::upright);

// Where write_yolo writes the names of the classes and the labels of an image, relative to its
// folder: classes.txt and <image name>.txt.
inline constexpr const char* kYoloNamesFile = "classes.txt";
std::string yolo_file(const ImageEntry& image);

// Writes both, creating the folder. Crowd regions and boxes without area, which YOLO does not know,
// are left out. Error (data): an image's name leaves the folder, a file cannot be written.
void write_yolo(const std::string& folder, const Dataset& dataset);

}  // namespace data
