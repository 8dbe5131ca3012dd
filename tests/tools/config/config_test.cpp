// The configuration mechanism on a table of its own; tests/tools/config/run_config_test.cpp has the
// programs' keys.
#include "tests/support/catch.h"
#include "tools/config/table.h"
#include "tools/config/text.h"

#include <fstream>

#include "engine/base/error.h"
#include "engine/base/nearest_name.h"
#include "tests/support/paths.h"

using config::ConfigTable, config::ConfigText;

namespace {

struct Fields {
  bool flag = false;
  int count = 1;
  int64_t steps = 0;
  double rate = 0.5;
  std::string title = "none";
  std::vector<std::string> names;
  std::array<int, 3> triple{1, 2, 3};
  std::vector<double> list{0.5};
  enum class Kind { round, square } kind = Kind::round;
};

ConfigTable table_of(Fields& f) {
  ConfigTable t;
  t.flag("flag", f.flag, "a flag");
  t.number("a.count", f.count, base::between(1, 10), "a count");
  t.number("a.b.steps", f.steps, base::at_least(0), "steps");
  t.number("a.b.rate", f.rate, base::above(0), "a rate");
  t.text("title", f.title, "a title");
  t.texts("names", f.names, "some names");
  t.numbers("triple", f.triple, {.each = base::between(1, 9)}, "three numbers");
  t.numbers("list", f.list, {.each = {}, .min_count = 1, .max_count = 4}, "a few numbers");
  t.choice("kind", f.kind, {{"round", Fields::Kind::round}, {"square", Fields::Kind::square}},
           "a | kind");
  t.rule({"a.count", "a.b.rate"},
         [&f] { return f.count > f.rate ? "" : "a.count has to exceed a.b.rate"; });
  return t;
}

// The message of the error, or the empty text. Errors have to carry the code of usage and be one
// line.
std::string complaint(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    ConfigText config = ConfigText::from_string(text, "c.json");
    for (const std::string& o : overrides) config.override_with(o);
    Fields fields;
    table_of(fields).apply(config);
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::usage);
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
    return error.what();
  }
  return "";
}

Fields fields_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  ConfigText config = ConfigText::from_string(text, "c.json");
  for (const std::string& o : overrides) config.override_with(o);
  Fields fields;
  table_of(fields).apply(config);
  return fields;
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("values reach their fields, comments are skipped") {
  Fields f = fields_of(R"(// head
    { "flag": true, /* two
      lines */ "a": {"count": 7, "b": {"steps": 1e5, "rate": 3}},  // tail
      "title": "x", "names": "one", "triple": [3, 2, 1], "list": [1, -2.5], "kind": "square" })");
  CHECK(f.flag);
  CHECK(f.count == 7);
  CHECK(f.steps == 100000);
  CHECK(f.rate == 3);
  CHECK(f.title == "x");
  CHECK(f.names == std::vector<std::string>{"one"});
  CHECK(f.triple == std::array<int, 3>{3, 2, 1});
  CHECK(f.list == std::vector<double>{1, -2.5});
  CHECK(f.kind == Fields::Kind::square);
}

TEST_CASE("overrides: JSON, bare words, texts that look like numbers, null, the last one wins") {
  Fields f = fields_of(R"({"a": {"count": 7}, "flag": true})",
                       {"a.count=9", "title=123", "kind=square", "names=[\"p\",\"q\"]", "flag=null",
                        "a.b={\"steps\": 4, \"rate\": 2}", "a.b.steps=5", "list=[7]"});
  CHECK(f.count == 9);
  CHECK(f.title == "123");
  CHECK(f.kind == Fields::Kind::square);
  CHECK(f.names == std::vector<std::string>{"p", "q"});
  CHECK_FALSE(f.flag);
  CHECK(f.steps == 5);
  CHECK(f.rate == 2);
  CHECK(fields_of("{}", {"names=plain"}).names == std::vector<std::string>{"plain"});
  CHECK(fields_of("{}", {"title="}).title.empty());
  CHECK(fields_of(R"({"names": ["p", "q"]})", {"names="}).names.empty());
  CHECK(fields_of("{}", {"title=a=b"}).title == "a=b");
}

