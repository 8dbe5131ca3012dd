// How the user of a program gives the policy with which images are read, for messages. `prefix` is
// that of Dataset: options ("--"), or keys of a configuration ("data.train." and so on).
#pragma once
#include <string>

#include "data/dataset.h"

namespace data {

// "--exif stored" or "data.exif=stored".
std::string exif_option(const std::string& prefix, ExifPolicy policy);
// "--follow-links" or "data.follow_links=true".
std::string follow_links_option(const std::string& prefix);

}  // namespace data
