// The page around the sections.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "data/check/dataset_stats.h"

namespace report {

struct Fact {
  std::string name, value;  // a fact without a name is only a value
};

struct Page {
  std::string title, subtitle;
  std::vector<std::pair<std::string, std::string>> tiles;  // value and name of the main metrics
  std::string sections;                                    // HTML
  bool running = false;  // the page loads itself again every minute
  std::string closing;   // the last line: what the page is about, and who wrote it
};

// Calls `make` and returns its section. Whatever that throws costs only this section, which then
// says why.
std::string section_or_reason(const std::string& id, const std::string& title,
                              const std::function<std::string()>& make);

// Makes a page that is one file: style and script are part of it, and a content security policy
// forbids it to load anything and to run any other script.
std::string page_html(const Page&);

// What one or two data sets hold: counts, histograms, and where and how large the boxes are. A
// single one needs no name.
struct NamedStats {
  std::string name;
  data::DatasetStats stats;
};
std::string data_section(const std::vector<NamedStats>& sets);
// A section with `words`, a list of those facts that matter most, and a table of all.
std::string facts_section(const std::string& id, const std::string& title, const std::string& words,
                          const std::vector<Fact>& first, const std::vector<Fact>& all);

// The values of a JSON object, by their paths: "train.batch_size", "16". Arrays stay whole. Throws
// Error(data) if the text is no whole JSON.
std::vector<Fact> facts_of_json(const std::string& json);

}  // namespace report
