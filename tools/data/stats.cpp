// ssddata stats: counts images, boxes, classes and sizes, and shows them as a page.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "data/check/dataset_stats.h"
#include "data/formats/source_files.h"
#include "engine/base/counted.h"
#include "engine/base/output_guard.h"
#include "engine/base/text.h"
#include "tools/command_line.h"
#include "tools/data/commands.h"
#include "tools/data/label_page.h"
#include "tools/dataset_input.h"
#include "tools/label_use_report.h"

namespace tools {
namespace {

using data::Bin, data::CategoryCount, data::DatasetStats;

struct StatsArguments {
  DatasetInput input;
  bool json = false, overwrite = false;
  std::string report;
};

double share(int64_t part, int64_t whole) {
  return whole > 0 ? 100. * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

void print_bins(const char* title, const std::vector<Bin>& bins) {
  int64_t total = 0;
  for (const Bin& bin : bins) total += bin.count;
  fmt::print("\n{}\n", title);
  for (const Bin& bin : bins) {
    double percent = share(bin.count, total);
    constexpr double kPercentPerMark = 2.5;
    fmt::print("  {:<12} {:>9} {:>5.1f}% {}\n", bin.label, bin.count, percent,
               std::string(static_cast<size_t>(percent / kPercentPerMark), '#'));
  }
}

void print_text(const DatasetStats& s, const data::LabelUse& use) {
  fmt::print("images      {:>9}  {} without boxes; {}-{} x {}-{} px\n", s.images,
             s.images_without_boxes, s.min_width, s.max_width, s.min_height, s.max_height);
  fmt::print("boxes       {:>9}  {}, {} without area\n", s.boxes,
             base::counted(s.crowd, "crowd region"), s.boxes_without_area);
  fmt::print("most in one {:>9}\n", s.most_boxes_in_an_image);
  print_label_use(use);
  fmt::print("\nclasses: id, name, boxes, share, images\n");
  for (const CategoryCount& c : s.categories)
    fmt::print("  {:>6} {:<24} {:>9} {:>5.1f}% {:>9}\n", c.id, base::printable(c.name), c.boxes,
               share(c.boxes, s.boxes), c.images);
  print_bins("area (small below 32 x 32 px, large from 96 x 96 px)", s.area);
  print_bins("boxes per image", s.boxes_per_image);
  print_bins("width : height", s.aspect);
  print_bins("side in px when the image is 320 x 320", s.size_at_320);
}

nlohmann::ordered_json to_json(const std::vector<Bin>& bins) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const Bin& bin : bins) object[bin.label] = bin.count;
  return object;
}

void print_json(const DatasetStats& s, const data::LabelUse& use) {
  using Json = nlohmann::ordered_json;
  Json report = {{"images", s.images},
                 {"images_without_boxes", s.images_without_boxes},
                 {"boxes", s.boxes},
                 {"crowd", s.crowd},
                 {"boxes_without_area", s.boxes_without_area},
                 {"most_boxes_in_an_image", s.most_boxes_in_an_image},
                 {"training", label_use_json(use)},
                 {"width", {s.min_width, s.max_width}},
                 {"height", {s.min_height, s.max_height}},
                 {"categories", Json::array()}};
  for (const CategoryCount& c : s.categories)
    report["categories"].push_back({{"id", c.id},
                                    {"name", c.name},
                                    {"boxes", c.boxes},
                                    {"crowd", c.crowd},
                                    {"images", c.images}});
  report["area"] = to_json(s.area);
  report["boxes_per_image"] = to_json(s.boxes_per_image);
  report["aspect"] = to_json(s.aspect);
  report["size_at_320"] = to_json(s.size_at_320);
  fmt::print("{}\n", report.dump(1, ' ', false, Json::error_handler_t::replace));
}

void show(const StatsArguments& a) {
  const data::Dataset dataset = a.input.load();
  tell_same_names(dataset);
  base::OutputGuard guard(a.overwrite);
  guard.add("--report", a.report);
  const base::OutputLocks locks = guard.take(data::files_of(a.input.source, dataset));
  const DatasetStats stats = data::compute_stats(dataset);
  const data::LabelUse use = data::count_labels(dataset);
  a.json ? print_json(stats, use) : print_text(stats, use);
  if (!a.report.empty()) write_label_page(a.report, a.input.name(), stats, use);
}

}  // namespace

Command add_stats_command(Program& program) {
  Options opts = program.add_command("stats", "Count images, boxes, classes, and sizes");
  auto a = std::make_shared<StatsArguments>();
  a->input.add_options(opts);
  opts.add("--json", a->json, "one JSON object on standard output");
  const Option report = opts.add("--report FILE", a->report,
                                 "write a page with plots of the labels to this HTML file");
  opts.add("--overwrite", a->overwrite, "replace a file that exists, but never an input")
      .needs(report);
  return {opts, [a] {
            show(*a);
            return 0;
          }};
}

}  // namespace tools
