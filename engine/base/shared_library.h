// Opens libraries that a program can do without, when they are first needed.
#pragma once
#include <string>
#include <type_traits>
#include <vector>

namespace base {

struct LibraryPlace {
  std::string title;                 // what messages call it: "NCCL"
  std::vector<std::string> names;    // of its file, the best first: "libnccl.so.2"
  std::vector<std::string> folders;  // to look in after the loader's path; empty ones are left out
  std::string cure;                  // what the user may do: "install NCCL 2"
};

// It stays open until the process ends, because other libraries may hold its functions.
class SharedLibrary {
 public:
  // Takes the first name that opens, by the loader's path and then in each folder. Throws
  // Error(resources) if there is none; the message has the loader's reason and the folders.
  explicit SharedLibrary(LibraryPlace);

  // Sets the pointer to the function of that name. Throws Error(resources) if there is none.
  template <class Function> void find(Function& function, const char* symbol) const {
    function = reinterpret_cast<std::decay_t<Function>>(address_of(symbol));
  }
  // The path of its file, or the name if the loader does not tell.
  std::string file() const;

 private:
  void* address_of(const char* symbol) const;

  LibraryPlace place_;
  std::string name_;  // the one that was taken
  void* handle_ = nullptr;
};

}  // namespace base
