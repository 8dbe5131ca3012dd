// Every command that README.md and docs/*.md tell a reader to type runs, on a small data set under
// the names that the documents use, or stands in a list with the reason why it is not run here. The
// options, keys and paths that the documents name exist.
#include <algorithm>
#include <array>
#include <fstream>
#include <set>

#include "tests/support/catch.h"
#include "tests/support/documents.h"
#include "tests/support/engine/tf_checkpoint.h"
#include "tests/support/engine/torch_file.h"
#include "tests/support/pipeline_text.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using std::string;
using tests::Quoted;

namespace {

// Commands that are not run, by how they begin.
struct NotRun {
  string command, reason;
};
const std::vector<NotRun> kNotRun{
    {"tools/demo.sh", "installs packages, builds, trains for minutes"},
    {"tools/test.sh", "installs packages, builds, runs this test"},
    {"nvidia-smi", "needs a GPU's driver"},
    {"cmake --build", "would start the build that this test is a part of"},
    {"ssdbench infer --batch 1,2,4,8,16,32,64", "runs the whole SSD320 for hours on a CPU"},
    {"tools/gpu_prefix.sh", "downloads packages"},
    {"tools/gpu_check.sh", "needs a GPU"},
    {"tools/write_pages.sh", "writes the documents; tests compare them with the programs"},
    {"tools/kernel_table.sh", "needs the log of a CUDA build, with which tools/test.sh runs it"},
    {"build/cuda/tests/cudnn_plan_check", "needs a CUDA build; ctest runs it there"},
    {"tests/fuzz/run_libfuzzer.sh", "builds with clang, runs for hours"},
    {"tests/fuzz/run_valgrind.sh", "builds anew, runs for an hour"},
    {"tests/planted_faults/", "builds and tests for hours"},
    {"tests/random_order.sh", "runs all tests many times"},
    {"tests/peers/nms_peer.py", "needs Python with numpy"},
    {"tests/peers/torch_parity.py", "needs PyTorch"},
    {"benchmarks/compare.sh", "installs packages, runs the whole SSD320 for minutes"},
    {"benchmarks/growth.py", "runs the whole SSD320 for minutes"},
    {"benchmarks/record.py", "would add a row to the history"},
    {"ssdexport --checkpoint runs/shapes_demo/1 --onnx shapes.onnx --overwrite --verify",
     "needs Python with onnxruntime"},
    {"ls photos/*.jpg | ssddetect",
     "needs a model; tests/tools/detect/detect_stream_test.cpp runs it"},
    {"ssddetect --checkpoint best.safetensors --watch", "waits for images; as above"},
    {"ssdbench op --device cpu", "runs the whole SSD320 for minutes"},
};

// Makes a command of a document short enough for a test: a smaller model, data set and run. What
// comes last on a command line wins. Files in /tmp are taken from the workplace.
string shortened(string command) {
  if (command.find("ssdtrain ") != string::npos && command.find("--help-config") == string::npos)
    command +=
        " train.steps=2 train.epochs=null train.batch_size=2 train.schedule.warmup_steps=0"
        " eval.every_steps=0 eval.every_epochs=0 model.input_height=64 model.input_width=64"
        " model.backbone_width=4 model.units=[1,1,1,1] model.fpn_channels=8 model.head_channels=8"
        " model.head_depth=1";
  if (command.find("ssddata synth ") != string::npos) command += " --train 8 --val 4";
  if (const size_t at = command.find(" /tmp/"); at != string::npos) command.erase(at + 1, 1);
  return command;
}

const NotRun* reason_not_to_run(const string& command) {
  auto begins = [&](const NotRun& n) { return command.starts_with(n.command); };
  const auto found = std::find_if(kNotRun.begin(), kNotRun.end(), begins);
  return found == kNotRun.end() ? nullptr : &*found;
}

fs::path build_folder() { return tests::program("").parent_path().parent_path(); }

// A folder as the documents' reader has it: the project's configurations and build, and data.
class Workplace {
 public:
  Workplace() {
    for (const char* folder : {"build", "docs", "tmp", "data/coco/annotations"})
      fs::create_directories(at(folder));
    fs::create_directory_symlink(tests::source_dir() / "configs", at("configs"));
    fs::create_directory_symlink(build_folder(), at("build/cpu"));
    std::ofstream(at("tmp/coco_fuzz.failed")) << "{}";
    good("ssddata synth drawn --train 8 --val 4");
    add_coco();
    add_voc_and_yolo();
    add_foreign_work();
  }

  tests::Outcome run(const string& command) const {
    return tests::run("cd '" + at("").string() + "' && PATH=\"$PWD/build/cpu/bin:$PATH\" && " +
                      command);
  }

 private:
  fs::path at(const string& name) const { return folder_.path() / name; }
  void copy(const string& from, const string& to) const {
    fs::copy(at(from), at(to), fs::copy_options::recursive);
  }
  void good(const string& command) const {
    const tests::Outcome outcome = run(command);
    INFO(command << "\n" << outcome.err);
    REQUIRE(outcome.exit_code == 0);
  }

