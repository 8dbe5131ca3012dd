// Boxes that are well formed, but not x, y, width, height in pixels.
#pragma once
#include <cstdint>
#include <string>

#include "data/dataset.h"

namespace data {

struct BoxUnits {
  int64_t boxes = 0;        // with area, in images of more than 4 pixels a side
  int64_t past_border = 0;  // reach 1 px or more past the right or lower border
  int64_t as_corners = 0;   // have an area within their image when read as x1, y1, x2, y2
  int64_t in_unit = 0;      // have no value above 1

  // At least three boxes, of which 99 % fit as corners and 10 % do not fit as they are. Boxes in
  // the upper left fit both readings.
  bool look_like_corners() const;
  // At least three boxes, of which 90 % have no value above 1 px.
  bool look_like_unit() const;
  // What the boxes look like, with the share that shows it and the cure; empty: like pixels.
  std::string in_words() const;
};

// Pure; one pass over the boxes.
BoxUnits count_box_units(const Dataset& dataset);

}  // namespace data
