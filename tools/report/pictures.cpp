// Validation images with their objects and detections. The boxes are SVG over the picture, so they
// stay sharp, show their names under the mouse, and can be switched off without JavaScript.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "data/encoded_image.h"
#include "data/image/jpeg.h"
#include "data/image/label_layout.h"
#include "data/image/shrink.h"
#include "tools/report/base64.h"
#include "tools/report/evaluation.h"
#include "tools/report/frame.h"
#include "tools/report/html.h"

namespace report {
namespace {

constexpr size_t kMostPictures = 16;          // best ones, and as many worst ones
constexpr int kMostSide = 320;                // of an embedded picture, in pixels
constexpr size_t kMostJpegBytes = 40 << 10;   // of its file, unless the lowest quality needs more
constexpr size_t kMostBoxes = 100;            // of objects, and of detections, in a picture
constexpr size_t kMostGridBytes = 2'000'000;  // of the best pictures in the page, and of the worst
constexpr int kQualities[] = {82, 65, 45, 25};

struct DrawnBox {
  const char* kind;  // a class of style.css: truth, missed, right, wrong
  double x, y, width, height;
  std::string label, title;  // a box without a label has only a title
};

struct Chosen {
  size_t images = 0;                // with objects or detections
  std::vector<size_t> best, worst;  // indices of images
};

// Images without objects and detections show nothing.
Chosen choose(const data::Confusion& confusion) {
  std::vector<size_t> order;
  const auto& images = confusion.images;
  for (size_t i = 0; i < images.size(); ++i)
    if (images[i].right + images[i].wrong + images[i].missed > 0) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (images[a].f1() != images[b].f1()) return images[a].f1() > images[b].f1();
    if (images[a].right != images[b].right) return images[a].right > images[b].right;
    return images[a].wrong + images[a].missed < images[b].wrong + images[b].missed;
  });
  const size_t best = std::min(kMostPictures, (order.size() + 1) / 2);
  const size_t worst = std::min(kMostPictures, order.size() - best);
  return {order.size(),
          {order.begin(), order.begin() + int64_t(best)},
          {order.rbegin(), order.rbegin() + int64_t(worst)}};
}

std::vector<uint8_t> small_jpeg(const data::Picture& picture) {
  std::vector<uint8_t> bytes;
  for (int quality : kQualities) {
    bytes = data::encode_jpeg(picture, quality);
    if (bytes.size() <= kMostJpegBytes) break;
  }
  return bytes;
}

// COCO's IoU is no number if the areas of both boxes are 0 or infinite in doubles.
std::string iou_in_words(double iou) {
  return std::isfinite(iou) ? fmt::format("IoU {:.2f}", iou) : "IoU not measurable";
}

// Boxes may lie anywhere, also where a browser's numbers end.
std::string drawn(double value) { return coordinate(std::clamp(value, -1e6, 1e6)); }

class PictureDrawer {
 public:
  explicit PictureDrawer(const Matched& m) : m_(m), by_image_(m.of.truth.images.size()) {
    for (size_t i = 0; i < m.matches.size(); ++i)
      if (m.of.detections[i].score >= m.best.score &&
          m.matches[i].outcome != data::Outcome::ignored)
        by_image_[size_t(m.matches[i].image)].push_back(i);
    for (auto& detections : by_image_)
      std::stable_sort(detections.begin(), detections.end(), [&](size_t a, size_t b) {
        return m.of.detections[a].score > m.of.detections[b].score;
      });
  }

  std::string figure_of(size_t index) {
    const data::ImageEntry& image = m_.of.truth.images[index];
    const std::string name = data::image_location(m_.of.truth, image);
    const data::ImageCount& count = m_.confusion.images[index];
    const std::string caption = fmt::format("{}<br/>{} right, {} wrong, {} missed", escaped(name),
                                            count.right, count.wrong, count.missed);
    try {
      data::decode_image_into(m_.of.truth, image, name, {}, pixels_);
    } catch (const std::exception& error) {
      return figure(warning(error.what()), caption);
    }
    return figure(svg_of(index, data::shrink_to_fit(pixels_, kMostSide, kMostSide)), caption);
  }

 private:
  std::string svg_of(size_t index, const data::Picture& picture) const {
    const data::ImageEntry& image = m_.of.truth.images[index];
    Frame frame;
    frame.width = picture.width;
    frame.height = picture.height;
    std::string svg = open_svg(frame, data::image_location(m_.of.truth, image)) +
                      fmt::format(
                          "<image width=\"{}\" height=\"{}\" href=\"data:image/jpeg;"
                          "base64,{}\"/>\n",
                          picture.width, picture.height, base64(small_jpeg(picture)));
    std::vector<DrawnBox> boxes = boxes_of(index);
    for (DrawnBox& box : boxes) {
      box.x *= frame.width / image.width;
      box.width *= frame.width / image.width;
      box.y *= frame.height / image.height;
      box.height *= frame.height / image.height;
      svg += fmt::format(
          "<rect class=\"box {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title>"
          "</rect>\n",
          box.kind, drawn(box.x), drawn(box.y), drawn(std::max(0., box.width)),
          drawn(std::max(0., box.height)), escaped(box.title));
    }
    return svg + labels_of(boxes, picture) + "</svg>\n";
  }

