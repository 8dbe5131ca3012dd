// ssddetect --watch loses no file: docs/detections.md has the rules.
#include "tools/detect/folder_watch.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/paths.h"

namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds kPatience(5);  // for a name that has to come
constexpr std::chrono::milliseconds kCalm(300);

// A watched folder, and how often each name was given.
class Watched {
 public:
  std::string at(const std::string& name) const { return folder_.path() / "in" / name; }
  std::string outside(const std::string& name) const { return folder_.path() / name; }
  void write(const std::string& path, const std::string& text = "x") const {
    std::ofstream(path, std::ios::binary) << text;
  }
  // Takes names until nothing came for so long.
  void take_all(steady_clock::duration calm) {
    while (true) {
      end_ = steady_clock::now() + calm;
      const auto paths = watch_.next(100);
      if (paths.empty()) return;
      bool all_in_folder = true;
      for (const std::string& path : paths) {
        all_in_folder &= fs::path(path).parent_path() == fs::path(at("")).parent_path();
        ++given_[fs::path(path).filename()];
      }
      CHECK(all_in_folder);
    }
  }
  std::map<std::string, int> taken(steady_clock::duration calm = kCalm) {
    given_.clear();
    take_all(calm);
    return given_;
  }

 private:
  tests::TemporaryFolder folder_;
  bool made_ = fs::create_directory(folder_.path() / "in");
  steady_clock::time_point end_;
  std::map<std::string, int> given_;
  tools::FolderWatch watch_{at(""), [this] { return steady_clock::now() > end_; }};
};

// More files than the system remembers events; 0 if those are too many for a test.
int flood_size() {
  constexpr int kMost = 100000, kBeyond = 500;
  int most = 16384;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
  return most > kMost ? 0 : most + kBeyond;
}

std::set<std::string> flood(const Watched& folder, int count) {
  std::set<std::string> names;
  for (int i = 0; i < count; ++i) {
    const std::string name = fmt::format("flood_{}.jpg", i);
    folder.write(folder.at(name));
    names.insert(name);
  }
  return names;
}

size_t found_of(const std::map<std::string, int>& given, const std::set<std::string>& names) {
  size_t found = 0;
  for (const std::string& name : names) found += given.contains(name);
  return found;
}

using Given = std::map<std::string, int>;

}  // namespace

TEST_CASE("watch: a file comes when it is written, moved in or linked, and each time again") {
  Watched folder;
  std::ofstream slow(folder.at("slow.jpg"));
  slow << "half" << std::flush;
  CHECK(folder.taken().empty());
  slow << "whole" << std::flush;
  slow.close();
  CHECK(folder.taken() == Given{{"slow.jpg", 1}});

  folder.write(folder.outside("a.png"));
  fs::rename(folder.outside("a.png"), folder.at("a.png"));
  folder.write(folder.outside("b.jpeg"));
  fs::create_symlink(folder.outside("b.jpeg"), folder.at("soft.JPG"));
  fs::create_hard_link(folder.outside("b.jpeg"), folder.at("hard.jpg"));
  CHECK(folder.taken() == Given{{"a.png", 1}, {"soft.JPG", 1}, {"hard.jpg", 1}});

  folder.write(folder.at("a.png"), "other");
  CHECK(folder.taken() == Given{{"a.png", 1}});
  folder.write(folder.at("tmp"));
  fs::rename(folder.at("tmp"), folder.at("a.png"));
  CHECK(folder.taken() == Given{{"a.png", 1}});
  fs::rename(folder.at("a.png"), folder.at("c.png"));
  CHECK(folder.taken() == Given{{"c.png", 1}});

  folder.write(folder.at(".hidden.jpg"));
  folder.write(folder.at("notes.txt"));
  fs::create_directory(folder.at("folder.jpg"));
  CHECK(folder.taken().empty());
}

TEST_CASE("watch: events that the system forgets lose no file") {
  const int count = flood_size();
  if (count == 0) return;
  Watched folder;
  std::ofstream held(folder.at("held.jpg"));  // written now, closed when its event is lost
  held << "whole" << std::flush;
  folder.write(folder.at("old.jpg"));
  CHECK(folder.taken() == Given{{"old.jpg", 1}});
  // Longer than clocks are coarse: what was written before is not told by its time.
  std::this_thread::sleep_for(std::chrono::milliseconds(5200));
  folder.write(folder.at("late.jpg"));
  CHECK(folder.taken() == Given{{"late.jpg", 1}});

  const std::set<std::string> names = flood(folder, count);
  held.close();
  const Given given = folder.taken(kPatience);
  CHECK(found_of(given, names) == names.size());
  CHECK(given.contains("held.jpg"));
  // Two versions of late.jpg can have one time, and the event of the second one may be lost.
  CHECK(given.contains("late.jpg"));
  CHECK_FALSE(given.contains("old.jpg"));
}

TEST_CASE("watch: files that come while the folder is looked through are found") {
  const int count = flood_size();
  if (count == 0) return;
  Watched folder;
  const std::set<std::string> names =
      flood(folder, count);  // the events are more than it remembers
  std::set<std::string> more;
  std::thread writer([&] {
    for (int i = 0; i < count / 2; ++i) {
      const std::string name = fmt::format("more_{}.jpg", i);
      const std::string unfinished = folder.at("unfinished");
      folder.write(unfinished);
      fs::rename(unfinished, folder.at(name));
      more.insert(name);
    }
  });
  const Given first = folder.taken(kPatience);
  writer.join();
  CHECK(found_of(first, names) == names.size());
  CHECK(found_of(first, more) == more.size());
}

TEST_CASE("watch: the folder that is no more is an error, after the files that came") {
  Watched folder;
  folder.write(folder.at("a.jpg"));
  fs::remove_all(folder.at(""));
  CHECK_THROWS_WITH(folder.take_all(kPatience), Catch::Contains("was removed or moved away"));
}
