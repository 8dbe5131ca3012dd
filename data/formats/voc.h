// Folders of PASCAL VOC annotation files, both ways: one XML file per image.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.h"

namespace data {

// Reads every *.xml of a folder and below it, in the order of their names. VOC corners are 1-based
// and inclusive: x = xmin - 1, width = xmax - xmin + 1; an edge at 0, as tools write that count
// from 0, is at the border, too. VocPictures says which picture a file belongs to. Categories get
// the ids 1, 2, ... in the order of `names`, or when that is empty, of the sorted names found.
// Objects marked difficult are ordinary here; parts of objects are left out. Files of up to 4 MiB.
// A note tells how many files have a picture. Error (data) with file: no XML files, damaged XML,
// missing or wrong values, a name that is not in `names`. With `list`, a file of ImageSets/Main,
// only the images that it names, one per line, in its order.
Dataset load_voc(const std::string& xml_folder, const std::string& image_folder,
                 const std::vector<std::string>& names = {}, const std::string& list = "");

// Where write_voc writes the objects of an image, relative to its folder: <image name>.xml.
std::string voc_file(const ImageEntry& image);

// Writes a file for every image, creating the folder. Crowd regions are left out: VOC has none.
// Error (data): an image's name leaves the folder, a file cannot be written.
void write_voc(const std::string& folder, const Dataset& dataset);

}  // namespace data
