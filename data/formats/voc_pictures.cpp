#include "data/formats/voc_pictures.h"

#include <fmt/format.h>

#include "data/formats/coco.h"
#include "data/likely_name.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/permitted.h"
#include "engine/base/text.h"

namespace data {
namespace {

namespace fs = std::filesystem;

std::string stem_below(const fs::path& relative) {
  return fs::path(relative).replace_extension().generic_string();
}

}  // namespace

VocPictures::VocPictures(const std::string& folder) : folder_(folder) {
  base::require_permitted(folder);
  std::error_code unknown;
  exists_ = fs::is_directory(folder, unknown);
  if (exists_) found_ = list_images(folder, true);
  for (const fs::path& image : found_.images) {
    names_.insert(image.generic_string());
    by_stem_.try_emplace(stem_below(image), image.generic_string());
  }
}

std::string VocPictures::count(const std::string& picture) {
  if (!used_.insert(picture).second && shared_++ == 0) first_shared_ = picture;
  return picture;
}

// Some tools write the whole path on the machine where the picture was labelled.
std::string VocPictures::named_by(const std::string& filename, bool usable) const {
  const std::string last(without_folders(filename));
  if (!names_.contains(filename) && names_.contains(last)) return last;
  return usable ? filename : "";
}

std::string VocPictures::find(const fs::path& xml, const std::string& filename) {
  ++files_;
  const bool usable = stays_in_folder(filename);
  const std::string named = named_by(filename, usable);
  const bool alike = !named.empty() && fs::path(named).stem() == xml.stem();
  if (alike && names_.contains(named)) return count(named);
  if (auto own = by_stem_.find(stem_below(xml)); own != by_stem_.end()) {
    const bool other = !filename.empty() && !alike && named != xml.stem().string();
    if (other && renamed_++ == 0)
      first_renamed_ = fmt::format("{} names {}, {} was taken", xml.generic_string(),
                                   base::printable_name(filename), own->second);
    return count(own->second);
  }
  const std::string assumed = named.empty() ? stem_below(xml) + ".jpg" : named;
  if (names_.contains(assumed)) return count(assumed);
  if (!filename.empty() && !usable) {
    --files_;
    return "";
  }
  if (exists_ && missing_++ == 0)
    first_missing_ = fmt::format("{} of {}", base::printable_name(assumed), xml.generic_string());
  return assumed;
}

void VocPictures::add_damaged(const fs::path& xml, const std::string& filename) {
  ++damaged_;
  if (const std::string named = named_by(filename, false); names_.contains(named))
    used_.insert(named);
  else if (auto own = by_stem_.find(stem_below(xml)); own != by_stem_.end())
    used_.insert(own->second);
}

void VocPictures::require_one(const std::string& files, const std::string& images_option) const {
  if (!exists_ || files_ == 0 || missing_ < files_ || fs::path(folder_) == fs::path(files)) return;
  base::fail(
      base::ExitCode::data, files, ": ", base::counted(files_, "XML file"),
      ", and none has its picture in ", folder_, " (the first is ", base::printable(first_missing_),
      ")", images_option.empty() ? "" : "; give the folder of the pictures with " + images_option);
}

std::string VocPictures::note(const std::string& files, bool all) const {
  std::string text = fmt::format("{}: {}", files, base::counted(files_ + damaged_, "XML file"));
  if (damaged_ > 0) text += fmt::format(", {} of them damaged and left out", damaged_);
  if (!exists_)
    return text + fmt::format("; {} is not a folder, so no picture was looked for", folder_);
  text +=
      fmt::format(", {} with a picture in {}, {} without", files_ - missing_, folder_, missing_);
  if (missing_ > 0) text += fmt::format(" (the first is {})", first_missing_);
  if (renamed_ > 0)
    text += fmt::format("; {} name another picture than the one that has their own name ({})",
                        renamed_, first_renamed_);
  if (shared_ > 0)
    text += fmt::format("; {} have the picture of another file ({})", shared_, first_shared_);
  if (all)
    text += fmt::format("; {} without an XML file left out",
                        base::counted(int64_t(names_.size() - used_.size()), "picture"));
  if (!found_.others.empty()) text += "; " + in_words(found_.others);
  if (found_.hidden > 0) text += "; " + hidden_in_words(found_.hidden) + " left out";
  return text;
}

}  // namespace data
