// Which engines, tiles and parts of sums timing is offered, by cuDNN's proposals and beyond them.
#pragma once
#include <string>

namespace tests {

// A table in Markdown, of a sample of SSD320's convolutions in f16 with 32 images on three GPUs.
// Builds every plan in it, also those that cuDNN compiles. Needs the driver's shim.
std::string table_of_offers();

}  // namespace tests
