// Decides where labels lie in a picture: next to their boxes, and never on each other.
#pragma once
#include <span>
#include <vector>

namespace data {

struct PixelSize {
  int width = 0, height = 0;
};

// In whole pixels. An area without width or height is empty.
struct PixelArea {
  int left = 0, top = 0, width = 0, height = 0;
  int right() const { return left + width; }  // past the end
  int bottom() const { return top + height; }
  bool empty() const { return width <= 0 || height <= 0; }
};

PixelArea intersection(const PixelArea&, const PixelArea&);

struct LabelRequest {
  PixelArea box;                 // may reach outside the picture, up to 2^30 pixels
  std::vector<PixelSize> sizes;  // that its label may have; earlier ones are preferred
};

struct PlacedLabel {
  PixelArea area;   // empty: there is no room for this label
  size_t size = 0;  // which of its sizes it has
};

// Decides where each label lies, in the order of the requests; earlier requests choose first. A
// label lies above its box, or else below, inside or beside it, in the first of its sizes for which
// there is room. If there is none, a label of the last size may lie up to three times its height
// away from the box. No label overlaps another one or reaches outside the picture. A box outside
// the picture gets no label.
std::vector<PlacedLabel> place_labels(PixelSize picture, std::span<const LabelRequest>);

}  // namespace data
