#include "data/formats/voc_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "data/formats/coco.h"
#include "data/formats/lines.h"
#include "data/formats/voc.h"
#include "data/image_folder.h"
#include "data/similar_file.h"
#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/permitted.h"
#include "engine/base/start_folder.h"
#include "engine/base/text.h"

namespace data {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;

// A split that has no list. Lists of single classes, such as cat_val.txt, are not offered.
void refuse_missing(const fs::path& list) {
  std::error_code unknown;
  if (fs::exists(list, unknown)) return;
  std::set<std::string> splits;
  for (fs::directory_iterator at(list.parent_path(), unknown), end; !unknown && at != end;
       at.increment(unknown))
    if (const fs::path name = at->path().filename();
        name.extension() == ".txt" && name.string().find('_') == std::string::npos)
      splits.insert(name.stem().string());
  std::string known;
  for (const std::string& split : splits) known += (known.empty() ? "" : ", ") + split;
  fail(ExitCode::data, list.string(), ": there is no list of this split; the folder has ",
       known.empty() ? "no list of a split" : base::printable_path(known),
       ": choose another split, or write the list");
}

// The XML file for a name in a list, relative to the folder. Some tools write the name of the
// picture or of the XML file, with its folder, in place of the name without an ending. If there is
// no file, it is the name with ".xml".
fs::path listed_file(const fs::path& folder, const std::string& name) {
  static const std::set<std::string> kEndings{".xml", ".jpg", ".jpeg", ".png",
                                              ".XML", ".JPG", ".JPEG", ".PNG"};
  const fs::path plain = name + ".xml";
  std::error_code unknown;
  if (fs::exists(folder / plain, unknown)) return plain;
  fs::path path = name;
  if (kEndings.contains(path.extension().string())) path.replace_extension();
  for (const fs::path& as : {path, path.filename()})
    if (const fs::path file = as.string() + ".xml"; fs::exists(folder / file, unknown)) return file;
  return plain;
}

// Reads a file of ImageSets/Main: each line has the name of an image, and perhaps a flag after it.
VocFiles listed_files(const std::string& list, const fs::path& folder, Problems* problems) {
  constexpr uint64_t kLargestList = uint64_t{64} << 20;
  refuse_missing(list);
  base::LoadedFile file(list, kLargestList);
  VocFiles listed;
  int64_t left_out = 0;
  std::set<fs::path> seen;
  for_lines(plain_text(file.bytes(), list), [&](std::string_view line, int number) {
    const std::string name(line.substr(0, line.find_first_of(" \t")));
    if (name.empty()) return;
    const std::string where = fmt::format("{}:{}", list, number);
    const auto leave_out = [&](ProblemKind kind, const std::string& why) {
      ++left_out;
      report(problems, kind, where, why);
    };
    if (!stays_in_folder(name))
      return leave_out(ProblemKind::unsafe_file_name, "the name does not stay below the folder");
    const fs::path path = listed_file(folder, name);
    if (std::error_code unknown; !fs::exists(folder / path, unknown))
      return leave_out(ProblemKind::bad_label_file,
                       "there is no " + base::printable((folder / path).string()) +
                           " for this name" +
                           (left_out == 0 ? similar_path_in_words(folder / path) : "") +
                           "; remove the line, or add the file");
    if (!seen.insert(path).second && listed.repeated++ == 0) listed.first_repeated = where;
    listed.paths.push_back(path);
  });
  if (listed.paths.empty() && left_out == 0) {
    const std::string nothing = nothing_in_words(file.bytes());
    report(problems, ProblemKind::bad_label_file, list,
           (nothing.empty() ? "it lists no image" : nothing) +
               ", expected a name of an image per line");
  }
  return listed;
}

[[noreturn]] void refuse_unfinished(const fs::path& mark) {
  fail(
      ExitCode::data, base::printable(mark.string()),
      ": `ssddata convert` has not ended in this folder, so that label files are missing or are of "
      "an earlier set; convert again, or remove this file if the labels are another set's");
}

// The folder may be a part of the one into which all was to be written: Annotations, or a folder
// in it.
void refuse_unfinished_above(const std::string& folder) {
  constexpr int kAbove = 2;
  std::error_code unknown;
  fs::path at = fs::absolute(folder, unknown).lexically_normal();
  if (!at.has_filename()) at = at.parent_path();  // "folder/"
  for (int i = 0; i <= kAbove && !unknown; ++i, at = at.parent_path()) {
    if (fs::exists(at / kVocUnfinished, unknown)) refuse_unfinished(at / kVocUnfinished);
    if (!at.has_relative_path()) return;
  }
}

}  // namespace

VocFiles find_voc_files(const std::string& folder, const std::string& list, Problems* problems) {
  base::require_permitted(folder);
  if (!fs::is_directory(folder))
    fail(ExitCode::data, folder, ": not a folder, expected one of PASCAL VOC's XML files",
         base::start_folder_in_words(folder));
  refuse_unfinished_above(folder);
  if (!list.empty()) return listed_files(list, folder, problems);
  std::vector<fs::path> paths;
  const auto unseen = walk_visible(folder, [&](const fs::directory_entry& entry) {
    std::error_code unknown;
    if (entry.is_directory(unknown)) base::require_permitted(entry.path());
    const fs::path ending = entry.path().extension();
    if (entry.path().filename() == kVocUnfinished) refuse_unfinished(entry.path());
    if (ending == ".xml" || ending == ".XML")
      paths.push_back(entry.path().lexically_relative(folder));
    return true;
  });
  if (unseen.count > 0)
    fail(ExitCode::data, folder, ": ", unseen.in_words(),
         "; its labels would be left out: mend that, or take the folder away");
  if (paths.empty()) fail(ExitCode::data, folder, ": no .xml files");
  std::sort(paths.begin(), paths.end());
  return {.paths = std::move(paths), .repeated = 0, .first_repeated = ""};
}

bool has_voc_layout(const std::string& folder) {
  std::error_code unknown;
  return fs::is_directory(fs::path(folder) / "Annotations", unknown);
}

bool has_voc_splits(const std::string& folder) {
  std::error_code unknown;
  return has_voc_layout(folder) && fs::is_directory(fs::path(folder) / kVocSplits, unknown);
}

}  // namespace data
