#include "tests/cuda_model/cudnn_alone/chosen_plans.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/engine/conv_run.h"

namespace tests {

using engine::ConvPlan, engine::ConvShape, engine::DType;

void check_values(const ConvShape& s, ConvPlan& plan) {
  ConvRun run(s), expected(s);
  const OperandValues got = run.run(plan), wanted = expected.run(*engine::make_plain_loops(s));
  const double allowed = s.dtype == DType::f32 && !s.exact_f32 ? 2e-3 : 4 * rounding_limit(s.dtype);
  for (size_t i = 0; i < got.size(); ++i) CHECK(distance(got[i], wanted[i]) < allowed);
}

std::vector<Kept> kept_in(const std::filesystem::path& folder) {
  std::vector<Kept> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path());
    std::string skipped, text;
    Kept kept;
    std::getline(std::getline(file, skipped), skipped);
    std::getline(std::getline(std::getline(file, kept.shape), kept.candidate), text);
    if (!text.empty()) {
      const auto plan = nlohmann::json::parse(text);
      kept.engine = plan.at("engine"), kept.parts = plan.at("parts");
    }
    all.push_back(kept);
  }
  return all;
}

}  // namespace tests
