#include <algorithm>
#include <cmath>

#include "engine/backend.h"
#include "engine/ops.h"
#include "kernels/flat_sum.h"
#include "kernels/match_anchors.h"
#include "tests/reference_cases/box_list.h"
#include "tests/reference_cases/cases.h"

namespace reference {
namespace {

using engine::Context, engine::DType, engine::FocalOptions, engine::Shape, engine::Tensor;
using Values = std::vector<double>;

struct Tensors {  // on a small device of its own
  static constexpr size_t kBytes = 1 << 20;
  std::unique_ptr<engine::Backend> backend = engine::make_cpu_backend();
  engine::Memory memory{*backend, kBytes, engine::MemoryKind::device};
  engine::Arena arena{memory.data(), kBytes};
  engine::ConvPlans plans{*backend};
  Context c{.queue = {}, .arena = arena, .plans = plans};

  Tensor make(Shape shape, const Values& values, DType dtype = DType::f32) {
    Tensor t = c.empty(shape, dtype);
    engine::View view = t;
    for (size_t i = 0; i < values.size(); ++i) {
      if (dtype == DType::i32)
        view.as<int32_t>()[i] = int32_t(values[i]);
      else
        view.as<float>()[i] = float(values[i]);
    }
    return t;
  }
};

Values read(const Tensor& t) {
  const float* values = engine::View(t).as<float>();
  return Values(values, values + t.shape().size());
}

// The focal loss of logits that each have a target of their own: every one is an image with one
// anchor, whose background column has no loss.
Values focal_losses(const Values& logits, const Values& targets, const Values& weights,
                    const FocalOptions& options) {
  Tensors t;
  int64_t n = int64_t(logits.size());
  Values pairs;
  for (double x : logits) pairs.insert(pairs.end(), {-1000, x});
  return read(focal_loss(t.c, {t.make({3, {n, 1, 2}}, pairs)},
                         {.classes = t.make({2, {n, 1}}, targets, DType::i32),
                          .weights = t.make({2, {n, 1}}, weights),
                          .columns = 2},
                         options));
}

constexpr FocalOptions kCrossEntropy{.alpha = {}, .gamma = 0};

FocalOptions focal_options(const json& in) {
  FocalOptions options{.alpha = {}, .gamma = in.at("gamma")};
  if (!in.at("alpha").is_null()) options.alpha = in["alpha"].get<double>();
  return options;
}

double sum(const Values& values) {
  double total = 0;
  for (double x : values) total += x;
  return total;
}

// The weights, with 0 for images that losses_mask leaves out.
Values masked_weights(const json& in) {
  Values all;
  for (size_t i = 0; i < in.at("weights").size(); ++i) {
    json mask = in.value("losses_mask", json());
    bool counts = mask.is_null() || mask.at(i).get<bool>();
    for (double w : flat<double>(in["weights"][i])) all.push_back(counts ? w : 0);
  }
  return all;
}

json classification(const json& in, const FocalOptions& options) {
  return {{"sum", sum(focal_losses(flat<double>(in.at("logits")), flat<double>(in.at("target")),
                                   masked_weights(in), options))}};
}

json focal(const json& in) { return classification(in, focal_options(in)); }
json sigmoid_ce(const json& in) { return classification(in, kCrossEntropy); }

json focal_ce_multiple(const json& in) {
  Values logits = flat<double>(in.at("logits")), targets = flat<double>(in.at("target"));
  Values weights = flat<double>(in.at("weights"));
  Values ours = focal_losses(logits, targets, weights, focal_options(in));
  Values entropy = focal_losses(logits, targets, weights, kCrossEntropy);
  double factor = NAN;
  for (size_t i = 0; i < ours.size(); ++i) {
    if (ours[i] == 0 && entropy[i] == 0) continue;
    double ratio = entropy[i] / ours[i];
    if (!std::isnan(factor) && std::fabs(ratio - factor) > 1e-5 * factor)
      throw std::runtime_error("the ratio differs from element to element");
    factor = ratio;
  }
  return {{"ce_equals_focal_times", factor}};
}

json focal_vs_ce_order(const json& in) {
  Values logits, targets = flat<double>(in.at("targets"));
  for (double p : in.at("probabilities")) logits.push_back(std::log(p / (1 - p)));
  Values ones(logits.size(), 1);
  Values ours = focal_losses(logits, targets, ones, focal_options(in));
  Values entropy = focal_losses(logits, targets, ones, kCrossEntropy);
  auto order = [](double ratio) { return std::pow(10, std::floor(std::log10(ratio))); };
  json orders = json::array(), at = json::object(), zeros = json::array();
  for (size_t i = 0; i < ours.size(); ++i) {
    if (ours[i] == 0) {
      zeros.push_back(i);
      orders.push_back(nullptr);
    } else {
      orders.push_back(order(entropy[i] / ours[i]));
      at[std::to_string(i)] = orders.back();
    }
  }
  return {{"order_of_ratio", orders},
          {"order_of_ratio_at", at},
          {"zero_indices", zeros},
          {"order_of_ratio_of_sums", order(sum(entropy) / sum(ours))}};
}

json smooth_l1_loss(const json& in) {
  Tensors t;
  int64_t images = int64_t(in.at("prediction").size());
  int64_t anchors = int64_t(in["prediction"].at(0).size());
  Shape boxes{3, {images, anchors, 4}};
  return {
      {"sum", sum(read(smooth_l1(t.c, {t.make(boxes, flat<double>(in["prediction"]))},
                                 {.boxes = t.make(boxes, flat<double>(in.at("target"))),
                                  .weights = t.make({2, {images, anchors}}, masked_weights(in))},
                                 in.at("delta"))))}};
}

json l2_regularizer(const json& in) {
  Tensors t;
  Values weights = in.at("weights");
  int64_t n = int64_t(weights.size());
  Tensor loss = t.make({1, {1}}, {0});
  kernels::flat_sum(t.c.queue,
                    {.x = t.make({1, {n}}, weights),
                     .partial = t.c.empty({1, {kernels::flat_sum_partials(n)}}, DType::f64),
                     .scale = 0.5 * in.at("weight").get<double>(),
                     .squares = true},
                    loss);
  return {{"loss", read(loss)[0]}};
}

// Targets for given matches, with box targets by the cases' own coder.
struct FixedTargets {
  Values classes, class_weights, boxes, box_weights;

