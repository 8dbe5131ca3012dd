#include "kernels/nms.h"

#include <stdexcept>

#include "kernels/level_chunks.h"
#include "kernels/nms/rounds.h"

namespace kernels {
namespace {

// Logits of all feature maps as one matrix of [anchors, classes] per image.
template <class T> struct Logits {
  const T* logits[kMostLevels];
  int first[kMostLevels], anchors[kMostLevels];  // unused levels: first is beyond every anchor
  int columns, skipped;  // of the columns, the first `skipped` are no classes

  HD const T* row(int64_t image, int anchor) const {
    const T* p = logits[0];
    int start = 0, count = anchors[0];
    UNROLL(8)
    for (int l = 1; l < kMostLevels; ++l)
      if (anchor >= first[l]) p = logits[l], start = first[l], count = anchors[l];
    return p + (image * count + (anchor - start)) * columns + skipped;
  }
  static HD float value(const T* row, int c) { return float(Acc<T>(row[c])); }
  static HD float score(float logit) { return sigmoid(logit); }

  // A bound: no logit below it has a sigmoid that reaches `score`, which is the sigmoid of `logit`.
  // The relative error of the sigmoid is below 1e-6, and its relative slope is above 0.001 where it
  // is below 0.999.
  static HD float lowest_with(float logit, float score) {
    if (score < 1e-30f) return -INFINITY;
    return score < 0.999f ? logit - 0.004f : 6.f;
  }
  static HD float lowest_with(float score) {
    return lowest_with(portable_log(score / (1.f - score)), score);
  }
};

struct Scores {
  const float* scores;
  int anchors, classes;
  HD const float* row(int64_t image, int anchor) const {
    return scores + (image * anchors + anchor) * classes;
  }
  static HD float value(const float* row, int c) { return row[c]; }
  static HD float score(float value) { return value; }
  static HD float lowest_with(float, float score) { return score; }
  static HD float lowest_with(float score) { return score; }
};

// The best value in a row, as an integer of the same order, or kNotFinite if a value is NaN or
// infinite. Only every step-th value from `first` on counts.
template <class Source, class T>
HD int32_t best_of_row(const T* row, int classes, int first = 0, int step = 1) {
  int32_t best = kNoRow;
  for (int c = first; c < classes; c += step) {
    float value = Source::value(row, c);
    int32_t order = is_finite(value) ? float_order(value) : kNotFinite;
    best = best < order ? order : best;
  }
  return best;
}

template <class T> HD Box load_as_float(const T* p) {
  return {float(Acc<T>(p[0])), float(Acc<T>(p[1])), float(Acc<T>(p[2])), float(Acc<T>(p[3]))};
}

HD bool all_finite(const Box& b) {
  return is_finite(b.ymin) && is_finite(b.xmin) && is_finite(b.ymax) && is_finite(b.xmax);
}

template <class T> struct PreparePredictions {  // one block per kRows of the anchors of all images
  static constexpr int kThreads = 256, kRows = 32;
  NmsSearch<Logits<T>> search;
  Logits<T> codes;
  const Box* anchors;
  Box* boxes;
  CodeScales scales;
  int rows;

  // On a GPU, neighbouring threads read neighbouring logits: eight share a row.
  template <class Block> HD void operator()(Block block) const {
    constexpr int kLanes = Block::kOnDevice ? kThreads / kRows : 1;
    SHARED Shared<int32_t, kRows * kLanes> best;
    const NmsTask& task = search.task;
    const int first = int(block.index) * kRows, count = rows - first < kRows ? rows - first : kRows;
    block.each(count * kLanes, [&](int t) {
      const int i = first + t / kLanes;
      const T* row = search.source.row(i / task.anchors, i % task.anchors);
      best[t] = best_of_row<Logits<T>>(row, task.classes, t % kLanes, kLanes);
    });
    block.each(count, [&](int r) {
      int32_t order = kNoRow;
      for (int t = r * kLanes; t < (r + 1) * kLanes; ++t) order = Max{}(order, int32_t(best[t]));
      finish(first + r, order);
    });
  }
  HD void finish(int i, int32_t order) const {
    const NmsTask& task = search.task;
    int64_t image = i / task.anchors;
    int anchor = i % task.anchors;
    Box given = load_as_float(codes.row(image, anchor));
    Box box = decode(BoxCode<float>{given.ymin, given.xmin, given.ymax, given.xmax},
                     anchors[anchor], scales);
    boxes[i] = box;
    search.memory(image).row_order[anchor] =
        all_finite(box) && all_finite(given) ? order : kNotFinite;
  }
};

struct PrepareScores {  // one element per box of an image
  NmsSearch<Scores> search;
  const int32_t* valid;

