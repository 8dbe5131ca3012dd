#include "data/check/odd_pictures.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/counted.h"
#include "engine/base/text.h"

namespace data {

void OddPictures::add(const std::string& where, const FileTraits& traits) {
  if (traits.pictures > 1) {
    if (several_++ == 0) first_several_ = where;
    most_ = std::max(most_, traits.pictures);
  }
  looked_ += traits.highest >= 0;
  if (!traits.nearly_black()) return;
  if (dark_++ == 0) first_dark_ = where;
  brightest_ = std::max(brightest_, traits.highest);
}

std::vector<std::string> OddPictures::in_words(const std::string& owner) const {
  std::vector<std::string> lines;
  const std::string of = owner.empty() ? "" : owner + ": ";
  if (several_ > 0)
    lines.push_back(fmt::format(
        "note: {}{} (animated PNG or MPO) hold{} up to {} pictures, such as {}; only the first one "
        "is read: write the others into files of their own if you want them",
        of, base::counted(several_, "image file"), several_ == 1 ? "s" : "", most_,
        base::printable(first_several_)));
  if (dark_ > 0)
    lines.push_back(fmt::format(
        "warning: {}{} of {} of 16 bits per channel that {} looked at {} nearly black, such as {}: "
        "the upper bits are empty, and no value is read as more than {} of 255; scale the values "
        "up "
        "to 16 bits",
        of, dark_, base::counted(looked_, "image"), looked_ == 1 ? "was" : "were",
        dark_ == 1 ? "is" : "are", base::printable(first_dark_), brightest_));
  return lines;
}

}  // namespace data
