#include "tools/detect/picture_parts.h"

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"

namespace tools {
namespace {

struct Span {
  int begin, count;
};

// The pixels of a side of `all` pixels that `length`, from `start` on, covers; at least one.
Span pixels(double start, double length, int all) {
  const int begin = int(std::lround(std::clamp(start, 0., all - 1.)));
  const int end = int(std::lround(std::clamp(start + length, 0., double(all))));
  return {begin, std::max(1, end - begin)};
}

// Copies these rows and columns of `from` into `to`, from its column `left` on.
void paste(const data::Picture& from, Span columns, Span rows, data::Picture& to, int left) {
  for (int y = 0; y < rows.count; ++y)
    std::copy_n(from.rgb.begin() + 3 * (ptrdiff_t(rows.begin + y) * from.width + columns.begin),
                3 * columns.count, to.rgb.begin() + 3 * (ptrdiff_t(y) * to.width + left));
}

data::Picture blank(int width, int height) {
  return {width, height, std::vector<uint8_t>(3 * size_t(width) * size_t(height))};
}

}  // namespace

data::Picture crop(const data::Picture& picture, const data::Rectangle& area) {
  const Span columns = pixels(area.x, area.width, picture.width);
  const Span rows = pixels(area.y, area.height, picture.height);
  data::Picture part = blank(columns.count, rows.count);
  paste(picture, columns, rows, part, 0);
  return part;
}

data::Picture side_by_side(const data::Picture& left, const data::Picture& right) {
  SSD_CHECK(left.height == right.height, "pictures of one height");
  data::Picture both = blank(left.width + right.width, left.height);
  paste(left, {0, left.width}, {0, left.height}, both, 0);
  paste(right, {0, right.width}, {0, right.height}, both, left.width);
  return both;
}

data::DrawnBox title_box(const data::Picture& picture, const std::string& title) {
  constexpr data::Colour kGrey{90, 90, 90};
  return {{0, 0, double(picture.width), double(picture.height)}, title, "", kGrey};
}

}  // namespace tools
