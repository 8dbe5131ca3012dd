#include "data/image/draw.h"

#include <cairo.h>

#include <algorithm>
#include <cmath>

#include "data/image/canvas.h"
#include "data/image/label_layout.h"
#include "data/image/text.h"

namespace data {

namespace {

// Sizes in pixels that follow from the picture's. The letters of labels may have any of `ems`.
struct Style {
  int line = 1;
  std::vector<int> ems;
};

Style style_of(PixelSize picture) {
  constexpr double kSmallest = 7, kUsual = 9;  // letters that can still be read, and read well
  const double side = std::sqrt(double(picture.width) * picture.height);
  const double em = std::max(kUsual, std::min(side / 36, picture.width / 8.0));
  Style style{std::max(1, int(std::lround(side / 220))), {}};
  for (double part : {1.0, 0.8, 0.64}) {
    const int size = int(std::lround(std::max(part * em, kSmallest)));
    if (style.ems.empty() || size < style.ems.back()) style.ems.push_back(size);
  }
  return style;
}

// Rounded to pixels, at least one pixel, and small enough for integer arithmetic.
PixelArea pixels_of(const Rectangle& r) {
  // The comparison also turns NaN into 0.
  auto round = [](double v) { return v == v ? int(std::lround(std::clamp(v, -1e6, 1e6))) : 0; };
  const int left = round(r.x), top = round(r.y);
  return {left, top, std::max(1, round(r.x + r.width) - left),
          std::max(1, round(r.y + r.height) - top)};
}

void set_colour(cairo_t* cairo, Colour c) {
  cairo_set_source_rgb(cairo, c.red / 255.0, c.green / 255.0, c.blue / 255.0);
}

void draw_frame(cairo_t* cairo, const PixelArea& a, int line, Colour colour) {
  set_colour(cairo, colour);
  cairo_rectangle(cairo, a.left, a.top, a.width, a.height);
  if (a.width > 2 * line && a.height > 2 * line)
    cairo_rectangle(cairo, a.left + line, a.top + line, a.width - 2 * line, a.height - 2 * line);
  cairo_set_fill_rule(cairo, CAIRO_FILL_RULE_EVEN_ODD);
  cairo_fill(cairo);
}

// The texts on a plate: name and, at the end, detail.
class Label {
 public:
  explicit Label(const DrawnBox& box) : name_(showable(box.name)), detail_(showable(box.detail)) {}

  bool empty() const { return name_.empty() && detail_.empty(); }
  // The size of the plate, which is at most `most_width` wide.
  PixelSize size(TextPainter& painter, int em, int most_width) const;
  void draw(cairo_t* cairo, TextPainter& painter, int em, const PixelArea& plate, Colour) const;

 private:
  static int margin(int em) { return std::max(1, em / 4); }

  std::string name_, detail_;
};

PixelSize Label::size(TextPainter& painter, int em, int most_width) const {
  const PixelSize name = painter.measure(name_, em), detail = painter.measure(detail_, em);
  const int space = name.width > 0 && detail.width > 0 ? em / 3 : 0;
  const int width = name.width + space + detail.width + 2 * margin(em);
  return {std::min(width, most_width), std::max(name.height, detail.height) + em / 8};
}

void Label::draw(cairo_t* cairo, TextPainter& painter, int em, const PixelArea& plate,
                 Colour colour) const {
  set_colour(cairo, colour);
  cairo_rectangle(cairo, plate.left, plate.top, plate.width, plate.height);
  cairo_fill(cairo);
  PixelArea text{plate.left + margin(em), plate.top, plate.width - 2 * margin(em), plate.height};
  const int wanted = painter.measure(name_, em).width, end = painter.measure(detail_, em).width;
  const int rest = text.width - end - (wanted > 0 ? em / 3 : 0);
  const Colour ink = readable_on(colour);
  if (end > 0 && rest >= std::min(wanted, 3 * em)) {  // else the name needs all of the plate
    painter.draw(cairo, detail_, em, {text.right() - end, text.top, end, text.height}, ink);
    text.width = rest;
  }
  painter.draw(cairo, name_, em, text, ink);
}

// Places the labels. A plate is at most as wide as half the picture or as its box, whichever is
// more; but there is always room for a dozen letters.
std::vector<PlacedLabel> place(std::span<const Label> labels, std::span<const PixelArea> boxes,
                               const Style& style, PixelSize picture, TextPainter& painter) {
  std::vector<LabelRequest> requests;
  for (size_t i = 0; i < labels.size(); ++i) {
    LabelRequest request{boxes[i], {}};
    for (int em : style.ems) {
      if (labels[i].empty()) continue;
      const int width = std::max({picture.width / 2, boxes[i].width, 12 * em});
      request.sizes.push_back(labels[i].size(painter, em, std::min(width, picture.width)));
    }
    requests.push_back(std::move(request));
  }
  return place_labels(picture, requests);
}

bool is_visible(cairo_t* cairo, const PixelArea& a) {
  double left = 0, top = 0, right = 0, bottom = 0;
  cairo_clip_extents(cairo, &left, &top, &right, &bottom);
  return !a.empty() && a.left < right && a.right() > left && a.top < bottom && a.bottom() > top;
}

}  // namespace

void draw_boxes(Picture& image, std::span<const DrawnBox> boxes) {
  const PixelSize picture{image.width, image.height};
  const Style style = style_of(picture);
  std::vector<Label> labels(boxes.begin(), boxes.end());
  std::vector<PixelArea> areas;
  for (const DrawnBox& box : boxes) areas.push_back(pixels_of(box.area));
  TextPainter painter;
  const std::vector<PlacedLabel> placed = place(labels, areas, style, picture, painter);
  draw_with_cairo(image, [&](cairo_t* cairo) {
    for (size_t i = boxes.size(); i-- > 0;)  // the first ones on top
      if (is_visible(cairo, areas[i])) draw_frame(cairo, areas[i], style.line, boxes[i].colour);
    for (size_t i = 0; i < boxes.size(); ++i)
      if (is_visible(cairo, placed[i].area))
        labels[i].draw(cairo, painter, style.ems[placed[i].size], placed[i].area, boxes[i].colour);
  });
}

}  // namespace data
