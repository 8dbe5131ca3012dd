// Names of classes and images that a format cannot hold.
#pragma once
#include "data/dataset.h"

namespace data {

enum class NameFormat { coco, label_map, voc, yolo };

// Error(data), with the class, the format and the cure, unless a reader of the format would read
// each name of a category as it is, and the name of each image that the format's files hold.
// `option` asked for the format, for the message.
void require_writable_names(const Dataset&, NameFormat format, const char* option);

}  // namespace data
