// `ssdbench op` catches the calls of the kernels that benchmarks/op/kernel_calls.cpp
// lists. The time of a kernel that the list lacks would be booked between the others'.
#include <filesystem>
#include <regex>
#include <set>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

namespace fs = std::filesystem;

namespace {

std::set<std::string> names_in(const std::string& text, const std::regex& pattern) {
  std::set<std::string> names;
  for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
    names.insert((*match)[1]);
  return names;
}

// The functions of kernels/ that queue work, from their declarations. Templates are no launchers:
// they stand in headers that only .cu files include.
std::set<std::string> launchers() {
  const std::regex templates(R"(template <[^\n]*>\nvoid \w+)");
  const std::regex declaration(R"((?:^|\n)void (\w+)\((?:kernels::)?Queue\b)");
  std::set<std::string> all;
  for (const auto& entry : fs::directory_iterator(tests::source_dir() / "kernels"))
    if (entry.path().extension() == ".h")
      all.merge(names_in(std::regex_replace(tests::text_of(entry), templates, ""), declaration));
  return all;
}

// Launchers that a step does not call by itself, and when they run.
const std::set<std::string> kNotInAStep{
    "make_anchors",                 // once, when a detector is built
    "grid_anchors",                 //
    "sample_values",                // when plans are chosen
    "chunk_differences",            //
    "pad_channels",                 // inside plans, which are timed as a whole
    "add_padded",                   //
    "bias_residual",                //
    "begin_update",                 // inside the launchers of the rules, which are caught
    "end_update",                   //
    "exchange",                     // before and after an evaluation
    "batch_norm_moving_moments",    // where batch norm is not folded: tests only
    "batch_norm_moments_of_ranks",  // between ranks: ssdbench has one
    "mean_of_ranks",                //
    "match_similarity",             // tests only
    "multiclass_nms",               // tests only: a step calls detect
};

}  // namespace

TEST_CASE("ssdbench op catches every kernel that a step launches") {
  const auto caught =
      names_in(tests::text_of(tests::source_dir() / "benchmarks/op/kernel_calls.cpp"),
               std::regex(R"(\nCATCH\(\s*(\w+),)"));
  const auto declared = launchers();
  CHECK(declared.size() > 30);
  for (const std::string& name : declared) {
    INFO(name);
    CHECK(caught.contains(name) != kNotInAStep.contains(name));
  }
  for (const std::string& name : caught) {
    INFO("caught, but not declared: " << name);
    CHECK(declared.contains(name));
  }
  for (const std::string& name : kNotInAStep) {
    INFO("excepted, but not declared: " << name);
    CHECK(declared.contains(name));
  }
}
