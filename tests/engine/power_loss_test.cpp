// Whenever the power fails, a checkpoint can be loaded, and it is no older than the last one whose
// saving was reported as done.
#include <fstream>
#include <iostream>
#include <set>

#include "engine/base/error.h"
#include "engine/safetensors.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/recorded_disk.h"

using tests::Files, tests::RecordedDisk;

namespace {

const char kLast[] = "last.safetensors", kPrevious[] = "previous.safetensors",
           kBest[] = "best.safetensors";

void save(const std::filesystem::path& folder, int version, base::FileCalls calls) {
  const std::vector<float> values(700, float(version));
  std::vector<engine::TensorToStore> tensors{{"a", {700}, "F32", values.data()},
                                             {"b", {100}, "F32", values.data()}};
  engine::write_safetensors(folder / kLast, tensors, {{"version", std::to_string(version)}},
                            folder / kPrevious, std::move(calls));
}

// Reads made-up files as a program would, each content once.
class Reader {
 public:
  // -1: not loadable, or not there.
  int version(const Files& files, const char* name) {
    auto found = files.find(name);
    if (found == files.end()) return -1;
    auto [known, fresh] = versions_.emplace(found->second, -1);
    if (fresh) known->second = read(found->second);
    return known->second;
  }
  size_t contents() const { return versions_.size(); }

 private:
  int read(const std::string& bytes) {
    const std::filesystem::path path = folder_.path() / "x";
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      const engine::SafetensorsFile file(path);
      const int version = std::stoi(file.metadata().at("version"));
      for (const auto& t : file.tensors())
        for (float x : file.read_floats(t)) REQUIRE(x == float(version));
      return version;
    } catch (const base::Error& e) {
      REQUIRE(e.code() == base::ExitCode::checkpoint);
      return -1;
    }
  }
  tests::TemporaryFolder folder_;
  std::map<std::string, int> versions_;
};

// Three checkpoints, after version 0 that was there before; the third becomes the best.
struct Session {
  tests::TemporaryFolder folder;
  std::unique_ptr<RecordedDisk> disk;
  std::vector<size_t> done;  // operations when version 1, 2, ... was reported
  size_t best_done = 0;
  Reader reader;

  explicit Session(bool hard_links = true, bool damaged_last = false) {
    save(folder.path(), 0, base::FileCalls::posix());
    if (damaged_last) {
      std::filesystem::copy_file(folder.path() / kLast, folder.path() / kPrevious);
      std::ofstream(folder.path() / kLast, std::ios::binary) << "not a checkpoint";
    }
    disk = std::make_unique<RecordedDisk>(folder.path());
    for (int version = 1; version <= 3; ++version) {
      save(folder.path(), version, disk->calls(hard_links));
      done.push_back(disk->size());
    }
    base::put_second_name(folder.path() / kLast, folder.path() / kBest, disk->calls(hard_links));
    best_done = disk->size();
  }

  struct Count {
    size_t states = 0, unfinished = 0, none = 0, too_old = 0, unreadable = 0, best_lost = 0;
    bool good() const { return none + too_old + unreadable + best_lost == 0; }
  };
  Count count(int ignored_sync = -1) {
    Count c;
    disk->crash_states(ignored_sync, [&](size_t n, const Files& files) {
      int reported = 0;
      for (size_t at : done) reported += n >= at;
      const int last = reader.version(files, kLast), previous = reader.version(files, kPrevious);
      const int loaded = last >= 0 ? last : previous;  // as resuming does
      ++c.states;
      c.none += loaded < 0;
      c.too_old += loaded >= 0 && loaded < reported;
      for (const auto& [name, bytes] : files) {
        const bool broken = reader.version(files, name.c_str()) < 0;
        (name.ends_with(".safetensors") ? c.unreadable : c.unfinished) += broken;
      }
      c.best_lost += n >= best_done && reader.version(files, kBest) != 3;
    });
    return c;
  }
};

}  // namespace

TEST_CASE("a checkpoint is saved by: write, sync, keep the old, rename, sync the folder") {
  Session s;
  const std::vector<std::string> all = s.disk->words();
  std::vector<std::string> first;
  for (size_t i = 0; i < s.done[0]; ++i)
    if (first.empty() || first.back() != all[i]) first.push_back(all[i]);
  CHECK(first == std::vector<std::string>{
                     "create last.safetensors.tmp", "write last.safetensors.tmp",
                     "sync last.safetensors.tmp", "link last.safetensors previous.safetensors.tmp",
                     "rename last.safetensors.tmp last.safetensors", "sync folder",
                     "rename previous.safetensors.tmp previous.safetensors"});
  const std::vector<std::string> best(all.begin() + long(s.done[2]), all.end());
  CHECK(best == std::vector<std::string>{"link last.safetensors best.safetensors.tmp",
                                         "rename best.safetensors.tmp best.safetensors",
                                         "sync folder"});
  size_t files = 0;
  for ([[maybe_unused]] auto& entry : std::filesystem::directory_iterator(s.folder.path())) ++files;
  CHECK(files == 3);
}

TEST_CASE("power loss: every state of the disk has a checkpoint that is new enough") {
  for (bool hard_links : {true, false}) {
    Session s(hard_links);
    const Session::Count c = s.count();
    std::cout << "power loss, " << (hard_links ? "with" : "without") << " hard links: " << c.states
              << " states, " << s.reader.contents() << " different contents\n";
    CHECK(c.states > 500);
    CHECK(c.unfinished > 100);  // the model does tear what is not synced
    CHECK(s.reader.contents() > 20);
    CHECK(c.none == 0);
    CHECK(c.too_old == 0);
    CHECK(c.unreadable == 0);
    CHECK(c.best_lost == 0);
  }
}

TEST_CASE("power loss: a damaged last checkpoint does not cost the good previous one") {
  for (bool hard_links : {true, false}) {
    Session s(hard_links, true);
    const Session::Count c = s.count();
    CHECK(c.none == 0);
    CHECK(c.too_old == 0);
  }
}

TEST_CASE("power loss: without any one of the syncs, checkpoints would be lost") {
  for (bool hard_links : {true, false}) {
    Session s(hard_links);
    CHECK(s.disk->syncs() == (hard_links ? 7 : 11));
    std::vector<std::string> names;
    for (const std::string& word : s.disk->words())
      if (word.starts_with("sync")) names.push_back(word);
    for (size_t i = 0; i < s.disk->syncs(); ++i) {
      INFO("without sync " << i << ", " << names[i]);
      CHECK_FALSE(s.count(int(i)).good());
    }
  }
}
