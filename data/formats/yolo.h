// YOLO text labels, both ways: one file per image with lines "class x_center y_center width
// height", all divided by the image's sides.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace data {

// Every .jpg, .jpeg, and .png below image_folder, in the order of their names, with the labels of
// the same relative name below label_folder; no file means no boxes. A line of more than five
// numbers is a polygon, and its bounding box is taken. Class k gets the category id k + 1. Sizes
// come from the images' headers. Error (data) with file:line: no images, wrong lines, classes
// beyond `names`.
Dataset load_yolo(const std::string& label_folder, const std::string& image_folder,
                  const std::vector<std::string>& names);

// The same of a list of images. `relative` is to image_folder; no file `labels` means no boxes.
struct YoloImage {
  std::filesystem::path relative, labels;
};
Dataset load_yolo(const std::string& image_folder, const std::vector<YoloImage>& images,
                  const std::vector<std::string>& names);

// Every .jpg, .jpeg, and .png below a folder, relative to it, sorted. Error (data): none.
std::vector<std::filesystem::path> images_below(const std::string& folder);

// Writes a .txt per image, and classes.txt with the names. Crowd regions and boxes without area,
// which YOLO does not know, are left out.
void write_yolo(const std::string& folder, const Dataset& dataset);

// One name per line, as in classes.txt; blank lines at the end are ignored. Error (data): empty.
std::vector<std::string> read_class_names(const std::string& path);

}  // namespace data
