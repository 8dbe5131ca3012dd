// Names of classes and images that a format cannot hold.
#pragma once
#include "data/dataset.h"

namespace data {

enum class NameFormat { coco, label_map, voc, yolo };

// Throws Error(data), with the class, the format and the cure, if a reader of the format would not
// read the name of a category as it is, or the name of an image, if files of the format hold those.
// `option` is the option that asked for the format, for the message.
void require_writable_names(const Dataset&, NameFormat format, const char* option);

}  // namespace data
