#include "tests/support/recorded_disk.h"

#include <fcntl.h>

#include <cerrno>
#include <fstream>
#include <stdexcept>

namespace tests {

namespace fs = std::filesystem;
using base::FileCalls;

namespace {

constexpr size_t kSector = 512;

struct Bytes {
  std::string durable;
  std::vector<std::string> pending;  // writes since
};

enum class Loss { nothing, pending_bytes, pending_zeros, torn };

std::string after(const Bytes& b, Loss loss, size_t kept_of_last) {
  std::string all = b.durable;
  if (loss == Loss::pending_bytes) return all;
  for (size_t i = 0; i < b.pending.size(); ++i) {
    const std::string& w = b.pending[i];
    if (loss == Loss::pending_zeros)
      all += std::string(w.size(), '\0');
    else
      all += loss == Loss::torn && i + 1 == b.pending.size() ? w.substr(0, kept_of_last) : w;
  }
  return all;
}

}  // namespace

RecordedDisk::RecordedDisk(fs::path folder) : folder_(std::move(folder)) {
  for (const auto& entry : fs::directory_iterator(folder_)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string name = entry.path().filename().string();
    first_[name] = {std::istreambuf_iterator<char>(file), {}};
  }
  for (const auto& [name, bytes] : first_) names_[name] = next_file_++;
}

std::string RecordedDisk::name_of(const char* path) const {
  const fs::path p(path);
  if (p == folder_) return "";
  if (p.parent_path() != folder_) throw std::logic_error(std::string("not in the folder: ") + path);
  return p.filename().string();
}

FileCalls RecordedDisk::calls(bool hard_links) {
  const FileCalls real = FileCalls::posix();
  FileCalls c;
  c.open = [this, real](const char* path, int flags, mode_t mode) {
    const int descriptor = real.open(path, flags, mode);
    if (descriptor < 0) return descriptor;
    const std::string name = name_of(path);
    opened_[descriptor] = name;
    if (!name.empty()) {
      if (names_.contains(name)) throw std::logic_error("recorded disk: file written again");
      file_of_[descriptor] = names_[name] = next_file_;
      operations_.push_back({Kind::create, next_file_++, name});
    }
    return descriptor;
  };
  c.write = [this, real](int descriptor, const void* data, size_t n) {
    operations_.push_back({Kind::write,
                           file_of_.at(descriptor),
                           opened_.at(descriptor),
                           "",
                           {static_cast<const char*>(data), n}});
    return real.write(descriptor, data, n);
  };
  c.fsync = [this](int descriptor) {
    const std::string& name = opened_.at(descriptor);
    if (name.empty())
      operations_.push_back({Kind::sync_folder});
    else
      operations_.push_back({Kind::sync, file_of_.at(descriptor), name});
    return 0;  // the model keeps account of it
  };
  c.close = [this, real](int descriptor) {
    opened_.erase(descriptor);
    return real.close(descriptor);
  };
  c.rename = [this, real](const char* from, const char* to) {
    if (real.rename(from, to) != 0) return -1;
    const std::string a = name_of(from), b = name_of(to);
    if (names_.contains(b) && names_[a] == names_[b]) return 0;  // then nothing happens
    operations_.push_back({Kind::rename, names_.at(a), a, b});
    names_[b] = names_.at(a);
    names_.erase(a);
    return 0;
  };
  c.link = [this, real, hard_links](const char* from, const char* to) {
    if (!hard_links) errno = EPERM;
    if (!hard_links || real.link(from, to) != 0) return -1;
    const std::string a = name_of(from), b = name_of(to);
    operations_.push_back({Kind::link, names_.at(a), a, b});
    names_[b] = names_.at(a);
    return 0;
  };
  c.unlink = [this, real](const char* path) {
    if (real.unlink(path) != 0) return -1;
    operations_.push_back({Kind::unlink, -1, name_of(path)});
    names_.erase(name_of(path));
    return 0;
  };
  return c;
}

std::vector<std::string> RecordedDisk::words() const {
  static const char* const kWords[] = {"create", "write",  "sync",  "sync folder",
                                       "link",   "rename", "unlink"};
  std::vector<std::string> all;
  for (const Operation& o : operations_) {
    std::string text = kWords[int(o.kind)];
    for (const std::string& name : {o.from, o.to}) {
      const size_t mark = name.find(base::kTemporaryMark);
      if (!name.empty()) text += " " + (mark == name.npos ? name : name.substr(0, mark) + ".tmp");
    }
    all.push_back(text);
  }
  return all;
}

size_t RecordedDisk::syncs() const {
  size_t n = 0;
  for (const Operation& o : operations_) n += o.kind == Kind::sync || o.kind == Kind::sync_folder;
  return n;
}

struct RecordedDisk::Disk {
  std::map<std::string, int> durable_names;
  std::vector<const Operation*> pending;  // changes of names
  std::map<int, Bytes> bytes;

