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

// The exit code must be 3, with one line on standard error and nothing else.
std::string refusal(const fs::path& before, const fs::path& after) {
  const tests::Outcome outcome = bench("compare " + before.string() + " " + after.string());
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 3);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  return outcome.err;
}

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
  CHECK(outcome.out.ends_with("1 of 1 cases slower; 2 cases are in one file only:\n  " +
                              before.string() + ": mode infer, batch 1\n  " + after.string() +
                              ": mode infer, batch 4\n"));
}

TEST_CASE("ssdbench compare: rows of one case are paired in their order") {
  const tests::TemporaryFolder folder;
  const fs::path before = folder.path() / "a.json", after = folder.path() / "b.json";
  const std::string both = "compare " + before.string() + " " + after.string();
  write_json(before, {{"rows", {step_row(4, 9, 10, 11), step_row(4, 9, 10, 11)}}});
  // The first row became slower; the last one did not.
  write_json(after, {{"rows", {step_row(4, 20, 21, 22), step_row(4, 9, 10, 11)}}});
  tests::Outcome outcome = bench(both);
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.out.find("mode infer, batch 4 (row 2 of it)\n") != std::string::npos);
  CHECK(outcome.out.ends_with("\n1 of 2 cases slower; 0 cases are in one file only\n"));

  write_json(after, {{"rows", {step_row(4, 9, 10, 11)}}});
  outcome = bench(both);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.out.ends_with("\n0 of 1 cases slower; 1 case is in one file only:\n  " +
                              before.string() + ": mode infer, batch 4 (row 2 of it)\n"));
}

TEST_CASE("ssdbench compare: ten cases of one file are named, and the others counted") {
  const tests::TemporaryFolder folder;
  const fs::path before = folder.path() / "a.json", after = folder.path() / "b.json";
  json rows = json::array();
  for (const int more : {10, 11, 13}) {
    while (int(rows.size()) < 1 + more) rows.push_back(step_row(int(rows.size()) + 1, 9, 10, 11));
    write_json(before, {{"results", rows}});
    write_json(after, {{"results", {rows[0]}}});
    const std::string out = bench("compare " + before.string() + " " + after.string()).out;
    INFO(out);
    const size_t list = out.find(std::to_string(more) + " cases are in one file only:\n");
    REQUIRE(list != std::string::npos);
    CHECK(std::count(out.begin() + long(list), out.end(), '\n') == (more > 10 ? 12 : 11));
    const std::string end = "\n  and " + std::to_string(more - 10) + " more\n";
    CHECK(out.ends_with(end) == (more > 10));
  }
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
  CHECK(refusal(before, after).find("no case in common") != std::string::npos);
}

TEST_CASE("ssdbench compare: without a common case, the settings that differ are named") {
  const tests::TemporaryFolder folder;
  const fs::path before = folder.path() / "a.json", after = folder.path() / "b.json";
  const auto differ = [&](const json& a, const json& b) {
    write_json(before, a), write_json(after, b);
    const std::string line = refusal(before, after);
    return line.substr(line.rfind("settings in both: ") + 18);
  };
  const json rows{step_row(1, 9, 10, 11)};
  CHECK(differ({{"checkpoint", "run/last"}, {"results", rows}},
               {{"checkpoint", "copy/last"}, {"results", rows}}) ==
        "checkpoint is run/last and copy/last\n");
  CHECK(differ({{"clock", "wall"}, {"results", rows}}, {{"results", {step_row(2, 9, 10, 11)}}}) ==
        "batch is 1 and 2, clock is wall and absent\n");
  json other_models[2];
  for (const int k : {0, 1}) {
    other_models[k]["results"] = rows;
    other_models[k]["results"][0]["gflop_per_image"] = k ? 12.34567 : 0.012;
  }
  CHECK(differ(other_models[0], other_models[1]) == "gflop_per_image is 0.012 and 12.35\n");
  json crossed[2];
  for (const int k : {0, 1}) {
    crossed[k]["results"] = {step_row(1, 9, 10, 11), step_row(2, 9, 10, 11)};
    for (const int row : {0, 1}) crossed[k]["results"][row]["from"] = row == k ? "files" : "pixels";
  }
  CHECK(differ(crossed[0], crossed[1]) ==
        "every setting alone has the same value somewhere in both\n");
}