TEST_CASE("a text that an option gives arrives byte for byte") {
  for (const std::string text :
       {R"(uni\u0041x)", R"(a"b)", R"("a")", "[1]", "null", "7", "caf\u00e9\n"})
    CHECK(fields_of("{}", {config::text_assignment("title", text, "--title")}).title == text);
  CHECK_THROWS_WITH(config::text_assignment("title", "caf\xe9", "--title"),
                    Catch::StartsWith("--title: caf\\xe9 is not UTF-8"));
}

TEST_CASE("what is wrong with a configuration, and where") {
  struct Row {
    std::string text, expected;
  };
  const Row rows[] = {
      {"", "c.json:1: the file is empty (0 bytes); a configuration is JSON"},
      {" \n\n ", "c.json:1: the file holds only blanks"},
      {"[]", "c.json:1: expected an object"},
      {"7", "c.json:1: expected an object"},
      {"{", "c.json:1: no valid JSON: the text ends before all brackets are closed (syntax"},
      {"{\"flag\": true,}", "c.json:1: no valid JSON: expected a name before }; is there a comma"},
      {"{\n\"flag\" true}", "c.json:2: no valid JSON: expected : behind a name ("},
      {"{} {}", "c.json:1: no valid JSON: more text behind the last closing bracket ("},
      {"{}\nflag", "c.json:2: no valid JSON: more text behind the last closing bracket ("},
      {"{}\n\"flag", "c.json:2: no valid JSON: more text behind the last closing bracket ("},
      {"{}\n/", "c.json:2: no valid JSON: more text behind the last closing bracket ("},
      {"{\"flag\": True}", "True is a word of Python, expected a value of JSON"},
      {"{\"title\": \u201ca\u201d}", "\u201c is a quote for print, expected \""},
      {std::string("{}\n\0x", 5), "c.json:2: a zero byte, at which the text ends"},
      {std::string("\xff\xfe{\0}\0", 6), "c.json:1: the text is UTF-16, expected UTF-8"},
      {std::string("{\0\n\0}\0", 6), "c.json:1: the text is UTF-16LE, expected UTF-8"},
      {std::string("{\n\0\"flag\": true}", 16), "c.json:2: no valid JSON: a zero byte"},
      {"{\n<<<<<<< HEAD\n}", "c.json:2: no valid JSON: a merge conflict"},
      {"{\"flag\": tru}", "c.json:1: no valid JSON: expected a value: a number, "},
      {"{\"a\": {\n\"count\": 1e999}}", "c.json:2: no valid JSON: a number that is too large ("},
      {"{\"title\": \"\xff\"}", "c.json:1: no valid JSON: a byte that is not UTF-8"},
      {"{\"title\": \"a\nb\"}", "no valid JSON: a line break or control character within quotes"},
      {"{\"title\": \"\\ud800\"}", "c.json:1: no valid JSON: an escape \\u that is no character"},
      {"{ /* no end", "c.json:1: no valid JSON: a comment without its */"},
      {"train:\n  steps: 5\n",
       "(syntax error while parsing value - invalid literal; last read: 'tra'); a configuration is "
       "JSON and begins with {"},
      {"{\"flag\": true,\n \"flag\": true}",
       "c.json:2: key flag is written twice, first in line 1"},
      {"{\"a\": {\"count\": 2,\n\n\"count\": 2}}", "c.json:3: key a.count is written twice"},
      {"{\n\"flog\": true}", "c.json:2: flog: unknown key, did you mean flag?"},
      {"{\"a\": {\n\"cuont\": 2}}", "c.json:2: a.cuont: unknown key, did you mean a.count?"},
      {"{\n\"steps\": 2}", "c.json:2: steps: unknown key, did you mean a.b.steps?"},
      {"{\"a\": {\"b\": {\n\"zzzzzzzzz\": 2}}}",
       "c.json:2: a.b.zzzzzzzzz: unknown key, `ssdtrain --help-config`"},
      {"{\"\": 1}", "unknown key"},
      {"{\"a.count\": 1}", "a.count: in a file, sections are written as { }"},
      {"{\n\"a\": 3}", "c.json:2: a: expected a section { }, found 3"},
      {"{\n\"flag\": {}}", "c.json:2: flag: expected true or false, found a section"},
      {"{\n\"flag\": \"yes\"}", "c.json:2: flag: expected true or false, found \"yes\""},
      {"{\"a\": {\n\"count\":\n\"2\"}}",
       "c.json:2: a.count: expected an integer from 1 to 10, found \"2\""},
      {"{\"a\": {\"count\": 0}}", "c.json:1: a.count: expected an integer from 1 to 10, found 0"},
      {"{\"a\": {\"count\": 11}}", "found 11"},
      {"{\"a\": {\"count\": 1.5}}", "found 1.5"},
      {"{\"a\": {\"count\": 99999999999999999999}}", "expected an integer from 1 to 10"},
      {"{\"a\": {\"count\": true}}", "found true"},
      {"{\"a\": {\"b\": {\"steps\": -1}}}",
       "expected an integer from 0 to 9223372036854775807, found -1"},
      {"{\"a\": {\"b\": {\"steps\": 9223372036854775808}}}",
       "expected an integer from 0 to 9223372036854775807"},
      {"{\"a\": {\"b\": {\"rate\": 0}}}", "expected a number above 0, found 0"},
      {"{\"a\": {\"b\": {\"steps\": 1e18}}}",
       "found 1e+18; write a number from 2^53 on with all its digits"},
      {"{\"a\": {\"b\": {\"steps\": 9007199254740993.0}}}", "with all its digits"},
      {"{\"title\": 5}", "title: expected a text, found 5"},
      {"{\"title\": \"a\\u0000b\"}", "title: expected a text"},
      {"{\"names\": [1]}", "names: expected a list of texts"},
      {"{\"triple\": [1, 2]}", "triple: expected a list of 3 integers from 1 to 9, found [1,2]"},
      {"{\"triple\": [1, 2, 2.5]}", "found [1,2,2.5]"},
      {"{\"triple\": [1, 2, 10]}", "found [1,2,10]"},
      {"{\"list\": []}", "list: expected a list of 1 to 4 numbers, found []"},
      {"{\"list\": [1, 2, 3, 4, 5]}", "expected a list of 1 to 4 numbers"},
      {"{\"kind\": \"oval\"}", "kind: expected one of round, square, found \"oval\""},
      {"{\"a\": {\"b\":\n{\"rate\": 4}}}", "c.json:2: a.b.rate: a.count has to exceed a.b.rate"},
      {"{\"a\": {\"b\": {\"rate\": 4},\n\"count\": 3}}",
       "c.json:2: a.count: a.count has to exceed a.b.rate"},
      {"{\n\"_base_\": 3}", "c.json:2: _base_: expected the path of a file"},
      {"{\n\"_base_\": \"no such file.json\"}",
       "c.json:2: _base_: cannot read no such file.json: No such file"},
      {"{\"a\": {\"_base_\": \"x\"}}", "a._base_: unknown key"},
      {"# head\n{}", "; a comment begins with //, or stands between /* and */"},
      {"{\"flag\": true,\n# more\n}", "; a comment begins with //, or stands between"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK_THAT(complaint(row.text), Catch::Contains(row.expected));
  }
}

TEST_CASE("nesting is bounded") {
  auto nested = [](size_t depth) {
    std::string text;
    for (size_t i = 0; i < depth; ++i) text += "{\"a\":";
    return text + "1" + std::string(depth, '}');
  };
  CHECK_THAT(complaint(nested(64)), Catch::Contains("unknown key"));
  CHECK_THAT(complaint(nested(65)), Catch::Contains("c.json:1: nested deeper than 64 levels"));
  CHECK_THAT(complaint("{\"list\": " + std::string(100000, '[')), Catch::Contains("nested deeper"));
}

TEST_CASE("what is wrong with an override") {
  struct Row {
    std::string assignment, expected;
  };
  const Row rows[] = {
      {"flag", "command line: \"flag\": expected key.path=value"},
      {"=1", "expected key.path=value"},
      {"a..count=1", "expected key.path=value"},
      {".flag=true", "expected key.path=value"},
      {"flag.=true", "expected key.path=value"},
      {"flag=yes", "command line: flag: expected true or false, found \"yes\""},
      {"a.count=ten", "command line: a.count: expected an integer from 1 to 10, found \"ten\""},
      {"a.count=1e999", "a.count: expected an integer"},
      {"a.cuont=3", "command line: a.cuont: unknown key, did you mean a.count?"},
      {"triple=[1,2", "command line: triple: no valid JSON: the text ends before all brackets"},
      {"title=\"open", "command line: title: no valid JSON: the text ends within quotes"},
      {"_base_=x.json", "command line: _base_ belongs into a file"},
      {"a.b.rate=20", "command line: a.b.rate: a.count has to exceed"},
      {"list={\"a\":1,\"a\":2}", "is written twice"},
      {"title=caf\xe9", "command line: title: caf\\xe9 is not UTF-8, expected UTF-8"},
      {"caf\xe9=1", "command line: caf\\xe9 is not UTF-8"},
      {R"(title="a\u0000b")", "title: expected a text"},
      {R"(names=["a\u0000b"])", "names: expected a list of texts"},
  };
  for (const Row& row : rows) {
    INFO(row.assignment);
    CHECK_THAT(complaint("{}", {row.assignment}), Catch::Contains(row.expected));
  }
}

TEST_CASE(
    "what the command line sets or makes is blamed on it, and what the file has on the file") {
  const std::string file = "{\n\"a\": {\n\"count\": 7}}";
  const auto said = [&](const std::vector<std::string>& o) { return complaint(file, o); };
  CHECK_THAT(said({"aa.count=3"}),
             Catch::StartsWith("command line: aa: unknown key, did you mean"));
  CHECK_THAT(said({"a.c.steps=3"}), Catch::StartsWith("command line: a.c: unknown key"));
  CHECK_THAT(said({"a.b.step=3"}), Catch::StartsWith("command line: a.b.step: unknown key"));
  CHECK_THAT(said({"a={\"count\": 70}"}), Catch::StartsWith("command line: a.count: expected"));
  CHECK_THAT(said({"a={\"cuont\": 7}"}), Catch::StartsWith("command line: a.cuont: unknown key"));
  CHECK_THAT(said({"flag.x=1"}), Catch::StartsWith("command line: flag: expected true or false"));
  CHECK_THAT(complaint("{\n\"aa\": {}}", {"aa.count=3"}), Catch::StartsWith("c.json:2: aa: "));
  // A value as typed is taken only if nothing behind it has set the key again.
  CHECK_THAT(complaint("{}", {"a.count=3", "a={\"count\": true}"}),
             Catch::Contains("a.count: expected an integer from 1 to 10, found true"));
}

TEST_CASE("bases are merged by RFC 7396, relative to the file that names them") {
  tests::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "sub");
  write(folder.path() / "root.json",
        R"({"flag": true, "triple": [7, 8, 9], "a": {"count": 5, "b": {"steps": 6}}})");
  write(folder.path() / "sub/middle.json",
        R"({"_base_": "../root.json", "a": {"b": {"steps": 8}}})");
  write(folder.path() / "top.json",
        "{\"_base_\": \"sub/middle.json\",\n \"flag\": null, \"triple\": [1, 1, 1]}");
  Fields f;
  ConfigTable table = table_of(f);
  ConfigText text = ConfigText::from_file(folder.path() / "top.json");
  table.apply(text);
  CHECK_FALSE(f.flag);
  CHECK(f.count == 5);
  CHECK(f.steps == 8);
  CHECK(f.triple == std::array<int, 3>{1, 1, 1});
  CHECK(text.place("triple") == (folder.path() / "top.json").string() + ":2");
  CHECK(text.place("a.count") == (folder.path() / "sub/../root.json").string() + ":1");
  CHECK(table.was_set("a.count"));
  CHECK_FALSE(table.was_set("title"));
}

TEST_CASE("a key that null has removed with its section is blamed on the null") {
  tests::TemporaryFolder folder;
  write(folder.path() / "base.json", "{\"a\": {\n\"count\": 7,\n\"b\": {\"rate\": 3}}}");
  const auto place = [&](const std::string& text, const std::string& override = "") {
    write(folder.path() / "c.json", text);
    ConfigText config = ConfigText::from_file(folder.path() / "c.json");
    if (!override.empty()) config.override_with(override);
    std::string where = config.place("a.b.rate");
    return where.starts_with("/") ? where.substr(where.rfind('/') + 1) : where;
  };
  const std::string head = "{\"_base_\": \"base.json\",\n";
  CHECK(place(head + "\"title\": \"x\"}") == "base.json:3");
  CHECK(place(head + "\"a\": null}") == "c.json:2");
  CHECK(place(head + "\"a\": {\n\"b\": null}}") == "c.json:3");
  CHECK(place(head + "\"title\": \"x\"}", "a=null") == "command line");
}

TEST_CASE(
    "a cycle of bases, a base that is missing, a folder, a file that is too large or binary") {
  tests::TemporaryFolder folder;
  auto message = [&](const std::string& name) -> std::string {
    try {
      ConfigText::from_file(folder.path() / name);
    } catch (const base::Error& error) {
      CHECK(error.code() == base::ExitCode::usage);
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
      return error.what();
    }
    return "";
  };
  write(folder.path() / "a.json", "{\n\"_base_\": \"b.json\"}");
  write(folder.path() / "b.json", "{\"_base_\": \"./a.json\"}");
  CHECK_THAT(message("a.json"),
             Catch::Contains("b.json:1: _base_: ") && Catch::Contains("is its own base"));
  write(folder.path() / "self.json", "{\"_base_\": \"self.json\"}");
  CHECK_THAT(message("self.json"), Catch::Contains("is its own base"));
  for (int i = 0; i < 20; ++i)
    write(folder.path() / ("chain" + std::to_string(i) + ".json"),
          "{\"_base_\": \"chain" + std::to_string(i + 1) + ".json\"}");
  CHECK_THAT(message("chain0.json"), Catch::Contains("more than 16 bases"));
  CHECK_THAT(message("nowhere.json"), Catch::Contains("No such file"));
  CHECK_THAT(message("."), Catch::Contains("it is a folder"));
  std::string binary(100000, '\0');
  for (size_t i = 0; i < binary.size(); ++i) binary[i] = char(i * 2654435761u >> 13);
  write(folder.path() / "binary.json", binary);
  CHECK_THAT(message("binary.json"), Catch::Contains("binary.json:1: "));
  write(folder.path() / "large.json", "");
  std::filesystem::resize_file(folder.path() / "large.json", 100 << 20);
  CHECK_THAT(message("large.json"), Catch::Contains("large.json:1: larger than 16 MiB"));
}

TEST_CASE("the table tells all values and reads them back") {
  Fields f =
      fields_of(R"({"a": {"count": 7, "b": {"rate": 0.1}}, "title": "x", "kind": "square"})");
  std::string json = config::config_as_json(table_of(f));
  Fields back = fields_of(json);
  CHECK(config::config_as_json(table_of(back)) == json);
  CHECK(back.rate == 0.1);
  CHECK(back.kind == Fields::Kind::square);
  Fields defaults;
  ConfigTable table = table_of(defaults);
  CHECK_THAT(config::config_help(table),
             Catch::Contains("a.b.rate = 0.5   (a number above 0)\n      a rate\n"));
  CHECK(config::config_help(table, "a.").find("title") == std::string::npos);
  CHECK_THROWS_WITH(config::config_help(table, "titel"), Catch::Contains("did you mean title?"));
  CHECK_THAT(config::config_markdown(table),
             Catch::Contains("| `kind` | `\"round\"` | one of round, square | a \\| kind |"));
}

TEST_CASE("edit distance and nearest names") {
  CHECK(base::edit_distance("", "") == 0);
  CHECK(base::edit_distance("abc", "") == 3);
  CHECK(base::edit_distance("abc", "acb") == 1);
  CHECK(base::edit_distance("kitten", "sitting") == 3);
  CHECK(base::edit_distance("ca", "abc") == 3);  // restricted: no edit inside a swapped pair
  CHECK(base::nearest_name("sead", {"speed", "seed", "steps"}) == "seed");
  CHECK(base::nearest_name("x", {"seed"}).empty());
  CHECK(base::nearest_name("abcd", {}).empty());
}
