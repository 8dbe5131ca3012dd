// What a file is that is no COCO JSON.
#pragma once
#include <string>
#include <string_view>

namespace data {

// "an archive: unpack it" and the like, with what to do; empty for what may be COCO JSON. Only the
// first bytes are looked at.
std::string foreign_bytes(std::string_view file);

// For JSON without a section of images: which labelling tool wrote it, with what to do; or empty.
std::string foreign_json(std::string_view file);

}  // namespace data