  // Weights and a configuration of other programs.
  void add_foreign_work() const {
    tests::ForeignWeights weights, detector;
    tests::add_torchvision(weights);
    fs::copy_file(weights.save(), at("resnet50.safetensors"));
    std::ofstream(at("resnet50.pth"), std::ios::binary)
        << tests::zipped_torch_file(tests::state_dict_pickle(weights), tests::storages_of(weights));
    tests::add_slim_detector(detector, 4);
    // Weights as large as those of a network that was trained: its outputs have to stay finite.
    for (auto& [name, tensor] : detector.tensors)
      if (name.ends_with("/weights"))
        for (float& weight : tensor.second) weight *= 0.01f;
    const fs::path saved = tests::save_v2(detector, "model.ckpt-12500");
    copy(saved.parent_path().string(), "old_run");
    std::ofstream(at("ssd320_full_8gpus.config")) << tests::kPipeline;
    for (const string part : {"train", "val"})
      good("ssddata convert --annotations " + part + ".json --images photos --to-records " + part);
  }

  void add_coco() const {
    for (const char* to : {"data/bccd", "data/coco-ccby"}) copy("drawn", to);
    for (const char* to : {"photos", "new_photos", "data/coco/train2017", "data/coco/val2017"})
      copy("drawn/images", to);
    for (const string part : {"train", "val"}) {
      const string from = "drawn/annotations/instances_" + part + ".json";
      copy(from, part + ".json");
      copy(from, "data/coco/annotations/instances_" + part + "2017.json");
    }
  }

  void add_voc_and_yolo() const {
    for (const string part : {"train", "val"})
      good("ssddata convert --annotations " + part + ".json --images photos --to-yolo labels/" +
           part + " --to-images images/" + part);
    good("ssddata convert --annotations train.json --images photos --to-voc VOC2012/Annotations");
    copy("photos", "VOC2012/JPEGImages");
    std::ofstream yaml(at("data.yaml"));
    yaml << "train: images/train\nval: images/val\nnames:\n";
    std::ifstream names(at("labels/train/classes.txt"));
    for (string name; std::getline(names, name);) yaml << "  - " << name << "\n";
  }

  tests::TemporaryFolder folder_;
};

// The source of a command's program: a script's own file, or that of the program's main function.
// What a build has left in `root` is no source.
fs::path source_of(const string& command, const fs::path& root = tests::source_dir()) {
  for (string word = command; !word.empty(); word = word.substr(word.find(' ') + 1)) {
    const fs::path program = word.substr(0, word.find(' '));
    for (const fs::path& file : {program, "tools" / program.filename(),
                                 "tests" / program.filename(), "benchmarks" / program.filename()})
      for (const char* ending : {"", ".cpp"})
        if (const fs::path path = root / (file.string() + ending);
            *file.begin() != "build" && fs::is_regular_file(path))
          return path;
    if (word.find(' ') == string::npos) break;
  }
  return {};
}

// What the programs print about their options.
string help_of(const string& command) {
  string program = command.substr(0, command.find(' '));
  if (program == "ssddata" || program == "ssdbench") {
    const string rest = command.substr(std::min(command.size(), program.size() + 1));
    program += " " + rest.substr(0, rest.find(' '));
  }
  const tests::Outcome outcome = tests::run(tests::program(program).string() + " --help");
  return outcome.exit_code == 0 ? outcome.out : "";
}

bool offers(const string& text, const string& option) {
  const size_t at = text.find(option);
  if (at == string::npos) return false;
  const char next = at + option.size() < text.size() ? text[at + option.size()] : ' ';
  return (next != '-' && !std::isalpha(next)) || offers(text.substr(at + 1), option);
}

string all_options() {
  string text;
  for (const char* program :
       {"ssdtrain", "ssdeval", "ssddetect", "ssdexport", "ssddata check", "ssddata stats",
        "ssddata show", "ssddata convert", "ssddata synth", "ssddata split", "ssdbench train",
        "ssdbench infer", "ssdbench data", "ssdbench eval", "ssdbench op", "ssdbench conv",
        "ssdbench allreduce", "ssdbench compare"})
    text += help_of(program);
  for (const NotRun& n : kNotRun)
    if (const fs::path source = source_of(n.command); !source.empty())
      text += tests::text_of(source.string());
  return text;
}

bool is_program(const string& text) {
  for (const char* name :
       {"ssdtrain ", "ssdeval ", "ssddetect ", "ssddata ", "ssdexport ", "ssdbench "})
    if (text.starts_with(name)) return true;
  return false;
}

// Options of other programs, and a placeholder.
const std::set<string> kForeignOptions{
    "--wrap", "--KEY", "--minShapes", "--optShapes", "--maxShapes", "-DSSD_NATIVE", "-DSSD_TESTS",
    "-ffp-contract", "-fmad",
    // of the original (docs/from_tensorflow.md)
    "--pipeline_config_path", "--model_dir", "--raport_file", "--num_train_steps", "--eval_count",
    "--checkpoint_dir", "--run_once", "--eval_training_data", "--sample_1_of_n_eval_examples",
    "--sample_1_of_n_eval_on_train_examples", "--hparams_overrides", "--allow_xla", "--amp",
    "--warmup_iters", "--benchmark_iters", "--batch_size", "--percentiles"};
// Keys of no configuration: file names.
const std::set<string> kNoKeys{"data.yaml", "train.log"};
// Paths that do not exist yet, or stand for others.
const std::set<string> kNoPaths{"kernels/tuned/", "tests/fuzz/x_fuzz.cpp"};

bool is_key(const string& text) {
  for (const char* section :
       {"train.", "data.", "model.", "eval.", "checkpoint.", "ranks.", "log."})
    if (text.starts_with(section))
      return text.find_first_of(" /<") == string::npos && text.find("KEY") == string::npos;
  return false;
}

bool is_path(const string& text) {
  for (const char* folder : {"kernels/", "engine/", "data/", "model/", "tools/", "tests/",
                             "benchmarks/", "configs/", "docs/", "cmake/"})
    if (text.starts_with(folder)) return text.find_first_of("<>{}* ") == string::npos;
  return false;
}

// The file or folder itself, or files of that name with any ending.
bool path_exists(const string& path) {
  const fs::path whole = tests::source_dir() / path;
  if (fs::exists(whole)) return true;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(whole.parent_path(), none))
    if (entry.path().stem() == whole.filename()) return true;
  return false;
}

}  // namespace

