// Finds the images and labels of a YOLO data set.
#pragma once
#include "data/dataset.h"
#include "data/formats/source.h"

namespace data {

// source.yolo is one of these:
// * a data.yaml, or the folder of one: `names` and the list of images come from it. Paths are
//   relative to its `path`, which is relative to the file's folder. A split is a folder of images,
//   a .txt that lists them one per line, or several of these. The labels of images/x.jpg are
//   labels/x.txt (the last folder called "images" of the path changes), or lie beside the image.
// * a folder of label files: class names from source.names, or classes.txt or obj.names in that
//   folder; images from source.images, or that folder.
// Error (data): what is missing, in the terms of these files; else as the other load_yolo.
Dataset load_yolo(const Source& source);

}  // namespace data
