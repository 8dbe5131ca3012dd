// Every convolution plan that SSD320 asks for.
#pragma once
#include <string>
#include <vector>

#include "engine/conv/conv.h"
#include "tests/cudnn/cards.h"

namespace tests {

// A dtype with the meaning of its products.
struct Arithmetic {
  const char *name, *precision;  // the latter as train.precision
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

// What training with batch statistics, training with constant ones, and detection ask for, for
// every card and arithmetic, with 1, 8 and 32 images.
std::vector<PlanTask> all_plan_tasks();

// A part in which every two of card, arithmetic, number of images and use meet, and every layer
// occurs.
std::vector<PlanTask> pairwise(const std::vector<PlanTask>&);

}  // namespace tests
