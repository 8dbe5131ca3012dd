// Divides a COCO file into two, and keeps every field of every entry as it was written.
#pragma once
#include <string>
#include <vector>

namespace data {

// Copies the bytes of `annotations`. An image, with its annotations, goes to the second file if it
// is in `second` ([images], in file order), else to the first. Categories, info, licenses and all
// else go to both. Files of two calls never lie side by side, because both could have one image.
// load_coco must have read the same file before; errors are those of load_coco.
void split_coco(const std::string& annotations, const std::vector<bool>& second,
                const std::string& first_path, const std::string& second_path);

}  // namespace data
