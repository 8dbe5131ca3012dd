// Finds the images and labels of a YOLO data set.
#pragma once
#include <string>

#include "data/dataset.h"
#include "data/formats/source.h"

namespace data {

// Reads the data set that source.yolo names, which is one of these:
//
// * A data.yaml, or its folder, in which it may also be called data.yml, dataset.yaml or
//   dataset.yml. The file gives the names of the classes and, for each split, a folder of images, a
//   .txt file that lists images one per line, or several of these. Paths are
//   relative to the file's `path`, which is relative to its folder. If that does not exist, a note
//   says so, and they are relative to the folder of the file. The labels of images/x.jpg are in
//   labels/x.txt: the last folder of the path that is called "images" becomes "labels". If no
//   folder is called so, the labels lie beside the image.
// * A folder of label files. The names of the classes are in source.names, or in classes.txt or
//   obj.names in that folder or in labels/ below it. The images are in source.images, or in that
//   folder.
// * A folder with images/ and labels/ and the names of the classes, as Label Studio exports it.
//   Each image has the label file of the same relative path. The images may be in source.images.
//
// Throws Error(data) if one of these files is missing or wrong; other errors are those of load_yolo
// in yolo.h. If `problems` is given, listed images that do not exist are reported there, too.
Dataset load_yolo(const Source& source, Problems* problems = nullptr);

// Whether `yolo` is a data.yaml, or a folder with one.
bool has_yolo_yaml(const std::string& yolo);

}  // namespace data
