#include "tests/support/data_folder.h"

#include <filesystem>

#include "data/image/jpeg.h"
#include "engine/base/write_file.h"
#include "tests/support/picture.h"

namespace tests {

namespace fs = std::filesystem;

void DataFolder::text(const std::string& name, const std::string& content) const {
  fs::create_directories(fs::path(at(name)).parent_path());
  base::write_file(at(name), content);
}

void DataFolder::image(const std::string& name) const {
  fs::create_directories(fs::path(at(name)).parent_path());
  base::write_file(at(name), data::encode_jpeg(picture(40, 20), 90));
}

}  // namespace tests
