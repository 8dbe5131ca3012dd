// What `cmake --install` puts in place, and that it works there.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>

#include "data/image/image_file.h"
#include "tests/support/catch.h"
#include "tests/support/picture.h"
#include "tests/support/python.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using tests::Outcome;

namespace {

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

// Of this build, in a folder of its own.
class Installation {
 public:
  Installation() {
    const fs::path build = tests::program("").parent_path().parent_path();
    const Outcome outcome = tests::run(quoted(SSD_CMAKE) + " --install " + quoted(build) +
                                       " --prefix " + quoted(prefix()));
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
  }

  fs::path prefix() const { return folder_.path() / "usr"; }

  fs::path at(const std::string& name) const { return folder_.path() / name; }

  // Outside the project, with an empty environment.
  Outcome run(const std::string& program, const std::string& arguments) const {
    return tests::run("cd " + quoted(folder_.path()) + " && env -i " +
                      quoted(prefix() / "bin" / program) + " " + arguments);
  }

 private:
  tests::TemporaryFolder folder_;
};

void check_done(const Outcome& outcome) {
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 0);
}

// Outside the project, with the library where a linker and a loader look for it.
Outcome with_library(const Installation& installed, const std::string& command) {
  const fs::path libraries = installed.prefix() / "lib";
  return tests::run("cd " + quoted(installed.at("")) +
                    " && export LD_LIBRARY_PATH=" + quoted(libraries) +
                    " PKG_CONFIG_PATH=" + quoted(libraries / "pkgconfig") + " && " + command);
}

void write_ppm(const fs::path& path, const data::Picture& image) {
  std::ofstream file(path, std::ios::binary);
  file << "P6\n" << image.width << " " << image.height << "\n255\n";
  file.write(reinterpret_cast<const char*>(image.rgb.data()), std::streamsize(image.rgb.size()));
}

// The lines that the examples print for these results of ssddetect.
std::string lines_of(const nlohmann::json& results) {
  std::string lines;
  for (const auto& r : results) {
    const auto box = r.at("bbox").get<std::vector<double>>();
    char numbers[200];
    std::snprintf(numbers, sizeof numbers, " %.6f %.3f %.3f %.3f %.3f\n",
                  r.at("score").get<double>(), box[0], box[1], box[2], box[3]);
    lines += r.at("category").get<std::string>() + numbers;
  }
  return lines;
}

// The examples of docs/embedding.md, built with what is installed and nothing else.
void build_examples(const Installation& installed) {
  const std::string examples = quoted(tests::source_dir() / "docs/examples");
  const std::string cmake = quoted(SSD_CMAKE);
  const std::string prefix = quoted(installed.prefix());
  check_done(with_library(installed, cmake + " -G Ninja -S " + examples +
                                         " -B built -DCMAKE_PREFIX_PATH=" + prefix + " && " +
                                         cmake + " --build built"));
  const std::string strict = " -Wall -Wextra -Werror -pedantic " + examples;
  const std::string library = " $(pkg-config --cflags --libs ssd320) -o ";
  for (const std::string& compiler :
       {"cc -std=c99" + strict + "/detect.c" + library + "detect_by_c99",
        "cc -std=c11" + strict + "/detect.c" + library + "detect_by_pc",
        "c++ -std=c++17" + strict + "/detect.cpp" + library + "detect_by_cpp17"})
    check_done(with_library(installed, compiler));
}

// Drawn pictures, and photographs if they lie beside the project.
std::vector<fs::path> pictures(const tests::TrainingPlace& place) {
  std::vector<fs::path> files;
  for (const fs::path& folder :
       {fs::path(place.at("data/images")), tests::shared_data() / "demo-photos"})
    if (fs::exists(folder))
      for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".jpg") files.push_back(entry.path());
  return files;
}

// The boxes of the engine are those that ONNX Runtime finds with the exported file.
void check_onnx_runtime(const Installation& installed, const std::string& model,
                        const std::vector<fs::path>& files) {
  if (!tests::python_has("numpy, onnxruntime", "the exported file")) return;
  std::ofstream list(installed.at("pictures"));
  for (const fs::path& file : files) list << file.string() << "\n";
  list.close();
  check_done(tests::run("cd " + quoted(installed.at("")) + " && " +
                        quoted(installed.prefix() / "bin/ssdexport") + " --checkpoint" + model +
                        " --onnx model.onnx --images - --verify " + std::to_string(files.size()) +
                        " --python " + tests::python() + " < pictures"));
}

}  // namespace

