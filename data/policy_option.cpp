#include "data/policy_option.h"

namespace data {

std::string exif_option(const std::string& prefix, ExifPolicy policy) {
  const std::string value = policy == ExifPolicy::stored ? "stored" : "upright";
  return (prefix.starts_with("data.") ? "data.exif=" : "--exif ") + value;
}

std::string follow_links_option(const std::string& prefix) {
  return prefix.starts_with("data.") ? "data.follow_links=true" : "--follow-links";
}

}  // namespace data
