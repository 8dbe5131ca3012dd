#include "tests/support/tools/output_options.h"

#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/special_files.h"

namespace tests {

namespace fs = std::filesystem;

std::vector<OutputOption> output_options() {
  const std::string images = " --images data/images";
  const std::string convert = std::string("convert ") + kVal + images;
  const std::string image = "data/images/000005.jpg";
  const std::string bench =
      std::string("data ") + kVal + images + " --batch 2 --runs 3 --seconds 0.01";
  const std::string box =
      std::string(kModel) + " --score-threshold 0 --classes circle --max 1 " + image;
  return {
      {"ssddata", "--to-coco", convert, "w/out.json", "out.json", kValFile},
      {"ssddata", "--to-records", convert, "w/set", "set.record-00000-of-00001", image},
      {"ssddata", "--to-voc", convert, "w", "000005.xml", kValFile},
      {"ssddata", "--to-yolo", convert, "w", "000005.txt", kValFile},
      {"ssddata", "--to-yolo", convert, "w", "classes.txt", image},
      {"ssddata", "--to-images", convert, "w", "000005.jpg", image},
      {"ssddata", "--to-train", std::string("split ") + kVal + " --to-val /proc/self/fd/1",
       "w/t.json", "t.json", kValFile},
      {"ssddata", "--to-val", std::string("split ") + kVal + " --to-train /proc/self/fd/1",
       "w/v.json", "v.json", kValFile},
      {"ssddata", "-o", std::string("show ") + kVal + images, "w", "000000000005.jpg", image},
      {"ssddata", "-o", std::string("show ") + kVal + images, "w", "contact_sheet.jpg", kValFile},
      {"ssddata", "-o", "show --augmented tiny.json --count 2", "w", "001.jpg", "tiny.json"},
      {"ssddata", "--report", std::string("stats ") + kVal, "w/r.html", "r.html", kValFile},
      {"ssddetect", "-o", std::string(kModel) + " " + image, "w", "000005.jpg", image},
      {"ssddetect", "--json", std::string(kModel) + " --score-threshold 0.001 " + image,
       "w/found.json", "found.json", "run/last.safetensors"},
      {"ssdexport", "--onnx", kModel, "w/m.onnx", "m.onnx", "run/last.safetensors"},
      {"ssdexport", "--weights", kModel, "w/m.st", "m.st", "run/last.safetensors"},
      {"ssddetect", "--save-crops", box, "w", "circle/000005_1.jpg", image},
      {"ssddetect", "--save-txt", box, "w", "000005.txt", image},
      {"ssddetect", "--save-txt", box, "w", "classes.txt", image},
      {"ssdeval", "--save-detections", std::string(kModel) + " --threads 1", "w/d.json", "d.json",
       image},
      {"ssdeval", "--per-class", std::string(kModel) + " --threads 1", "w/c.csv", "c.csv",
       kValFile},
      {"ssdeval", "--per-class", std::string(kVal) + " --detections found.json", "w/c.csv", "c.csv",
       "found.json"},
      {"ssdeval", "--report", std::string(kModel) + " --threads 1", "w/r.html", "r.html", image},
      {"ssdeval", "--report", std::string(kVal) + images + " --detections found.json", "w/r.html",
       "r.html", "found.json"},
      {"ssdbench", "--json", bench, "w/b.json", "b.json", kValFile, false},
      {"ssdbench", "--dllogger", bench, "w/l.json", "l.json", image, false},
  };
}

std::vector<Laid> what_may_lie(const std::string& input) {
  const auto is = [](fs::file_type type) {
    return [=](const std::string& path) { return fs::symlink_status(path).type() == type; };
  };
  const auto is_link = is(fs::file_type::symlink);
  return {
      {"a file",
       [](const std::string& path) {
         base::write_file(path, std::string_view("precious"));
         return true;
       },
       [](const std::string& path) { return text_of(path) == "precious"; }},
      {"a hard link to an input",
       [=](const std::string& path) {
         fs::create_hard_link(input, path);
         return true;
       },
       [=](const std::string& path) { return fs::equivalent(path, input); }},
      {"a link to nothing",
       [](const std::string& path) {
         fs::create_symlink("nowhere", path);
         return true;
       },
       is_link},
      {"a pipe", [](const std::string& path) { return make_pipe(path), true; },
       is(fs::file_type::fifo)},
      {"a socket", [](const std::string& path) { return make_socket(path), true; },
       is(fs::file_type::socket)},
      {"a device", make_device, is(fs::file_type::character)},
      {"a disk", make_block_device, is(fs::file_type::block)},
  };
}

OutputPlace::OutputPlace() : place_(4, 2) {
  const Outcome trained = place_.train("run", "train.steps=1 eval.every_steps=0");
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  const Outcome found = run("ssdeval", std::string(kModel) + " --save-detections found.json");
  INFO(found.err);
  REQUIRE(found.exit_code == 0);
}

}  // namespace tests