  static void apply(std::map<std::string, int>& names, const Operation& o) {
    auto from = names.find(o.from);
    if (o.kind == Kind::create) names[o.from] = o.file;
    if (o.kind == Kind::link || o.kind == Kind::rename) names[o.to] = o.file;
    if (from == names.end()) return;
    if (o.kind == Kind::unlink || (o.kind == Kind::rename && from->second == o.file))
      names.erase(from);
  }

  void run(const Operation& o, bool ignored) {
    if (ignored) return;
    if (o.kind == Kind::write) {
      bytes[o.file].pending.push_back(o.bytes);
    } else if (o.kind == Kind::sync) {
      bytes[o.file].durable = after(bytes[o.file], Loss::nothing, 0);
      bytes[o.file].pending.clear();
    } else if (o.kind == Kind::sync_folder) {
      for (const Operation* p : pending) apply(durable_names, *p);
      pending.clear();
    } else {
      pending.push_back(&o);
    }
  }

  size_t last_write() const {
    size_t longest = 0;
    for (const auto& [file, b] : bytes)
      if (!b.pending.empty()) longest = std::max(longest, b.pending.back().size());
    return longest;
  }

  void visit_losses(const std::map<std::string, int>& names,
                    const std::function<void(const Files&)>& visit) const {
    auto show = [&](Loss loss, size_t kept) {
      Files files;
      for (const auto& [name, file] : names) {
        auto found = bytes.find(file);
        files[name] = found == bytes.end() ? "" : after(found->second, loss, kept);
      }
      visit(files);
    };
    for (Loss loss : {Loss::nothing, Loss::pending_bytes, Loss::pending_zeros}) show(loss, 0);
    for (size_t kept = 0; kept < last_write(); kept += kSector) show(Loss::torn, kept);
  }

  void visit_states(const std::function<void(const Files&)>& visit) const {
    if (pending.size() > 12) throw std::logic_error("recorded disk: too many subsets");
    for (size_t subset = 0; subset < (size_t(1) << pending.size()); ++subset) {
      std::map<std::string, int> names = durable_names;
      for (size_t i = 0; i < pending.size(); ++i)
        if (subset >> i & 1) apply(names, *pending[i]);
      visit_losses(names, visit);
    }
  }
};

void RecordedDisk::crash_states(int ignored_sync,
                                const std::function<void(size_t, const Files&)>& visit) const {
  Disk disk;
  int file = 0;
  for (const auto& [name, bytes] : first_) {
    disk.durable_names[name] = file;
    disk.bytes[file++].durable = bytes;
  }
  int syncs = 0;
  for (size_t n = 0;; ++n) {
    disk.visit_states([&](const Files& files) { visit(n, files); });
    if (n == operations_.size()) return;
    const Operation& o = operations_[n];
    const bool sync = o.kind == Kind::sync || o.kind == Kind::sync_folder;
    disk.run(o, sync && syncs++ == ignored_sync);
  }
}

}  // namespace tests
