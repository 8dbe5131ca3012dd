// A COCO file as two, with every field of every entry kept as it was written.
#pragma once
#include <string>
#include <vector>

namespace data {

// Copies the bytes of `annotations`: an image, with its annotations, goes to the second file if it
// is in `second` ([images], in file order), else to the first. Categories, info, licenses and all
// else go to both. A file of this call never lies beside one of an older call, which could have the
// same images. load_coco must have read the same file before; errors are those of load_coco.
void split_coco(const std::string& annotations, const std::vector<bool>& second,
                const std::string& first_path, const std::string& second_path);

}  // namespace data
