#include "tests/support/engine/naive_nms.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>

namespace tests {

using namespace kernels;

ScoredBoxes NmsProblem::on(DeviceArrays& arrays) const {
  return {.boxes = arrays.input(boxes, DType::f32, {4, {images, count, boxes_per_anchor, 4}}),
          .scores = arrays.input(scores, DType::f32, {3, {images, count, classes}}),
          .windows = {},
          .valid = {},
          .wanted = wanted.empty() ? View{} : arrays.input(wanted, DType::u8, {1, {classes}})};
}

NmsOutput::NmsOutput(int images, int most_per_image)
    : most(most_per_image),
      boxes(size_t(images * most), Box{7, 7, 7, 7}),
      scores(size_t(images * most), 7),
      classes(size_t(images * most), 7),
      anchors(size_t(images * most), 7),
      counts(size_t(images), 7),
      status(size_t(images), 7) {}

Detections NmsOutput::on(DeviceArrays& arrays) {
  int64_t images = int64_t(counts.size());
  Shape rows{2, {images, most}};
  return {.boxes = arrays.output(boxes, DType::f32, {3, {images, most, 4}}),
          .scores = arrays.output(scores, DType::f32, rows),
          .classes = arrays.output(classes, DType::i32, rows),
          .anchors = arrays.output(anchors, DType::i32, rows),
          .counts = arrays.output(counts, DType::i32, {1, {images}}),
          .status = arrays.output(status, DType::i32, {1, {images}})};
}

std::vector<NmsImage> NmsOutput::images() const {
  std::vector<NmsImage> all(counts.size());
  for (size_t image = 0; image < counts.size(); ++image)
    for (int i = 0; i < most; ++i) {
      size_t at = image * size_t(most) + size_t(i);
      Detected d{boxes[at], scores[at], classes[at], anchors[at]};
      if (i < counts[image])
        all[image].push_back(d);
      else if (!(d == Detected{{0, 0, 0, 0}, 0, 0, 0}))
        throw std::runtime_error("padding is not zero");
    }
  return all;
}

namespace {

struct OneImage {
  const NmsProblem& p;
  const NmsOptions& o;
  int image;

  Box box(int i, int c) const {
    int q = p.boxes_per_anchor;
    return p.boxes[size_t((image * p.count + i) * q + (q > 1 ? c : 0))];
  }
  float score(int i, int c) const {
    return p.scores[size_t((image * p.count + i) * p.classes + c)];
  }

  // The boxes that remain of some classes which suppress each other.
  NmsImage taken_of(const std::vector<int>& classes) const {
    NmsImage order, taken;
    std::map<int, int> count;
    for (int c : classes)
      for (int i = 0; i < p.count; ++i)
        if ((p.wanted.empty() || p.wanted[size_t(c)]) && score(i, c) > float(o.score_threshold))
          order.push_back({box(i, c), score(i, c), c, i});
    std::stable_sort(order.begin(), order.end(),
                     [](const Detected& a, const Detected& b) { return a.score > b.score; });
    for (const Detected& d : order) {
      if (count[d.c] >= o.max_per_class) continue;
      bool free = std::none_of(taken.begin(), taken.end(), [&](const Detected& t) {
        return suppression_iou(upright(t.box), upright(d.box)) > float(o.iou_threshold);
      });
      if (free) taken.push_back(d), ++count[d.c];
    }
    return taken;
  }

  NmsImage all_classes() const {
    NmsImage merged, kept;
    std::vector<int> classes(size_t(p.classes));
    std::iota(classes.begin(), classes.end(), 0);
    if (o.agnostic) merged = taken_of(classes);
    for (int c : classes)
      if (!o.agnostic)
        for (const Detected& d : taken_of({c})) merged.push_back(d);
    std::stable_sort(merged.begin(), merged.end(),
                     [](const Detected& a, const Detected& b) { return a.score > b.score; });
    for (Detected& d : merged) {
      if (o.window) d.box = clip(d.box, *o.window);
      if (o.window && !(area(d.box) > 0)) continue;
      if (o.change_frame) d.box = change_frame(d.box, *o.window);
      if (int(kept.size()) < o.max_total) kept.push_back(d);
    }
    return kept;
  }
};

}  // namespace

NmsOutput output_on(const std::string& device, const NmsProblem& p, const NmsOptions& options) {
  DeviceArrays arrays(device);
  ScoredBoxes in = p.on(arrays);
  std::vector<uint8_t> workspace(size_t(nms_workspace(in, options)));
  NmsOutput out(p.images, options.max_total);
  multiclass_nms(arrays.queue(), in, options,
                 arrays.output(workspace, DType::u8, {1, {int64_t(workspace.size())}}),
                 out.on(arrays));
  arrays.fetch();
  return out;
}

std::vector<NmsImage> naive_nms(const NmsProblem& p, const NmsOptions& o) {
  std::vector<NmsImage> all;
  for (int image = 0; image < p.images; ++image) all.push_back(OneImage{p, o, image}.all_classes());
  return all;
}

}  // namespace tests