  // Objects come first, so that detections are drawn above them.
  std::vector<DrawnBox> boxes_of(size_t index) const {
    const data::Dataset& truth = m_.of.truth;
    const data::ImageEntry& image = truth.images[index];
    std::vector<DrawnBox> boxes;
    for (uint32_t k = 0; k < std::min<size_t>(image.object_count, kMostBoxes); ++k) {
      const size_t i = image.first_object + k;
      const data::Object& o = truth.objects[i];
      const std::string& name = truth.categories[size_t(o.category)].name;
      const bool missed = !o.crowd && !m_.confusion.found[i];
      boxes.push_back({missed ? "missed" : "truth", o.x, o.y, o.width, o.height, missed ? name : "",
                       (o.crowd  ? "crowd: "
                        : missed ? "missed: "
                                 : "object: ") +
                           name});
    }
    const std::vector<size_t>& detections = by_image_[index];
    for (size_t k = 0; k < std::min(detections.size(), kMostBoxes); ++k)
      boxes.push_back(detection_box(detections[k]));
    return boxes;
  }

  DrawnBox detection_box(size_t i) const {
    const data::Dataset& truth = m_.of.truth;
    const data::Detection& d = m_.of.detections[i];
    const std::string label =
        fmt::format("{} {:.2f}", shortened(truth.categories[size_t(d.category)].name, 20), d.score);
    const bool right = m_.matches[i].outcome == data::Outcome::right;
    std::string title =
        right ? "right: " + label + ", " + iou_in_words(m_.matches[i].iou) : "wrong: " + label;
    if (const int64_t object = m_.confusion.mistaken[i]; object >= 0)
      title += ", is " + truth.categories[size_t(truth.objects[size_t(object)].category)].name;
    return {right ? "right" : "wrong", d.x, d.y, d.width, d.height, label, title};
  }

  // Labels of mistakes choose their places first, since there may not be room for all.
  std::string labels_of(std::vector<DrawnBox>& boxes, const data::Picture& picture) const {
    std::stable_partition(boxes.begin(), boxes.end(), [](const DrawnBox& box) {
      return std::string_view(box.kind) != "right";
    });
    constexpr int kHeight = 14;
    constexpr double kLetter = 6.1;
    std::vector<data::LabelRequest> requests;
    std::vector<const DrawnBox*> labelled;
    for (DrawnBox& box : boxes) {
      if (box.label.empty()) continue;
      box.label = shortened(box.label, 28);
      const auto pixel = [](double v) { return int(std::clamp(v, -1e6, 1e6)); };
      labelled.push_back(&box);
      requests.push_back({{pixel(box.x), pixel(box.y), pixel(box.width), pixel(box.height)},
                          {{int(text_width(box.label, kLetter)) + 6, kHeight}}});
    }
    const auto places = data::place_labels({picture.width, picture.height}, requests);
    std::string svg;
    for (size_t i = 0; i < places.size(); ++i) {
      const data::PixelArea& area = places[i].area;
      if (area.empty()) continue;
      svg += fmt::format(
          "<g class=\"{}\"><rect class=\"plate\" x=\"{}\" y=\"{}\" width=\"{}\" "
          "height=\"{}\"/>",
          labelled[i]->kind, area.left, area.top, area.width, area.height);
      svg +=
          svg_text(area.left + 3, area.top + kHeight - 3.5, "name", labelled[i]->label) + "</g>\n";
    }
    return svg;
  }

  const Matched& m_;
  std::vector<std::vector<size_t>> by_image_;  // the detections that are shown, the best first
  data::Picture pixels_;
};

std::string box_for(const char* id, const char* name) {
  return fmt::format(
      "<input type=\"checkbox\" id=\"t-{0}\" checked=\"checked\"/> "
      "<label for=\"t-{0}\"><i class=\"key {0}\"></i>{1}</label>\n",
      id, name);
}

// The figures of these images, as many as the page has room for.
std::string pictures_grid(const char* title, const std::vector<size_t>& images,
                          PictureDrawer& drawer) {
  std::string figures;
  size_t shown = 0;
  for (; shown < images.size(); ++shown) {
    const std::string next = drawer.figure_of(images[shown]);
    if (figures.size() + next.size() > kMostGridBytes) break;
    figures += next;
  }
  std::string words;
  if (shown < images.size())
    words =
        warning(fmt::format("The first {} of {} are shown: more would take over {} MB of the "
                            "page.",
                            shown, images.size(), kMostGridBytes / 1'000'000));
  return fmt::format("<h3>{}</h3>\n", title) + words + grid(figures, "photos");
}

}  // namespace

std::string pictures_section(const Matched& m) {
  const Chosen chosen = choose(m.confusion);
  std::string body = paragraph(fmt::format(
      "{} of {} images with objects or detections are shown, chosen by their F1 at IoU {} and a "
      "score of at least {:.2f}. Among images of one F1, those with more boxes come first.",
      chosen.best.size() + chosen.worst.size(), chosen.images, m.of.rule.iou, m.best.score));
  if (chosen.best.empty())
    return section("pictures", "Pictures", paragraph("No image has an object or a detection."));
  body += box_for("truth", "objects") + box_for("found", "right detections") +
          box_for("wrong", "wrong detections") + box_for("missed", "missed objects") +
          box_for("names", "names");
  PictureDrawer drawer(m);
  for (const auto& [title, images] :
       {std::pair("The best", &chosen.best), {"The worst", &chosen.worst}})
    if (!images->empty()) body += pictures_grid(title, *images, drawer);
  return section("pictures", "Pictures", body);
}

}  // namespace report
