// The options with which a user names a data set.
#pragma once
#include <optional>
#include <string>

#include "data/check/image_lookup.h"
#include "data/dataset.h"
#include "data/formats/source.h"
#include "tools/options.h"

namespace tools {

// Adds --exif. `standard` says in the help what happens without the option.
void add_exif_option(Options& opts, std::optional<data::ExifPolicy>& exif,
                     const std::string& standard);

// Writes a note if two categories have one name.
void tell_same_names(const data::Dataset&);

// "note: the images were not found, so it is not known whether EXIF turns them: if it does, boxes
// made for the stored pixels ...; give --images". Empty if an image was found, or if there is none.
// `consequence`: such as "are wrong in the new set".
std::string unseen_in_words(const data::FileLookup&, const std::string& consequence);

struct DatasetInput {
  data::Source source;
  std::optional<data::ExifPolicy> exif;  // this and the next member are empty if not given
  std::optional<bool> follow_links;
  bool split_given = false;
  bool leave_out_faulty = false;  // entries of a COCO file that cannot be used are no error

  // Adds an option for each format, the options that belong to formats, and those that say how
  // images are read.
  void add_options(Options& opts);
  // Returns `source` with the policy of the options, or of `standard` where no option is given.
  // Throws Error(usage) if an option has no effect on the data set that is given
  // (data::refuse_unread_values).
  data::Source with_policy(data::ImagePolicy standard = {}) const;
  // Calls data::open, whose errors it has, and prints the data set's notes to stderr. If faulty
  // entries are to be left out, it prints how many there are of each kind.
  data::Dataset load(data::Problems* problems = nullptr) const;
  // Does the same, and turns labels that were made for the stored pixels together with their
  // pictures. Lines on stderr count the pictures that EXIF turns, and those whose size is not the
  // annotated one; under the policy `stored` these are an Error(data). Images that do not exist
  // stay as annotated.
  data::Dataset load_with_images() const;
  // Does the same, and fills in `files` with what was found in the image files.
  data::Dataset load_with_images(data::FileLookup& files) const;
  // Throws Error(usage) if a COCO file is given without the folder of its images, and its first
  // image is not below the file's own folder, either. `task` says in the message for what the
  // images are needed.
  void require_images(const data::Dataset& dataset, const std::string& task) const;
  std::string name() const { return source.path(); }
};

}  // namespace tools