TEST_CASE("installed programs are those of the build") {
  const Installation installed;
  for (const std::string& name : tests::all_programs()) {
    CAPTURE(name);
    const Outcome outcome = installed.run(name, "--version");
    check_done(outcome);
    CHECK(outcome.out == tests::run(quoted(tests::program(name)) + " --version").out);
  }
}

TEST_CASE("each installed program has a manual page and completions") {
  const Installation installed;
  const fs::path share = installed.prefix() / "share";
  for (const std::string& name : tests::all_programs()) {
    CAPTURE(name);
    for (const std::string& page :
         {"man/man1/" + name + ".1", "bash-completion/completions/" + name,
          "zsh/site-functions/_" + name})
      CHECK(fs::file_size(share / page) > 1000);
    const Outcome listed = tests::run("man -w -M " + quoted(share / "man") + " " + name);
    if (listed.exit_code != 127)  // there is a man
      CHECK(listed.out == (share / "man/man1" / (name + ".1")).string() + "\n");
  }
}

TEST_CASE("installed programs run with the installed configurations") {
  const Installation installed;
  const fs::path configs = installed.prefix() / "share/ssd320/configs";
  for (const auto& file : fs::recursive_directory_iterator(tests::source_dir() / "configs")) {
    CAPTURE(file.path());
    CHECK(fs::exists(configs / fs::relative(file.path(), tests::source_dir() / "configs")));
  }
  check_done(installed.run("ssddata", "synth data/shapes --train 16 --val 4"));
  check_done(installed.run("ssdtrain", "--config " + quoted(configs / "shapes_demo.json") +
                                           " train.steps=1 train.schedule.warmup_steps=0"));
  CHECK(fs::exists(installed.prefix().parent_path() / "runs/shapes_demo/1/metrics.json"));
}

TEST_CASE("the installed README's links to documents lead somewhere") {
  const Installation installed;
  const fs::path folder = installed.prefix() / "share/doc/ssd320";
  std::ifstream readme(folder / "README.md");
  const std::string text(std::istreambuf_iterator<char>(readme), {});
  const std::regex link(R"(\]\((docs/[^)#]+))");
  int links = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), link), end; it != end; ++it, ++links) {
    CAPTURE(it->str(1));
    CHECK(fs::exists(folder / it->str(1)));
  }
  CHECK(links > 5);
  CHECK(fs::exists(folder / "LICENSE"));
}

TEST_CASE("programs in C++, C, Python and ONNX Runtime find what ssddetect finds") {
  const Installation installed;
  if (!fs::exists(installed.prefix() / "include/ssd320")) return;  // built without the library
  build_examples(installed);
  std::vector<std::string> programs{"built/detect", "built/detect_c", "./detect_by_pc",
                                    "./detect_by_cpp17"};
  if (tests::run("python3 -c 'import ctypes'").exit_code == 0)
    programs.push_back("python3 " + quoted(tests::source_dir() / "docs/examples/detect.py"));
  else
    WARN("the example in Python was not run: there is no python3");

  const tests::TrainingPlace place(8, 2);
  check_done(place.train("run", "train.steps=400 train.schedule.total=400 eval.every_steps=0"));
  const std::string model = " " + place.at("run");
  int64_t boxes = 0;
  for (const fs::path& picture : pictures(place)) {
    CAPTURE(picture);
    write_ppm(installed.at("picture.ppm"), tests::read_image(picture));
    const Outcome found =
        installed.run("ssddetect", "--batch 1 --checkpoint" + model + " " + quoted(picture));
    check_done(found);
    const std::string expected = lines_of(nlohmann::json::parse(found.out));
    boxes += std::count(expected.begin(), expected.end(), '\n');
    for (const std::string& program : programs) {
      CAPTURE(program);
      const Outcome outcome = with_library(installed, program + model + " picture.ppm");
      check_done(outcome);
      CHECK(outcome.out == expected);
    }
  }
  CHECK(boxes > 0);
  check_onnx_runtime(installed, model, pictures(place));
  const Outcome refused = installed.run("ssddetect", "--checkpoint none picture.ppm");
  for (const std::string& program : programs) {
    const Outcome outcome = with_library(installed, program + " none picture.ppm");
    CHECK(outcome.exit_code == 4);
    CHECK(outcome.err == refused.err.substr(std::string("ssddetect: ").size()));
  }
}
