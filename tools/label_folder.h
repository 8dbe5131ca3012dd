// A folder of YOLO label files, whose numbers mean the classes of the classes.txt in it.
#pragma once
#include <set>
#include <string>

namespace tools {

struct LabelFolder {
  std::string option;             // the option that names the folder, for messages
  std::string path;               // nothing is checked if it is empty
  std::string class_names;        // what its classes.txt is going to be
  std::string owner;              // of these classes, for messages, such as "the model"
  std::set<std::string> written;  // label files that are replaced, relative to the folder
  bool with_folders = false;      // whether label files lie in folders below it, too
};

// Whether its classes.txt has these names already. Lines may end as on Windows, since other
// programs write classes.txt, too.
bool has_class_names(const LabelFolder& folder);

// Throws Error(usage) if the folder has label files of other classes that are not replaced. Their
// numbers would be read as classes of the new classes.txt.
void refuse_other_classes(const LabelFolder& folder);

// Throws Error(usage) if `path` is a label file whose first line has no score behind its five
// numbers. Somebody made such labels, and a detector's boxes must not replace them.
void refuse_made_labels(const std::string& option, const std::string& path);

}  // namespace tools
