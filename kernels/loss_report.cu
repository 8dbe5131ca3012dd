#include "kernels/loss_report.h"

#include "kernels/dispatch_accumulator.h"
#include "kernels/simt.h"

namespace kernels {
namespace {

template <class A> struct LossSeeds {  // one element per image
  const A* normaliser;
  const OptimizerState* state;
  double weight;
  A* seeds;
  HD void operator()(int i) const {
    seeds[i] = A(weight * (state ? state->loss_scale : 1.0) / double(normaliser[0]));
  }
};

template <class A> struct LossReportKernel {  // one element
  const A *localization, *classification, *normaliser, *regularization;
  double localization_weight, classification_weight;
  A* report;
  HD void operator()(int) const {
    double n = double(normaliser[0]);
    double l = double(localization[0]) * localization_weight / n;
    double c = double(classification[0]) * classification_weight / n;
    double r = double(regularization[0]);
    report[0] = A(l), report[1] = A(c), report[2] = A(r), report[3] = A(l + c + r);
  }
};

}  // namespace

void loss_seeds(Queue queue, View normaliser, const OptimizerState* state, double weight,
                View seeds) {
  dispatch_accumulator(seeds.dtype, [&]<class A>() {
    each(queue, seeds.shape.size(), LossSeeds<A>{normaliser.as<A>(), state, weight, seeds.as<A>()});
  });
}

void loss_report(Queue queue, const LossReport& r, View report) {
  dispatch_accumulator(report.dtype, [&]<class A>() {
    each(queue, 1,
         LossReportKernel<A>{r.localization_sum.as<A>(), r.classification_sum.as<A>(),
                             r.normaliser.as<A>(), r.regularization.as<A>(), r.localization_weight,
                             r.classification_weight, report.as<A>()});
  });
}

}  // namespace kernels
