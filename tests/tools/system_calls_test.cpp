// What the programs ask of the system, as strace sees it: the order in which a checkpoint is saved,
// and that hostile names of files open nothing outside the data's folder.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/image/image_file.h"
#include "tests/support/catch.h"
#include "tests/support/picture.h"
#include "tests/support/tools/traced_run.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using tests::SystemCall;

namespace {

constexpr const char* kNoTrace = "strace is missing or may not trace: not run";

bool mentions(const SystemCall& call, const std::string& text) {
  return call.arguments.find(text) != std::string::npos;
}

// One letter for each step of a save, of a file that replaces an older one.
char step_of_save(const SystemCall& call) {
  const bool temporary = mentions(call, "last.safetensors.tmp.");
  if (call.name == "openat" && temporary && mentions(call, "O_CREAT")) return 'o';
  if (call.name == "write" && temporary) return 'w';
  if (call.name == "fsync" && temporary) return 'f';
  if (call.name == "link" && mentions(call, "last.safetensors\"")) return 'k';  // kept beside
  if (call.name.starts_with("rename") && temporary) return 'r';
  if (call.name == "fsync" && mentions(call, "/run>")) return 'd';
  if (call.name.starts_with("unlink") && mentions(call, "/last.safetensors\"")) return 'X';
  if (mentions(call, "last.safetensors") && mentions(call, "O_WRONLY")) return 'X';
  return 0;
}

}  // namespace

TEST_CASE("a checkpoint is saved in the order that survives a power failure") {
  const tests::TrainingPlace place;
  const auto traced = tests::traced(
      place.at(""),
      tests::program("ssdtrain").string() +
          " --config tiny.json --output-dir run train.steps=3 checkpoint.every_steps=1"
          " eval.every_steps=3",
      "openat,write,fsync,rename,renameat,renameat2,unlink,unlinkat,link,linkat");
  if (!traced) {
    WARN(kNoTrace);
    return;
  }
  INFO(traced->outcome.err);
  REQUIRE(traced->outcome.exit_code == 0);
  std::string steps;
  for (const SystemCall& call : traced->calls) {
    const char step = step_of_save(call);
    if (step == 'd' && !steps.ends_with('r')) continue;  // of another file in the run's folder
    if (step && !(step == 'w' && steps.ends_with('w'))) steps += step;
  }
  INFO(steps);
  CHECK(steps.starts_with("owfrd"));  // the first one
  CHECK(steps.find("owfkrd") == 5);   // the next ones keep the file before
  CHECK(steps.find("owfkrd", 6) != std::string::npos);
  CHECK(steps.find('X') == std::string::npos);
  // The temporary file lies in the folder of the checkpoint: a rename, never a copy.
  for (const SystemCall& call : traced->calls)
    if (step_of_save(call) == 'o') CHECK(mentions(call, "\"run/last.safetensors.tmp."));
}

namespace {

// Data whose image entry has the given name; the secret lies outside the folder of images.
struct HostileData {
  tests::TemporaryFolder folder;
  fs::path images = folder.path() / "images";

  explicit HostileData(const std::string& file_name) {
    fs::create_directory(images);
    data::write_image(folder.path() / "secret.png", tests::picture(20, 10));
    fs::create_symlink(folder.path(), images / "out");
    fs::create_symlink(folder.path() / "secret.png", images / "link.png");
    const nlohmann::json set = {
        {"images", {{{"id", 1}, {"width", 20}, {"height", 10}, {"file_name", file_name}}}},
        {"annotations", nlohmann::json::array()},
        {"categories", {{{"id", 1}, {"name", "cat"}}}}};
    std::ofstream(folder.path() / "set.json") << set.dump();
  }
};

std::vector<std::string> hostile_names(const fs::path& outside) {
  return {"../secret.png",
          "a/../../secret.png",
          "./../secret.png",
          "..//secret.png",
          "../images/../secret.png",
          (outside / "secret.png").string(),
          "//etc/passwd",
          "/etc/passwd",
          "/proc/self/environ",
          "out/secret.png",
          "out/./secret.png",
          "link.png",
          std::string("..\0/secret.png", 14),
          std::string("link.png\0.jpg", 13),
          "C:\\secret.png",
          "..",
          "",
          std::string(5000, 'a'),
          std::string(300, '/') + "etc/passwd"};
}

}  // namespace

TEST_CASE("no file outside the folder of images is opened, whatever its name in the data set") {
  const HostileData somewhere("a.png");
  for (const std::string& name : hostile_names(somewhere.folder.path())) {
    // Absolute names point into a folder of their own, which is "outside" as well.
    const HostileData hostile(name);
    for (const std::string& command : {std::string("check"), std::string("show -o shown"),
                                       std::string("convert --to-records records")}) {
      const auto traced =
          tests::traced(hostile.folder.path(),
                        tests::program("ssddata").string() + " " + command +
                            " --annotations set.json --images images --no-follow-links",
                        "openat,open,creat,openat2");
      if (!traced) {
        WARN(kNoTrace);
        return;
      }
      INFO(command << " of " << nlohmann::json(name).dump() << ": " << traced->outcome.err);
      CHECK(traced->outcome.exit_code == 3);
      for (const SystemCall& call : traced->calls) {
        CHECK_FALSE(mentions(call, "secret"));
        CHECK_FALSE(mentions(call, "/etc/passwd"));
        CHECK_FALSE(mentions(call, "environ"));
      }
    }
  }
}
