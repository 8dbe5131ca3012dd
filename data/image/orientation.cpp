#include "data/image/orientation.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace data {
namespace {

constexpr size_t kBlock = 32;  // pixels a side that are copied together, for the caches' sake

// Where stored pixel (x, y) goes.
struct Target {
  Turn turn;
  size_t width, height;  // as stored

  size_t operator()(size_t x, size_t y) const {
    if (turn.mirror_x) x = width - 1 - x;
    if (turn.mirror_y) y = height - 1 - y;
    return turn.transpose ? x * height + y : y * width + x;
  }
};

void copy_block(const uint8_t* from, const Target& target, size_t left, size_t top, uint8_t* to) {
  const size_t right = std::min(left + kBlock, target.width);
  const size_t bottom = std::min(top + kBlock, target.height);
  for (size_t y = top; y < bottom; ++y)
    for (size_t x = left; x < right; ++x)
      std::memcpy(to + 3 * target(x, y), from + 3 * (y * target.width + x), 3);
}

}  // namespace

Turn turn_of(int orientation) {
  auto is = [orientation](int a, int b, int c, int d) {
    return orientation == a || orientation == b || orientation == c || orientation == d;
  };
  return {is(2, 3, 7, 8), is(3, 4, 6, 7), is(5, 6, 7, 8)};
}

void turn_upright(Picture& image, int orientation) {
  if (orientation <= 1) return;
  thread_local std::vector<uint8_t> turned;
  turned.resize(image.rgb.size());
  const Target target{turn_of(orientation), size_t(image.width), size_t(image.height)};
  for (size_t top = 0; top < target.height; top += kBlock)
    for (size_t left = 0; left < target.width; left += kBlock)
      copy_block(image.rgb.data(), target, left, top, turned.data());
  image.rgb.swap(turned);
  if (target.turn.transpose) std::swap(image.width, image.height);
}

void turn_upright(Object& box, int orientation, int width, int height) {
  const Turn turn = turn_of(orientation);
  if (turn.mirror_x) box.x = width - box.x - box.width;
  if (turn.mirror_y) box.y = height - box.y - box.height;
  if (!turn.transpose) return;
  std::swap(box.x, box.y);
  std::swap(box.width, box.height);
}

}  // namespace data