TEST_CASE("ssdbench compare: files that were disturbed, of other machines or versions, are told") {
  const tests::TemporaryFolder folder;
  const fs::path before = folder.path() / "a.json", after = folder.path() / "b.json";
  const auto told = [&](const json& a, const json& b) {
    write_json(before, a), write_json(after, b);
    const tests::Outcome outcome = bench("compare " + before.string() + " " + after.string());
    CHECK(outcome.exit_code == 0);
    return outcome.err;
  };
  json quiet{{"results", {step_row(1, 9, 10, 11)}},
             {"machine", {{"notices", json::array()}, {"cpu", "A"}, {"version", "1"}}}};
  CHECK(told(quiet, quiet).empty());
  json other = quiet;
  other["results"][0]["machine"]["notices"] = {"other processes used 0.80 cores meanwhile"};
  const std::string disturbed =
      " its own measurement was disturbed: other processes used 0.80 cores meanwhile\n";
  CHECK(told(quiet, other) == "ssdbench: warning: " + after.string() + ":" + disturbed);
  CHECK(told(other, quiet) == "ssdbench: warning: " + before.string() + ":" + disturbed);
  other = quiet;
  other["machine"]["cpu"] = "B";
  CHECK_THAT(told(quiet, other), Catch::Contains("warning: the CPU is A in") &&
                                     Catch::Contains(", and B in ") && !Catch::Contains("version"));
  other["machine"].erase("cpu");
  other["machine"]["version"] = "2";
  CHECK_THAT(told(quiet, other), Catch::Contains("ssdbench: the version of the program is 1 in"));
  other.erase("machine");  // of an older version
  CHECK(told(quiet, other).empty());
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
    INFO(text.substr(0, 100));
    refusal(good, bad);
  }
  CHECK(bench("compare " + good.string() + " " + folder.path().string()).exit_code == 3);
  CHECK(bench("compare " + good.string()).exit_code == 2);
}

TEST_CASE("ssdbench compare: the place and the kind of a fault are told") {
  const tests::TemporaryFolder folder;
  const fs::path good = folder.path() / "good.json", bad = folder.path() / "bad.json";
  write_json(good, {{"results", {step_row(1, 9, 10, 11)}}});
  const auto nested = [](int depth) {
    return "{\n\"a\": " + std::string(size_t(depth - 1), '[') +
           std::string(size_t(depth - 1), ']') + "}";
  };
  const std::string row = R"({"results":[{"ms_per_step":{)";
  const std::pair<std::string, std::string> cases[] = {
      {"", ": the file is empty (0 bytes), expected"},
      {"{\"results\":\n[", ": byte 13, line 2: no valid JSON: "},
      {"{\"results\": nul}", ", line 1: no valid JSON: "},
      {row + R"("p25":1e999,"median":1,"p75":2}}]})",
       ", line 1: no valid JSON: a number that is too large"},
      {nested(65), ": byte 71, line 2: arrays and objects nested deeper than 64"},
      {nested(64), "this is no result of ssdbench"},
      {row + R"("p25":3,"median":2.5,"p75":2}}]})", "p25 3, median 2.5 and p75 2, expected"},
      {row + R"("p25":2,"median":1,"p75":3}}]})", "p25 2, median 1 and p75 3, expected"},
      {row + R"("p25":1,"median":4,"p75":3}}]})", "p25 1, median 4 and p75 3, expected"}};
  for (const auto& [text, said] : cases) {
    std::ofstream(bad) << text;
    const std::string line = refusal(good, bad);
    INFO(text << "\n" << line << "\n" << said);
    CHECK(line.find(bad.string()) != std::string::npos);
    CHECK(line.find(said) != std::string::npos);
    CHECK((line.find("nested") != std::string::npos) == (said.find("nested") != std::string::npos));
  }
  // Equal quartiles are a result: a clock may be coarse.
  write_json(bad, {{"results", {step_row(1, 10, 10, 10)}}});
  CHECK(bench("compare " + good.string() + " " + bad.string()).exit_code == 0);
}