  HD void operator()(int i) const {
    const NmsTask& task = search.task;
    int64_t image = i / task.anchors;
    int anchor = i % task.anchors;
    int32_t order = best_of_row<Scores>(search.source.row(image, anchor), task.classes);
    for (int k = 0; k < task.boxes_per_anchor; ++k)
      if (!all_finite(task.boxes[int64_t(i) * task.boxes_per_anchor + k])) order = kNotFinite;
    if (valid && anchor >= valid[image]) order = kNoRow;
    search.memory(image).row_order[anchor] = order;
  }
};

void check(const NmsOptions& o, int64_t images, const NmsTask& task) {
  auto wrong = [](const char* what) { throw std::invalid_argument(what); };
  if (o.score_threshold != o.score_threshold || !(o.iou_threshold >= 0)) wrong("nms: threshold");
  if (o.max_per_class < 1 || o.max_total < 1) wrong("nms: nothing to find");
  if (images * task.anchors > INT32_MAX) wrong("nms: too many boxes");
  if (int64_t(task.anchors) * task.classes >= INT64_C(0xffffffff)) wrong("nms: too many scores");
}

NmsTask task_of(const NmsOptions& o, const Detections& out) {
  return {.boxes = nullptr,
          .windows = nullptr,
          .wanted = nullptr,
          .boxes_per_anchor = 1,
          .anchors = 0,
          .classes = 0,
          .score_threshold = float(o.score_threshold),
          .iou_threshold = float(o.iou_threshold),
          .max_per_class = o.max_per_class,
          .max_total = o.max_total,
          .clips = o.window.has_value(),
          .change_frame = o.change_frame,
          .agnostic = o.agnostic,
          .window = o.window.value_or(Box{0, 0, 1, 1}),
          .workspace = nullptr,
          .bytes_per_image = 0,
          .out_boxes = out.boxes.as<Box>(),
          .out_scores = out.scores.as<float>(),
          .out_classes = out.classes.as<int32_t>(),
          .out_anchors = out.anchors.as<int32_t>(),
          .out_counts = out.counts.as<int32_t>(),
          .out_status = out.status.as<int32_t>()};
}

int64_t images_of(const Predictions& p) { return p.levels.at(0).logits.shape[0]; }

// How many anchors one image has in a level.
int64_t level_anchors(const Predictions& p, size_t level) {
  const View& codes = p.levels[level].codes;
  return images_of(p) ? codes.shape.size() / images_of(p) / 4 : 0;
}

template <class T>
Logits<T> table(const Predictions& p, View Predictions::Level::*tensor, int columns, int skipped) {
  Logits<T> t{.logits = {}, .first = {}, .anchors = {}, .columns = columns, .skipped = skipped};
  int first = 0;
  for (size_t l = 0; l < size_t(kMostLevels); ++l) {
    bool used = l < p.levels.size();
    t.logits[l] = used ? (p.levels[l].*tensor).template as<T>() : nullptr;
    t.anchors[l] = used ? int(level_anchors(p, l)) : 0;
    t.first[l] = used ? first : INT32_MAX;
    first += t.anchors[l];
  }
  return t;
}

void check(const Predictions& p) {
  auto wrong = [](const char* what) { throw std::invalid_argument(what); };
  if (p.levels.empty() || p.levels.size() > kMostLevels) wrong("detect: 1 to 8 feature maps");
  if (p.columns < 2) wrong("detect: no classes");
  int64_t anchors = 0;
  for (size_t l = 0; l < p.levels.size(); ++l) {
    const auto& level = p.levels[l];
    anchors += level_anchors(p, l);
    if (level.logits.shape.size() != images_of(p) * level_anchors(p, l) * p.columns)
      wrong("detect: logits and codes do not belong together");
    if (level.logits.dtype != level.codes.dtype || level.logits.dtype != p.levels[0].logits.dtype)
      wrong("detect: dtypes differ");
  }
  if (images_of(p) && anchors != p.anchors.shape[0]) wrong("detect: number of anchors");
}

template <class Source> void fit(NmsTask& task, int64_t anchors, int64_t classes) {
  task.anchors = int(anchors), task.classes = int(classes);
  task.bytes_per_image = NmsSearch<Source>::bytes_per_image(task);
}

constexpr int64_t kBoxBytes = sizeof(Box);

}  // namespace

int64_t nms_workspace(const Predictions& p, const NmsOptions& options) {
  NmsTask task = task_of(options, {});
  fit<Logits<float>>(task, p.anchors.shape[0], p.columns - 1);
  return images_of(p) * (task.bytes_per_image + task.anchors * kBoxBytes);
}

int64_t nms_workspace(const ScoredBoxes& in, const NmsOptions& options) {
  NmsTask task = task_of(options, {});
  fit<Scores>(task, in.scores.shape[1], in.scores.shape[2]);
  return in.scores.shape[0] * task.bytes_per_image;
}

void detect(Queue queue, const Predictions& p, const NmsOptions& options, View workspace,
            const Detections& out) {
  check(p);
  NmsTask task = task_of(options, out);
  int64_t images = images_of(p);
  Box* boxes = workspace.as<Box>();
  task.boxes = boxes;
  task.wanted = p.wanted.as<uint8_t>();
  fit<Logits<float>>(task, p.anchors.shape[0], p.columns - 1);
  task.workspace = workspace.as<char>() + images * task.anchors * kBoxBytes;
  check(options, images, task);
  dispatch(p.levels[0].logits.dtype, [&]<class T>() {
    NmsSearch<Logits<T>> search{table<T>(p, &Predictions::Level::logits, p.columns, 1), task};
    Logits<T> codes = table<T>(p, &Predictions::Level::codes, 4, 0);
    const int rows = int(images * task.anchors);
    using Prepare = PreparePredictions<T>;
    blocks<Prepare::kThreads>(queue, parts_of(rows, Prepare::kRows),
                              Prepare{search, codes, p.anchors.as<Box>(), boxes, p.scales, rows});
    blocks<NmsSearch<Logits<T>>::kThreads>(queue, images, search);
  });
}

void multiclass_nms(Queue queue, const ScoredBoxes& in, const NmsOptions& options, View workspace,
                    const Detections& out) {
  NmsTask task = task_of(options, out);
  int64_t images = in.scores.shape[0];
  fit<Scores>(task, in.scores.shape[1], in.scores.shape[2]);
  task.boxes = in.boxes.as<Box>();
  task.boxes_per_anchor = int(in.boxes.shape[2]);
  task.windows = in.windows.as<Box>();
  task.wanted = in.wanted.as<uint8_t>();
  task.clips = task.clips || in.windows;
  task.workspace = workspace.as<char>();
  if (task.boxes_per_anchor != 1 && task.boxes_per_anchor != task.classes)
    throw std::invalid_argument("nms: boxes are given once, or once per class");
  check(options, images, task);
  NmsSearch<Scores> search{{in.scores.as<float>(), task.anchors, task.classes}, task};
  each(queue, images * task.anchors, PrepareScores{search, in.valid.as<int32_t>()});
  blocks<NmsSearch<Scores>::kThreads>(queue, images, search);
}

}  // namespace kernels
