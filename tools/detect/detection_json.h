// What a model found, as JSON.
#pragma once
#include <string>

#include "tools/detect/detected_image.h"

namespace tools {

// An entry of COCO's results, with "file_name" and "category" added.
std::string coco_entry(const DetectedImage&, const NamedBox&);

// One line, for programs that read them as they come:
// {"image_id":1,"file_name":"a.jpg","width":640,"height":480,"detections":[{"category_id":3,...}]},
// or {"image_id":1,"file_name":"a.jpg","error":"a.jpg: ..."}.
std::string image_line(const DetectedImage&);

}  // namespace tools
