// For messages: the option or key by which the user sets the policy with which images are read.
// `prefix` is that of Dataset: "--" for options, "data.train." and so on for keys.
#pragma once
#include <string>

#include "data/dataset.h"

namespace data {

// "--exif stored" or "data.exif=stored".
std::string exif_option(const std::string& prefix, ExifPolicy policy);
// "--follow-links" or "data.follow_links=true".
std::string follow_links_option(const std::string& prefix);

}  // namespace data
