// Recognises files that are given as COCO JSON but are something else.
#pragma once
#include <string>
#include <string_view>

namespace data {

// What the file is and what to do with it, such as "a gzip file: unpack it with gunzip". Empty if
// it may be COCO JSON. Apart from zero bytes, the function looks at the first 4096 bytes only.
std::string foreign_bytes(std::string_view file);

// Which labelling tool wrote a JSON file whose "images" are not those of COCO, and what to do with
// it. Empty if no known tool did.
std::string foreign_with_images(std::string_view file);

// Which labelling tool wrote a JSON file that has no usable "images", and what to do with it. Empty
// if no known tool did.
std::string foreign_json(std::string_view file);

}  // namespace data
