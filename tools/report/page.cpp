#include "tools/report/page.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "data/sha256.h"
#include "engine/base/error.h"
#include "page_files.h"
#include "tools/report/base64.h"
#include "tools/report/html.h"

namespace report {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kRefreshSeconds = 60;

void add_facts(const Json& json, const std::string& path, std::vector<Fact>& facts) {
  if (json.is_object()) {
    for (const auto& [key, value] : json.items())
      add_facts(value, path.empty() ? key : path + "." + key, facts);
    return;
  }
  facts.push_back({path, json.is_string()
                             ? json.get<std::string>()
                             : json.dump(-1, ' ', false, Json::error_handler_t::replace)});
}

std::string head(const Page& page) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n";
  if (page.running)
    html += fmt::format("<meta http-equiv=\"refresh\" content=\"{}\"/>\n", kRefreshSeconds);
  html += fmt::format(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; img-src data:; script-src 'sha256-{}'\"/>\n",
      base64(data::sha256(kScript)));
  return html + "<title>" + escaped(page.title) + "</title>\n<style>\n" + kStyle +
         "</style>\n</head>\n";
}

// To the sections that the page has, if there are several.
std::string links(const std::string& sections) {
  std::string html;
  int count = 0;
  for (const auto& [id, name] : {std::pair("curves", "training"),
                                 {"metrics", "metrics"},
                                 {"precision", "precision"},
                                 {"classes", "classes"},
                                 {"confusion", "confusion"},
                                 {"histograms", "histograms"},
                                 {"pictures", "pictures"},
                                 {"data", "data"},
                                 {"config", "configuration"},
                                 {"environment", "environment"}})
    if (sections.find(fmt::format("<section id=\"{}\">", id)) != std::string::npos) {
      html += fmt::format("<a href=\"#{}\">{}</a> ", id, name);
      ++count;
    }
  return count > 1 ? "<nav>" + html + "</nav>\n" : "";
}

}  // namespace

std::string section_or_reason(const std::string& id, const std::string& title,
                              const std::function<std::string()>& make) {
  std::string why = "an unknown error";
  try {
    return make();
  } catch (const std::exception& error) {
    why = error.what();
  } catch (...) {
  }
  return section(id, title, warning("This part is missing: " + why));
}

std::string page_html(const Page& page) {
  std::string html = head(page) + "<body>\n<header><h1>" + escaped(page.title) + "</h1>\n" +
                     paragraph(page.subtitle, page.running ? "running" : "");
  html += "<div class=\"tiles\">\n";
  for (const auto& [value, name] : page.tiles)
    html += fmt::format("<div><b>{}</b><span>{}</span></div>\n", escaped(value), escaped(name));
  return html + "</div>\n" + links(page.sections) + "</header>\n<main>\n" + page.sections +
         "</main>\n<footer>" + paragraph(page.closing) + "</footer>\n<script>" + kScript +
         "</script>\n</body>\n</html>\n";
}

std::string facts_section(const std::string& id, const std::string& title, const std::string& words,
                          const std::vector<Fact>& first, const std::vector<Fact>& all) {
  std::string list;
  for (const Fact& fact : first)
    list += "<li><code>" + escaped(fact.name) + (fact.name.empty() ? "" : "=") +
            escaped(fact.value, kLongestValue) + "</code></li>\n";
  std::string body;
  if (!list.empty()) body = paragraph(words) + "<ul>\n" + list + "</ul>\n";
  Table table{.columns = {{"name"}, {"value", false, kLongestValue}}, .filter = all.size() > 10};
  for (const Fact& fact : all) table.rows.push_back({fact.name, fact.value});
  return section(id, title, body + details("All values", table.html()));
}

std::vector<Fact> facts_of_json(const std::string& text) {
  std::vector<Fact> facts;
  try {
    add_facts(Json::parse(text), "", facts);
  } catch (const Json::exception&) {
    base::fail(base::ExitCode::data, "is no whole JSON");
  }
  return facts;
}

}  // namespace report
