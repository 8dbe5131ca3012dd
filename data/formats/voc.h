// Reads and writes folders of PASCAL VOC annotation files, one XML file per image.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/problem.h"

namespace data {

// Reads all *.xml files in a folder and below it, in the order of their names. If `list` is given,
// a file of ImageSets/Main, only the images that it names are read, in its order.
//
// VOC's corners are 1-based and inclusive: x = xmin - 1, width = xmax - xmin + 1. Some tools count
// from 0, so an edge at 0 is at the border, too. Categories get the ids 1, 2, ... in the order of
// `names`. If `names` is empty, they are the sorted names that the files hold. Marks such as
// `difficult` are not read. Parts of objects are left out. VocPictures decides which picture a file
// belongs to. A note says how many files have one.
//
// Throws Error(data), with the file, if write_voc has not ended, if there are no XML files, if one
// has more than 4 MiB, is damaged, lacks a value or has a wrong one, if `list` names an image
// without an XML file, if an object has a name that is not in `names`, or if the pictures have a
// folder of their own that holds none of them; `images_option` is then what gives another folder,
// if it is not empty. If `problems` is given, files and objects that cannot be used are reported
// there and left out.
Dataset load_voc(const std::string& xml_folder, const std::string& image_folder,
                 const std::vector<std::string>& names = {}, const std::string& list = "",
                 const std::string& images_option = "", Problems* problems = nullptr);

// Whether a folder has the layout of the VOC challenges: Annotations/ and JPEGImages/, and whether
// ImageSets/Main/ lists its splits, too.
bool has_voc_layout(const std::string& folder);
bool has_voc_splits(const std::string& folder);
inline constexpr const char* kVocSplits = "ImageSets/Main";

// The edges of an object's bndbox.
inline constexpr const char* kVocEdges[] = {"xmin", "ymin", "xmax", "ymax"};

// The file into which write_voc writes the objects of an image, relative to the folder: the image's
// name with the ending .xml.
std::string voc_file(const ImageEntry& image);

// While write_voc works, a file of this name is in the folder. load_voc refuses such a folder.
inline constexpr const char* kVocUnfinished = "unfinished_conversion.txt";
// Creates the folder and writes a file for every image. Crowd regions are left out, because VOC has
// none; returns how many. Throws Error(data) if the name of an image leads out of the folder.
int64_t write_voc(const std::string& folder, const Dataset& dataset);

}  // namespace data
