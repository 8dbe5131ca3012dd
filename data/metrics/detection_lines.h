// Reads files of detections that have a JSON object on each line instead of one array.
#pragma once
#include <string_view>

#include "data/metrics/detections_sax.h"

namespace data {

// Whether the first line begins as an object whose first field is one of a detection, as those of
// `ssddetect --json-lines` do.
bool has_detection_lines(std::string_view file);

// Gives the detections of all lines to the handler, as if they were one array. A line is an image
// with "detections", an image with "error" that could not be read, or one detection. Throws
// Error(data), with file and line, if a line is no JSON object.
void read_detection_lines(base::LoadedFile&, JsonCursor&, DetectionHandler&, DetectionFile& out);

}  // namespace data
