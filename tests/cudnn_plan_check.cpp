// Finds cuDNN's plans for every convolution of SSD320 on five GPUs that need not be here, and says
// which fusions each of them has. Returns 1 where a needed pass has no plan.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <fstream>
#include <map>
#include <set>

#include "engine/base/error.h"
#include "tests/cudnn/plan_finder.h"
#include "tests/cudnn/plan_offers.h"
#include "tools/command_line.h"

namespace {

using namespace tests;
using Kind = PlanFound::Kind;

constexpr int kFallbackStage = 2;  // see engine::cudnn_candidates

struct Options {
  bool full = false, no_compile = false, offers = false;
  std::vector<std::string> only_arithmetic, only_layer, only_use;
  std::vector<int> only_images, only_sm;
  std::string report;
  int processes = 2;
};

template <class T> bool wanted(const std::vector<T>& only, const T& value) {
  return only.empty() || std::find(only.begin(), only.end(), value) != only.end();
}

std::vector<PlanTask> tasks_of(const Options& o) {
  std::vector<PlanTask> tasks;
  for (const PlanTask& t : all_plan_tasks())
    if (wanted(o.only_arithmetic, std::string(t.arithmetic->name)) &&
        wanted(o.only_layer, t.layer) && wanted(o.only_use, t.use) &&
        wanted(o.only_images, t.images) && wanted(o.only_sm, t.card->sm))
      tasks.push_back(t);
  return o.full ? tasks : pairwise(tasks);
}

// A plan must be there: always, but for statistics only where tensor cores may be used.
bool needed(const PlanTask& t) {
  return !t.shape.optional() || t.arithmetic->name != std::string("f32");
}

// "12 fused, 3 compiled", how the plans of one cell of the report are carried out.
std::string cell(const std::vector<PlanFound>& found) {
  std::map<std::string, int> counts;
  for (const PlanFound& f : found) {
    static constexpr const char* kNames[] = {"none", "ready", "compiled", "CRASH"};
    std::string name = kNames[int(f.kind)];
    if (f.kind == Kind::ready || f.kind == Kind::compiled) {
      if (!f.candidate.starts_with("direct")) name = f.candidate.substr(0, f.candidate.find(','));
      if (f.stage == kFallbackStage) name += ", fallback";
    }
    ++counts[name];
  }
  std::string text;
  for (const auto& [name, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", count, name);
  return text.empty() ? "-" : text;
}

std::string table(const std::vector<PlanTask>& tasks, const std::vector<PlanFound>& found) {
  std::map<std::pair<std::string, std::string>, std::map<int, std::vector<PlanFound>>> rows;
  for (size_t i = 0; i < tasks.size(); ++i)
    rows[{tasks[i].use, tasks[i].arithmetic->name}][tasks[i].card->sm].push_back(found[i]);
  std::string text = "| plan | |";
  for (const Card& card : cards()) text += fmt::format(" sm_{} |", card.sm);
  text += "\n|---|---|---|---|---|---|---|\n";
  for (auto& [row, columns] : rows) {
    text += fmt::format("| {} | {} |", row.first, row.second);
    for (const Card& card : cards()) text += fmt::format(" {} |", cell(columns[card.sm]));
    text += "\n";
  }
  return text;
}

struct Summary {
  int built = 0, crashed = 0, missing = 0;
  size_t largest = 0;
  const PlanTask* of = nullptr;
};

Summary summarise(const std::vector<PlanTask>& tasks, const std::vector<PlanFound>& found) {
  Summary s;
  for (size_t i = 0; i < tasks.size(); ++i) {
    s.built += found[i].built;
    s.crashed += found[i].kind == Kind::crashed;
    if (found[i].workspace > s.largest) s.largest = found[i].workspace, s.of = &tasks[i];
    if (found[i].kind == Kind::ready || found[i].kind == Kind::compiled || !needed(tasks[i]))
      continue;
    ++s.missing;
    fmt::print("{} on sm_{}: {}, {}: {}\n",
               found[i].kind == Kind::crashed ? "cuDNN crashed" : "no plan", tasks[i].card->sm,
               tasks[i].layer, tasks[i].use, describe(tasks[i].shape));
  }
  return s;
}

std::string title_of(const Options& o) {
  std::string title = o.full ? "All plans" : "Every pair of card, arithmetic, images and use";
  if (!o.only_layer.empty()) title = fmt::format("Layer {}", fmt::join(o.only_layer, "; "));
  if (!o.only_arithmetic.empty()) title += fmt::format(", {}", fmt::join(o.only_arithmetic, " "));
  if (!o.only_images.empty()) title += fmt::format(", {} images", fmt::join(o.only_images, " "));
  return title + (o.no_compile ? ", compiled ones not built" : "");
}

int check(const Options& o) {
  const auto tasks = tasks_of(o);
  const auto start = std::chrono::steady_clock::now();
  const auto found = find_plans(tasks, {.compile = !o.no_compile, .processes = o.processes});
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::string text = table(tasks, found);
  const Summary s = summarise(tasks, found);
  std::string facts =
      fmt::format("{} plans looked for, {} built, {} crashes inside cuDNN {}.\n", tasks.size(),
                  s.built, s.crashed, engine::cudnn_library().version());
  if (s.of)
    facts += fmt::format("Largest workspace of a built plan: {:.1f} MB ({}, sm_{}).\n",
                         1e-6 * double(s.largest), describe(s.of->shape), s.of->card->sm);
  fmt::print("{}{}{:.0f} s\n", text, facts, seconds);
  if (!o.report.empty())
    std::ofstream(o.report, std::ios::app) << "\n## " << title_of(o) << "\n\n"
                                           << text << "\n"
                                           << facts;
  return s.missing ? 1 : 0;
}

int run(const Options& o) {
  try {
    load_driver_shim();
    engine::cudnn_library();
  } catch (const base::Error& error) {
    fmt::print("skipped: {}\n", error.what());
    return 77;  // what ctest takes for skipped
  }
  if (!o.offers) return check(o);
  fmt::print("{}", tests::table_of_offers());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  tools::Program program(
      "cudnn_plan_check",
      "Finds cuDNN's plans for the convolutions of SSD320 on GPUs that need not be here", {});
  program.add("--full", o.full, "all that SSD320 asks for, instead of a part");
  program.add("--no-compile", o.no_compile, "take cuDNN's word for plans that it compiles");
  program.add("--offers", o.offers,
              "only prints which kernels timing is offered, for a sample of layers");
  program.add("--arithmetic", o.only_arithmetic, "only these of f16, bf16, tf32, f32");
  program.add("--layer", o.only_layer, "only these, by their names in benchmarks/ssd320_convs.h");
  program.add("--use", o.only_use, "only these, by the table's first column");
  program.add("--images", o.only_images, "only these of 1, 8, 32");
  program.add("--sm", o.only_sm, "only these of 80, 89, 90, 100, 120");
  program.add("--report", o.report, "appends the table to this file");
  program.add("--processes", o.processes, "at a time").show_default();
  return tools::run_program(argc, argv, program, std::function<int()>([&] { return run(o); }));
}
