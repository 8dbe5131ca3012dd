// Picture files whose EXIF says how they are to be turned.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tests {

// The TIFF block of one orientation, in big or little byte order.
std::string tiff_orientation(int orientation, bool big = true);

// The file with an EXIF block behind its start. The orientation may be one that EXIF does not know.
std::vector<uint8_t> jpeg_with_orientation(std::vector<uint8_t> jpeg, int orientation,
                                           bool big = true);
std::vector<uint8_t> png_with_orientation(std::vector<uint8_t> png, int orientation,
                                          bool big = true);

}  // namespace tests
