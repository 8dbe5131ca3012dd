#include "tools/data/label_page.h"

#include <filesystem>

#include "engine/base/write_file.h"
#include "tools/label_use_report.h"
#include "tools/report/html.h"
#include "tools/report/page.h"
#include "tools/run/page_facts.h"

namespace tools {

void write_label_page(const std::string& path, const std::string& name,
                      const data::DatasetStats& stats, const data::LabelUse& use) {
  std::string sections;
  for (const std::string& line : label_use_lines(use)) sections += report::warning(line);
  sections += report::data_section({{"", stats}});
  base::create_folders(std::filesystem::path(path).parent_path());
  base::write_file(
      path,
      report::page_html({.title = name,
                         .subtitle = "labels of a data set",
                         .tiles = {{report::grouped(stats.images), "images"},
                                   {report::grouped(stats.boxes), "boxes"},
                                   {report::grouped(int64_t(stats.categories.size())), "classes"}},
                         .sections = sections,
                         .closing = run::closing_line("the labels in " + name)}));
}

}  // namespace tools
