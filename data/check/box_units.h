// Recognises boxes that are well formed, but not x, y, width, height in pixels.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "data/dataset.h"
#include "data/metrics/detections.h"

namespace data {

// What a line or an entry of a file should hold: "[x, y, width, height] in pixels".
std::string form_in_words(BoxForm form);

enum class BoxLook {
  pixels,
  unit,
  corners,  // x1, y1, x2, y2
  y_first,  // y1, x1, y2, x2
  pairs,    // x1, x2, y1, y2
  centres,
  sizes_in_1000,
  corners_in_1000,
  may_be_corners,
  may_be_small,
};

struct BoxUnits {
  BoxForm form = BoxForm::corner_and_size;  // of the files
  int64_t boxes = 0;                        // with area, in images of more than 4 pixels a side
  // Reach 2 % of the image's side, and 1 px or more, past the right or lower border.
  int64_t past_border = 0;
  int64_t far_past = 0;  // reach a quarter of the side past it
  // Have an area if read as x1, y1, x2, y2, and then reach at most a tenth past the border. Boxes
  // of YOLO are not counted here, because their reader recognises corners in the lines themselves.
  int64_t as_corners = 0;
  int64_t in_unit = 0;     // have no value above 1
  int64_t upper_left = 0;  // lie in the upper left quarter of their images
  double largest = 0;      // right or lower edge
  // The same if read as y1, x1, y2, x2, and as x1, x2, y1, y2. These and all below are counted for
  // COCO only: other formats name the numbers, or have readers that recognise their order.
  int64_t as_y_first = 0, as_pairs = 0;
  int64_t as_centres = 0;                 // lie in their image if x and y are those of the centre
  int64_t ordered = 0;                    // have an area if read as corners, in images of any size
  double most_across = 0, most_down = 0;  // the largest of x and width, of y and height
  double farthest_across = 0, farthest_down = 0;  // of x + width, of y + height

  // Counts a box, whose left top corner is (x, y), if it has an area and its image is large enough.
  void add(const ImageEntry& image, double x, double y, double width, double height);

  // The most likely form.
  BoxLook look() const;

  // True if there are at least three boxes, 95 % of them fit as corners, and 30 % (at least two)
  // reach past the border. Boxes in the upper left fit both readings.
  bool look_like_corners() const;
  // True if the same holds, except that only 15 % reach past the border, or 3 % far past it (at
  // least two). Correct boxes of large objects may do so, too.
  bool may_be_corners() const;
  // True if there are at least three boxes and 90 % of them have no value above 1 px.
  bool look_like_unit() const;
  // True if there are at least 20 boxes, and all lie in the upper left quarters of their images, as
  // boxes in per cent do, and those that were made for smaller pictures.
  bool may_be_small() const;
  // True if at least three boxes, 95 % of all, fit as y1, x1, y2, x2, or as x1, x2, y1, y2, clearly
  // more than as x1, y1, x2, y2, and 30 % (at least two) reach past the border.
  bool look_like_order(int64_t fitting) const;
  // True if at least five boxes, and 3 % of all, reach past the right or lower border, and at most
  // a tenth as many lie so near to the left or upper border that x and y cannot be those of
  // centres. Correct boxes lie near to all borders alike.
  bool look_like_centres() const;
  // True if there are at least ten boxes, 30 % of them reach past the border, and in each direction
  // the largest number is from 900 to 1020. Vision-language models write such boxes, in 0 to 1000.
  bool look_like_sizes_in_1000() const;
  bool look_like_corners_in_1000() const;
  // Says what the boxes look like, with the share that shows it and the cure, in the terms of the
  // files. Empty if they look like pixels.
  std::string in_words() const;

 private:
  void add_other_orders(const ImageEntry& image, double x, double y, double width, double height);
  bool may_be_in_1000() const;
  std::string order_in_words(BoxLook look) const;
};

// Goes over the boxes once and changes nothing.
BoxUnits count_box_units(const Dataset& dataset);
// The same for detections in the images of `truth`.
BoxUnits count_box_units(std::span<const Detection> detections, const Dataset& truth);

}  // namespace data
