// ssdbench compare: what counts as slower, and files that are no results.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/support/tools/ssdbench.h"

namespace fs = std::filesystem;
using json = nlohmann::json;
using tests::bench;

namespace {

json step_row(int batch, double p25, double median, double p75) {
  return {{"mode", "infer"},
          {"batch", batch},
          {"ms_per_step", {{"p25", p25}, {"median", median}, {"p75", p75}}}};
}

void write_json(const fs::path& path, const json& j) { std::ofstream(path) << j.dump(); }

}  // namespace

TEST_CASE("ssdbench compare: slower only where the middle halves do not meet") {
  const tests::TemporaryFolder folder;
  const fs::path before = folder.path() / "a.json", after = folder.path() / "b.json";
  const std::string both = "compare " + before.string() + " " + after.string();
  write_json(before, {{"results", {step_row(1, 9, 10, 11), step_row(2, 9, 10, 11)}}});

  write_json(after, {{"results", {step_row(1, 10.5, 12, 13), step_row(2, 5, 6, 8)}}});
  tests::Outcome outcome = bench(both);
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 0);  // 12 is above 10, but 10.5 lies in 9..11
  CHECK(outcome.out.find("same") != std::string::npos);
  CHECK(outcome.out.find("faster") != std::string::npos);

  write_json(after, {{"results", {step_row(2, 11.5, 12, 13), step_row(4, 1, 1, 1)}}});
  outcome = bench(both);
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.out.find("SLOWER") != std::string::npos);
  CHECK(outcome.out.find("1 of 1 cases slower; 2 cases are in one file only") != std::string::npos);
}

TEST_CASE("ssdbench compare: rows of every command") {
  const tests::TemporaryFolder folder;
  const fs::path before = folder.path() / "a.json", after = folder.path() / "b.json";
  const auto check = [&](const std::string& rows, const json& row, const std::string& field) {
    const auto file = [&](double factor) {
      json copy = row;
      copy[field] = {{"p25", 9 * factor}, {"median", 10 * factor}, {"p75", 11 * factor}};
      return json{{"mode", "any"}, {"batch", 8}, {rows, {copy}}};
    };
    write_json(before, file(1));
    for (const double factor : {0.5, 1.1, 1.5}) {
      write_json(after, file(factor));
      const tests::Outcome outcome = bench("compare " + before.string() + " " + after.string());
      INFO(field << " " << factor << "\n" << outcome.out << outcome.err);
      CHECK(outcome.exit_code == (factor > 1.2 ? 1 : 0));
    }
  };
  check("results", {{"from", "files"}}, "ms_per_step");
  check("results", {{"what", "loader"}, {"threads", 2}}, "ms_per_image");
  check("results", {{"what", "conv1"}, {"pass", "forward"}}, "ms");
  check("operations", {{"op", "sgd"}, {"ms", 3}}, "ms_in_steps");
  check("rows", {{"what", "evaluate, 2 threads"}}, "seconds");
  // Another operation, or pictures from elsewhere, is another case.
  write_json(before,
             {{"results", {{{"from", "files"}, {"ms", {{"p25", 1}, {"median", 1}, {"p75", 1}}}}}}});
  write_json(after, {{"results",
                      {{{"from", "decoded"}, {"ms", {{"p25", 1}, {"median", 1}, {"p75", 1}}}}}}});
  CHECK(bench("compare " + before.string() + " " + after.string()).exit_code == 3);
}

TEST_CASE("ssdbench compare: files that are no results are one line and exit code 3") {
  const tests::TemporaryFolder folder;
  const fs::path good = folder.path() / "good.json", bad = folder.path() / "bad.json";
  write_json(good, {{"results", {step_row(1, 9, 10, 11)}}});
  const std::string deep = std::string(100000, '['), whole = deep + std::string(100000, ']');
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("[1]"), deep, "{\"results\":" + deep, whole,
        "{\"results\":" + whole + "}", "{\"a\":" + whole + ",\"results\":[]}",
        std::string(R"({"results":[]})"), std::string(R"({"results":[1]})"),
        std::string(R"({"results":[{"ms_per_step":{"p25":1,"median":"x","p75":2}}]})"),
        std::string(R"({"results":[{"mode":[],"ms_per_step":{"p25":1,"median":1,"p75":2}}]})"),
        json({{"results", {step_row(2, 9, 10, 11)}}}).dump()}) {
    std::ofstream(bad) << text;
    const tests::Outcome outcome = bench("compare " + good.string() + " " + bad.string());
    INFO(text.substr(0, 100) << "\n" << outcome.err);
    CHECK(outcome.exit_code == 3);
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  }
  CHECK(bench("compare " + good.string() + " " + folder.path().string()).exit_code == 3);
  CHECK(bench("compare " + good.string()).exit_code == 2);
}
