// Lets a test meet rights of files, which do not hold for root.
#pragma once
#include <filesystem>

namespace tests {

// Within its scope, root is a user without rights of its own; any other user stays what it is. The
// rights are those of the effective user, so programs that are started are still root's.
class Unprivileged {
 public:
  Unprivileged();
  ~Unprivileged();
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

  // Whether the rights of files hold now. They do not where the system does not let root change.
  bool holds() const;

 private:
  bool changed_ = false;
};

// Sets a folder's rights for its scope.
class Rights {
 public:
  Rights(std::filesystem::path path, std::filesystem::perms rights);
  ~Rights();
  Rights(const Rights&) = delete;
  Rights& operator=(const Rights&) = delete;

 private:
  std::filesystem::path path_;
  std::filesystem::perms before_;
};

}  // namespace tests
