// `ssdbench eval`: COCO evaluation at the size of COCO's validation set, and whether the result is
// the same for every number of threads. With --files it also writes the case as JSON files, for
// benchmarks/compare.sh, and times reading them.
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <random>

#include "benchmarks/commands.h"
#include "benchmarks/machine_watch.h"
#include "benchmarks/output.h"
#include "benchmarks/times.h"
#include "data/formats/coco.h"
#include "data/metrics/coco_eval.h"
#include "engine/base/error.h"
#include "engine/base/file_kind.h"
#include "engine/base/text.h"

namespace {

using benchmarks::Times;
using json = nlohmann::ordered_json;
using Random = std::mt19937_64;

constexpr const char *kAnnotations = "/annotations.json", *kDetections = "/detections.json";

double uniform(Random& random, double least, double most) {
  return least + (most - least) * static_cast<double>(random() >> 11) * 0x1p-53;
}

struct Options {
  int images = 5000, categories = 80, objects_per_image = 7, detections_per_image = 100;
  int runs = 3;
  std::vector<int> threads{1, 2};
  std::string files;
  benchmarks::OutputOptions output;
};

data::Object random_object(Random& random, int categories, int64_t id) {
  data::Object o{.id = id};
  // As in COCO, a few classes have most of the objects.
  double place = uniform(random, 0, 1);
  o.category = static_cast<int32_t>(place * place * categories);
  o.crowd = random() % 100 == 0;
  o.width = uniform(random, 5, 300);
  o.height = uniform(random, 5, 300);
  o.x = uniform(random, 0, 640 - o.width);
  o.y = uniform(random, 0, 480 - o.height);
  o.area = o.width * o.height * uniform(random, 0.3, 1);
  return o;
}

data::Dataset random_truth(const Options& size) {
  Random random(1);
  data::Dataset truth;
  for (int k = 0; k < size.categories; ++k)
    truth.categories.push_back({k + 1, fmt::format("class {}", k)});
  for (int i = 0; i < size.images; ++i) {
    data::ImageEntry image{.id = i * 3 + 7, .width = 640, .height = 480};
    image.file_name = fmt::format("{}.jpg", image.id);
    image.first_object = static_cast<uint32_t>(truth.objects.size());
    image.object_count = static_cast<uint32_t>(size.objects_per_image);
    truth.images.push_back(image);
    for (int n = 0; n < size.objects_per_image; ++n)
      truth.objects.push_back(
          random_object(random, size.categories, static_cast<int64_t>(truth.objects.size()) + 1));
  }
  return truth;
}

// Three tries at every object, with the right class four times in five, then noise.
std::vector<data::Detection> random_detections(const data::Dataset& truth, const Options& size) {
  Random random(2);
  std::vector<data::Detection> detections;
  for (const data::ImageEntry& image : truth.images)
    for (int n = 0; n < size.detections_per_image; ++n) {
      bool aimed = n < 3 * size.objects_per_image;
      data::Object o =
          aimed ? truth.objects_of(image)[n / 3] : random_object(random, size.categories, 0);
      if (random() % 5 == 0) o.category = static_cast<int32_t>(random() % size.categories);
      double shift = uniform(random, 0, 0.3);
      detections.push_back(
          {image.id, o.category, o.x + shift * uniform(random, -1, 1) * o.width,
           o.y + shift * uniform(random, -1, 1) * o.height, o.width * uniform(random, 0.8, 1.2),
           o.height * uniform(random, 0.8, 1.2), uniform(random, 0, aimed ? 1 : 0.4)});
    }
  return detections;
}

Times time_runs(int runs, const std::function<void()>& work) {
  std::vector<double> seconds;
  for (int i = 0; i < runs; ++i) {
    const double start = benchmarks::seconds_now(false);
    work();
    seconds.push_back(benchmarks::seconds_now(false) - start);
  }
  return Times(std::move(seconds));
}

json row(const std::string& what, const Times& t) {
  return {{"what", what}, {"seconds", t.spread(1)}};
}

json time_evaluation(const Options& o, const data::Dataset& truth,
                     const std::vector<data::Detection>& detections) {
  json rows = json::array();
  std::optional<data::Evaluation> first;
  for (int threads : o.threads) {
    data::Evaluation e;
    const Times t =
        time_runs(o.runs, [&] { e = data::evaluate(truth, detections, {.threads = threads}); });
    rows.push_back(row(fmt::format("evaluate, {} threads", threads), t));
    if (!first) first = e;
    if (e.precision != first->precision || e.scores != first->scores || e.stats != first->stats)
      throw std::runtime_error("the metrics depend on the number of threads: this is a bug");
  }
  return {{"stats", first->stats}, {"rows", rows}};
}

void time_files(const Options& o, const data::Dataset& truth,
                const std::vector<data::Detection>& detections, json& rows) {
  const std::string a = o.files + kAnnotations, d = o.files + kDetections;
  data::write_coco(a, truth);
  rows.push_back(row("write detections",
                     time_runs(o.runs, [&] { data::write_detections(d, detections, truth); })));
  rows.push_back(row("read annotations", time_runs(o.runs, [&] { data::load_coco(a, ""); })));
  rows.push_back(
      row("read detections", time_runs(o.runs, [&] { data::load_detections(d, truth); })));
}

void print(const json& result) {
  fmt::print("{} images, {} classes, {} objects, {} detections, {} runs\n",
             result["images"].get<size_t>(), result["classes"].get<size_t>(),
             result["objects"].get<size_t>(), result["detections"].get<size_t>(),
             result["runs"].get<int>());
  fmt::print("{:24} {:>8} {:>8} {:>8}\n", "seconds", "min", "median", "max");
  for (const json& r : result["rows"])
    fmt::print("{:24} {:8.3f} {:8.3f} {:8.3f}\n", r["what"].get<std::string>(),
               r["seconds"]["min"].get<double>(), r["seconds"]["median"].get<double>(),
               r["seconds"]["max"].get<double>());
}

// The metrics by the original's names, and the seconds by ours.
benchmarks::LoggedCase logged(const json& result) {
  benchmarks::LoggedCase c{.parameters = {{"mode", "eval"}, {"images", result["images"]}}};
  const auto& names = data::metric_names();
  constexpr std::string_view kPrefix = "DetectionBoxes_";
  for (size_t i = 0; i < names.size(); ++i)
    c.figures.emplace_back(names[i].substr(kPrefix.size()), result["stats"][i].get<double>());
  for (const json& r : result["rows"])
    c.figures.emplace_back(r["what"].get<std::string>() + ", seconds",
                           r["seconds"]["median"].get<double>());
  return c;
}

const std::string& file_to_read_again(const std::string& path) {
  if (const base::FileState there = base::look_at(path); there.kind == base::FileKind::stream)
    base::fail(base::ExitCode::usage, "--files: ", base::printable(path), " is ", there.words,
               ", and the files are read again; give another folder");
  return path;
}

void benchmark(const Options& o) {
  std::vector<benchmarks::OtherOutput> others;
  if (!o.files.empty())
    for (const char* name : {kAnnotations, kDetections})
      others.push_back({"--files", file_to_read_again(o.files + name)});
  const base::OutputLocks locks = check_outputs(o.output, {}, others);
  const data::Dataset truth = random_truth(o);
  const std::vector<data::Detection> detections = random_detections(truth, o);
  json result{{"images", truth.images.size()},
              {"classes", truth.categories.size()},
              {"objects", truth.objects.size()},
              {"detections", detections.size()},
              {"runs", o.runs},
              {"mode", "eval"}};
  benchmarks::MachineWatch watch;
  result.update(time_evaluation(o, truth, detections));
  if (!o.files.empty()) time_files(o, truth, detections, result["rows"]);
  const benchmarks::MachineReport machine = watch.report();
  result["machine"] = machine.to_json();
  if (o.output.prints_table()) print(result);
  benchmarks::print_notices("eval", machine);
  write_outputs(o.output, result, {logged(result)});
}

}  // namespace

namespace benchmarks {

Command add_eval_command(tools::Program& program) {
  auto o = std::make_shared<Options>();
  tools::Options opts = program.add_command("eval", "Times COCO evaluation of random detections");
  opts.add("--count", o->images, "images; val2017 has 5000").between(1, 1000000).show_default();
  opts.add("--threads", o->threads, "numbers of threads to try: 1,2,4")
      .comma_separated()
      .between(1, 4096)
      .show_default();
  opts.add("--runs", o->runs, "timed runs of everything")
      .between(kFewestRuns, kMostRuns, kWhyNotFewer)
      .show_default();
  opts.add("--files DIR", o->files, "folder for the case as COCO JSON, timed too");
  add_output_options(opts, o->output);
  return {opts, [o] {
            benchmark(*o);
            return 0;
          }};
}

}  // namespace benchmarks
