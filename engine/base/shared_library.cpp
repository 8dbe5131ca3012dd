#include "engine/base/shared_library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <link.h>

#include "engine/base/error.h"

namespace base {
namespace {

void* open(const std::string& path) { return ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL); }

}  // namespace

SharedLibrary::SharedLibrary(LibraryPlace place) : place_(std::move(place)) {
  std::erase(place_.folders, "");
  std::string reason;  // why the first name was not found: the best one, on the loader's path
  const auto take = [&](const std::string& path, const std::string& name) {
    handle_ = open(path);
    if (!handle_ && reason.empty()) reason = ::dlerror();
    if (handle_) name_ = name;
    return handle_ != nullptr;
  };
  for (const std::string& name : place_.names)
    if (take(name, name)) return;
  for (const std::string& folder : place_.folders)
    for (const std::string& name : place_.names)
      if (take(folder + "/" + name, name)) return;
  const std::string also =
      place_.folders.empty() ? ""
                             : fmt::format("; also looked in {}", fmt::join(place_.folders, ", "));
  fail(ExitCode::resources, place_.title, " cannot be opened (", reason, also, "): ", place_.cure,
       " or put its folder into LD_LIBRARY_PATH");
}

void* SharedLibrary::address_of(const char* symbol) const {
  if (void* found = ::dlsym(handle_, symbol)) return found;
  fail(ExitCode::resources, file(), " has no ", symbol, ": ", place_.cure);
}

std::string SharedLibrary::file() const {
  link_map* map = nullptr;
  return ::dlinfo(handle_, RTLD_DI_LINKMAP, &map) == 0 ? map->l_name : name_;
}

}  // namespace base