  void add(const json& match, const std::vector<kernels::Box>& anchors,
           const std::vector<kernels::Box>& objects) {
    for (size_t a = 0; a < anchors.size(); ++a) {
      int row = match.at(a);
      const int one = 1;
      bool matched = kernels::of_match(row >= 0 ? 0 : row, &one, 0, 0);
      kernels::Box code{0, 0, 0, 0};
      if (matched) code = encode_corners(objects.at(size_t(row)), anchors[a], 1.f);
      classes.push_back(matched), class_weights.push_back(row == kernels::kIgnored ? 0 : 1);
      box_weights.push_back(matched);
      boxes.insert(boxes.end(), {code.ymin, code.xmin, code.ymax, code.xmax});
    }
  }
};

json ssd_loss_zero_predictions(const json& in) {
  std::vector<kernels::Box> anchors = to_boxes(in.at("anchors"));
  FixedTargets targets;
  int64_t images = int64_t(in.at("match_results").size()), count = int64_t(anchors.size());
  for (size_t i = 0; i < size_t(images); ++i)
    targets.add(in["match_results"][i], anchors, to_boxes(in.at("groundtruth_boxes").at(i)));
  if (in.at("class_loss") != "sigmoid_ce" || in.at("normalize_loss_by_num_matches").get<bool>())
    throw std::runtime_error("this kind of loss is not known");
  Tensors t;
  int columns = in.at("num_classes").get<int>() + 1;
  Shape per_anchor{2, {images, count}}, codes{3, {images, count, 4}};
  Tensor logits = t.make({3, {images, count, columns}}, Values(size_t(images * count * columns)));
  Tensor prediction = t.make(codes, Values(size_t(images * count * 4)));
  double classification =
      sum(read(focal_loss(t.c, {logits},
                          {.classes = t.make(per_anchor, targets.classes, DType::i32),
                           .weights = t.make(per_anchor, targets.class_weights),
                           .columns = columns},
                          kCrossEntropy)));
  double localization = sum(read(smooth_l1(
      t.c, {prediction},
      {.boxes = t.make(codes, targets.boxes), .weights = t.make(per_anchor, targets.box_weights)},
      1)));
  if (in.at("normalize_loc_loss_by_codesize").get<bool>()) localization /= 4;
  return {{"localization_loss", localization}, {"classification_loss", classification}};
}

}  // namespace

Ops loss_ops() {
  return {
      {"focal", focal},
      {"sigmoid_ce", sigmoid_ce},
      {"focal_ce_multiple", focal_ce_multiple},
      {"focal_vs_ce_order", focal_vs_ce_order},
      {"smooth_l1", smooth_l1_loss},
      {"l2_regularizer", l2_regularizer},
      {"ssd_loss_zero_predictions", ssd_loss_zero_predictions},
  };
}

}  // namespace reference
