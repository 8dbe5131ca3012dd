// Every convolution plan that SSD320 may ask for.
#pragma once
#include <string>
#include <vector>

#include "engine/conv.h"
#include "tests/cudnn/cards.h"

namespace tests {

// A dtype with the meaning of its products: "f16", "bf16", "tf32", "f32".
struct Arithmetic {
  const char* name;
  engine::DType dtype;
  bool exact_f32;
};
const std::vector<Arithmetic>& arithmetics();

// One plan for one card. The strings are the rows and columns of the report.
struct PlanTask {
  const Card* card;
  const Arithmetic* arithmetic;
  int images;
  std::string use;  // "forward + bias + relu6", "dx + mask", ...
  std::string layer;
  engine::ConvShape shape;
};

// What training with batch statistics, training with constant ones (or none), and inference ask
// for, for every layer, card and arithmetic, with 1, 8 and 32 images.
std::vector<PlanTask> all_plan_tasks();

// A part in which every two of card, arithmetic, number of images and use meet, and every layer
// occurs.
std::vector<PlanTask> pairwise(const std::vector<PlanTask>&);

}  // namespace tests