TEST_CASE("the commands of a document run, from its top to its bottom") {
  std::vector<Quoted> commands;
  for (const fs::path& document : tests::documents()) {
    const std::vector<Quoted> own = tests::shell_commands(document);
    const Workplace workplace;
    for (const Quoted& q : own) {
      if (reason_not_to_run(q.text)) continue;
      const string command = shortened(q.text);
      const tests::Outcome outcome = workplace.run(command);
      INFO(q.document << ":" << q.line << ": " << command << "\n" << outcome.err);
      CHECK(outcome.exit_code == 0);
    }
    commands.insert(commands.end(), own.begin(), own.end());
  }
  CHECK(commands.size() > 30);
}

TEST_CASE("a command that is not run is in a document, and its program has its options") {
  std::set<string> found;
  for (const fs::path& document : tests::documents())
    for (const Quoted& q : tests::shell_commands(document)) {
      const NotRun* listed = reason_not_to_run(q.text);
      if (!listed) continue;
      found.insert(listed->command);
      INFO(q.document << ":" << q.line << ": " << q.text);
      if (q.text.starts_with("cmake ") || q.text == "nvidia-smi") continue;  // not ours
      const fs::path source = source_of(q.text);
      CHECK_FALSE(source.empty());
      const string text = tests::text_of(source.string()) + help_of(q.text);
      for (const string& option : tests::options_in(q.text)) {
        INFO(option);
        CHECK(offers(text, option));
      }
    }
  for (const NotRun& n : kNotRun) {
    INFO(n.command << " is in no document any more");
    CHECK(found.contains(n.command));
  }
}

TEST_CASE("the source of a program is no binary of an old build") {
  const tests::TemporaryFolder root;
  for (const char* file : {"build/cuda/tests/some_check", "tests/some_check.cpp"}) {
    fs::create_directories((root.path() / file).parent_path());
    std::ofstream(root.path() / file) << file;
  }
  CHECK(source_of("build/cuda/tests/some_check x", root.path()) ==
        root.path() / "tests/some_check.cpp");
}

TEST_CASE("options that the text of a document names exist") {
  const string any = all_options();
  for (const fs::path& document : tests::documents())
    for (const Quoted& q : tests::inline_code(document)) {
      if (!is_program(q.text) && !q.text.starts_with("-")) continue;
      const string text = is_program(q.text) ? help_of(q.text) : any;
      for (const string& option : tests::options_in(q.text)) {
        if (kForeignOptions.contains(option)) continue;
        INFO(q.document << ":" << q.line << ": " << q.text << ": " << option);
        CHECK(offers(text, option));
      }
    }
}

TEST_CASE("keys and paths that the text of a document names exist") {
  const string keys = tests::text_of((tests::source_dir() / "docs/config_keys.md").string());
  for (const fs::path& document : tests::documents())
    for (const Quoted& q : tests::inline_code(document)) {
      INFO(q.document << ":" << q.line << ": " << q.text);
      if (is_path(q.text) && !kNoPaths.contains(q.text)) CHECK(path_exists(q.text));
      const string key = q.text.substr(0, q.text.find('='));
      if (is_key(key) && !kNoKeys.contains(key)) CHECK(keys.find("`" + key + "`") != string::npos);
    }
}

TEST_CASE("commands stand in blocks that say their language") {
  for (const fs::path& document : tests::documents())
    for (const Quoted& q : tests::unmarked_code(document))
      FAIL_CHECK(q.document << ":" << q.line << ": " << q.text
                            << ": write it into a block that begins with ```sh");
}
