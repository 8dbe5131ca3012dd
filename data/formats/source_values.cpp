#include "data/formats/source_values.h"

#include "data/formats/voc.h"
#include "data/formats/yolo_source.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

// Options of a program that does not take the whole source have the usual names, too.
[[noreturn]] void refuse(const Source& source, const std::string& name, const std::string& why) {
  const std::string option = source.option(name);
  base::fail(base::ExitCode::usage, option.empty() ? "--" + name : option, why,
             "; leave it away, or name other data");
}

void refuse_split(const Source& s) {
  const std::string name = base::printable(s.path());
  if (!s.annotations.empty())
    refuse(s, "split", ": a COCO file has no splits; all images of " + name + " are read");
  if (!s.tfrecords.empty())
    refuse(s, "split", ": TFRecord shards have no splits; all images of " + name + " are read");
  if (!s.voc.empty() && !has_voc_splits(s.voc))
    refuse(s, "split",
           ": " + name + " has no " + kVocSplits +
               ", which would list splits; all its images are "
               "read");
  if (!s.yolo.empty() && !has_yolo_yaml(s.yolo))
    refuse(s, "split",
           ": " + name + " has no data.yaml, which would list splits; all its images are read");
}

}  // namespace

void refuse_unread_values(const Source& s, const GivenValues& given) {
  if (!s.given()) return;
  require_one_format(s, s.prefix);  // else a value may be told to fit none of them
  const bool records = !s.tfrecords.empty(), yaml = !s.yolo.empty() && has_yolo_yaml(s.yolo);
  if (!s.images.empty() && records) refuse(s, "images", ": TFRecord shards hold their images");
  if (!s.images.empty() && yaml)
    refuse(s, "images", ": the data.yaml says where the images are (path, train, val)");
  if (!s.names.empty() && s.voc.empty() && s.yolo.empty())
    refuse(s, "names", " serves only " + s.option("voc") + " and " + s.option("yolo"));
  if (!s.names.empty() && yaml) refuse(s, "names", ": the data.yaml has the names of the classes");
  if (!s.label_map.empty() && !records)
    refuse(s, "label_map", " serves only " + s.option("tfrecords"));
  if (given.keep_grouping_class && s.annotations.empty())
    refuse(
        s, "keep_grouping_class",
        " serves only " + s.option("annotations") + ": in other formats no category groups others");
  if (given.split) refuse_split(s);
}

}  // namespace data
