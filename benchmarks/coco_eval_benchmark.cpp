// COCO evaluation at the size of COCO's validation set and more: seconds, and the same bits for any
// number of threads. `coco_eval_benchmark FOLDER` also writes the case as JSON files and times
// reading them, for benchmarks/peers/coco_eval_peers.py.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <random>

#include "data/formats/coco.h"
#include "data/metrics/coco_eval.h"

namespace {

using Random = std::mt19937_64;

double uniform(Random& random, double least, double most) {
  return least + (most - least) * static_cast<double>(random() >> 11) * 0x1p-53;
}

struct Size {
  int images = 5000, categories = 80, objects_per_image = 7, detections_per_image = 100;
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

data::Dataset random_truth(const Size& size) {
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
std::vector<data::Detection> random_detections(const data::Dataset& truth, const Size& size) {
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

double seconds(const std::function<void()>& work, int repetitions = 3) {
  double best = 1e9;
  for (int i = 0; i < repetitions; ++i) {
    auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

void time_files(const std::string& folder, const data::Dataset& truth,
                const std::vector<data::Detection>& detections) {
  std::string a = folder + "/annotations.json", d = folder + "/detections.json";
  data::write_coco(a, truth);
  fmt::print("write detections    {:8.3f} s\n",
             seconds([&] { data::write_detections(d, detections, truth); }));
  fmt::print("read annotations    {:8.3f} s\n", seconds([&] { data::load_coco(a, ""); }));
  fmt::print("read detections     {:8.3f} s\n", seconds([&] { data::load_detections(d, truth); }));
}

}  // namespace

int main(int argc, char** argv) {
  Size size;
  data::Dataset truth = random_truth(size);
  std::vector<data::Detection> detections = random_detections(truth, size);
  fmt::print("{} images, {} classes, {} objects, {} detections\n", truth.images.size(),
             truth.categories.size(), truth.objects.size(), detections.size());
  data::Evaluation first;
  for (int threads : {1, 2, 4}) {
    data::Evaluation e;
    double best = seconds([&] { e = data::evaluate(truth, detections, {.threads = threads}); });
    fmt::print("evaluate, {} threads {:8.3f} s\n", threads, best);
    if (threads == 1) first = e;
    if (e.precision != first.precision || e.scores != first.scores || e.stats != first.stats) {
      fmt::print(stderr, "the result depends on the number of threads\n");
      return 1;
    }
  }
  if (argc > 1) time_files(argv[1], truth, detections);
  for (double value : first.stats) fmt::print("{:.17g} ", value);
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("\npeak memory {} MB\n", usage.ru_maxrss / 1024);
}
