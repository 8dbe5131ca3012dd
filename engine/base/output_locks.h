// Keeps a second program from writing the same outputs at the same time.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace base {

enum class LockKind { alone, shared };  // shared: with others who share it, but with nobody alone

// Holds the locks of outputs until it is destroyed. A lock is a hidden file beside the output, or
// in the folder of outputs. The last program that holds it removes it at the end. If the program is
// killed, the file stays, but the system has released the lock.
class OutputLocks {
 public:
  OutputLocks();
  ~OutputLocks();
  OutputLocks(OutputLocks&&) noexcept;
  OutputLocks& operator=(OutputLocks&&) noexcept;

  // Locks a file, or all files whose names begin with `name`; messages call it `option`. Creates
  // the folder, and removes it at the end if it is still empty. Does nothing if this object has
  // the lock already. Throws Error(usage) if another program has it, and Error(data) if its file
  // cannot be made.
  void take_name(const std::string& option, const std::filesystem::path& name);
  // The same for all files of a folder. The lock of a folder may be shared.
  void take_folder(const std::string& option, const std::filesystem::path& folder,
                   LockKind kind = LockKind::alone);

 private:
  struct Lock;
  void take(const std::string& option, const std::filesystem::path& file,
            const std::filesystem::path& output, LockKind kind);
  void make_folders(const std::filesystem::path& folder);
  void release();

  std::vector<std::unique_ptr<Lock>> locks_;
  std::vector<std::filesystem::path> made_;  // folders, the outer ones first
};

}  // namespace base
