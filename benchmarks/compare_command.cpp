// `ssdbench compare`: what differs between two results of the other commands.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "benchmarks/commands.h"
#include "benchmarks/result_rows.h"
#include "engine/base/error.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"

namespace {

using benchmarks::Quartiles, benchmarks::ResultFile, benchmarks::ResultRows;

// Beyond noise: the middle half of the times of one does not meet the middle half of the other.
const char* verdict(const Quartiles& before, const Quartiles& after) {
  if (after.p25 > before.p75) return "SLOWER";
  if (after.p75 < before.p25) return "faster";
  return "same";
}

// A case in words. Its rows are told apart if there are more of them.
std::string words_of(const ResultRows::key_type& row) {
  return row.second == 1 ? row.first : fmt::format("{} (row {} of it)", row.first, row.second);
}

// One line for each row of the first file that the second file lacks.
std::vector<std::string> only_in(const std::string& path, const ResultRows& rows,
                                 const ResultRows& others) {
  std::vector<std::string> lines;
  for (const auto& [row, times] : rows)
    if (!others.contains(row))
      lines.push_back(fmt::format("{}: {}", base::printable(path), words_of(row)));
  return lines;
}

void print_unpaired(const std::vector<std::string>& lines) {
  constexpr size_t kShown = 10;
  for (size_t i = 0; i < std::min(kShown, lines.size()); ++i) fmt::print("  {}\n", lines[i]);
  if (lines.size() > kShown) fmt::print("  and {} more\n", lines.size() - kShown);
}

// Prints the rows that both files have. Returns how many became slower.
int print_pairs(const ResultRows& before, const ResultRows& after) {
  int slower = 0;
  fmt::print("{:8} {:>12} {:>12} {:>8}  case\n", "", "before, s", "after, s", "ratio");
  for (const auto& [row, then] : before) {
    const auto at = after.find(row);
    if (at == after.end()) continue;
    const char* said = verdict(then, at->second);
    fmt::print("{:8} {:12.5f} {:12.5f} {:8.3f}  {}\n", said, then.median, at->second.median,
               at->second.median / then.median, words_of(row));
    slower += *said == 'S';
  }
  return slower;
}

// Tells what makes times differ: a disturbed measurement and another CPU, which are no gain or loss
// of the code, with a warning; and the versions of the program.
void tell_about_machines(const std::string& before_path, const ResultFile& before,
                         const std::string& after_path, const ResultFile& after) {
  for (const auto& [path, file] : {std::pair(&before_path, &before), {&after_path, &after}})
    if (!file->notices.empty())
      base::tell(fmt::format("warning: {}: its own measurement was disturbed: {}", *path,
                             fmt::join(file->notices, "; ")));
  for (const auto& [what, a, b] : {std::tuple("warning: the CPU", &before.cpu, &after.cpu),
                                   {"the version of the program", &before.version, &after.version}})
    if (!a->empty() && !b->empty() && *a != *b)
      base::tell(
          fmt::format("{} is {} in {}, and {} in {}", what, *a, before_path, *b, after_path));
}

// Names the settings of which the files have no value in common.
std::string difference_in_words(const ResultFile& before, const ResultFile& after) {
  std::vector<std::string> differ;
  std::map<std::string, std::set<std::string>> all = before.settings;
  all.insert(after.settings.begin(), after.settings.end());
  const auto values = [](const ResultFile& file, const std::string& name) {
    const auto at = file.settings.find(name);
    return at == file.settings.end() ? std::set<std::string>{"absent"} : at->second;
  };
  for (const auto& [name, ignored] : all) {
    const std::set<std::string> a = values(before, name), b = values(after, name);
    if (std::none_of(a.begin(), a.end(), [&](const std::string& v) { return b.contains(v); }))
      differ.push_back(
          fmt::format("{} is {} and {}", name, fmt::join(a, " or "), fmt::join(b, " or ")));
  }
  if (differ.empty()) return "every setting alone has the same value somewhere in both";
  return fmt::format("{}", fmt::join(differ, ", "));
}

int compare(const std::string& before_path, const std::string& after_path) {
  const ResultFile before_file = benchmarks::read_result_file(before_path),
                   after_file = benchmarks::read_result_file(after_path);
  const ResultRows &before = before_file.rows, &after = after_file.rows;
  std::vector<std::string> unpaired = only_in(before_path, before, after);
  const size_t shared = before.size() - unpaired.size();
  if (!shared)
    base::fail(base::ExitCode::data, before_path, " and ", after_path,
               " have no case in common, which is a row with the same settings in both: ",
               difference_in_words(before_file, after_file));
  tell_about_machines(before_path, before_file, after_path, after_file);
  const std::vector<std::string> added = only_in(after_path, after, before);
  unpaired.insert(unpaired.end(), added.begin(), added.end());
  const int slower = print_pairs(before, after);
  fmt::print("{} of {} cases slower; {} {} in one file only{}\n", slower, shared, unpaired.size(),
             unpaired.size() == 1 ? "case is" : "cases are", unpaired.empty() ? "" : ":");
  print_unpaired(unpaired);
  return slower ? 1 : 0;
}

struct Options {
  std::string before, after;
};

}  // namespace

namespace benchmarks {

Command add_compare_command(tools::Program& program) {
  auto o = std::make_shared<Options>();
  tools::Options opts = program.add_command(
      "compare", "Compares two results of --json; ends with 1 if a case became slower");
  opts.add("before", o->before, "JSON of the older run").required();
  opts.add("after", o->after, "JSON of the newer run").required();
  return {opts, [o] { return compare(o->before, o->after); }};
}

}  // namespace benchmarks
