// Configuration as written: JSON with comments, its bases merged in, overrides, and the place of
// every key.
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace config {

class ConfigText {
 public:
  // Reads a file and the chain of files named by "_base_" (relative to the file that names it); a
  // file's values are merged over its base's by RFC 7396. Error(usage), with file and line:
  // unreadable, over 16 MiB, not JSON, nested deeper than 64, duplicate key, cycle of bases, not an
  // object.
  static ConfigText from_file(const std::string& path);
  // The same for text that is in memory; `name` stands for the file in messages.
  static ConfigText from_string(const std::string& text, const std::string& name);

  // "key.path=value": the value is JSON, or else the text itself. null takes a key away, which
  // restores its default. Error(usage) when it has no such form.
  void override_with(const std::string& assignment);

  const nlohmann::json& values() const { return values_; }
  // Where the key was written: "file:line" or "command line"; of an absent key: where its section
  // was.
  std::string place(const std::string& path) const;
  // What was typed on the command line for the key; null when it came from a file.
  const std::string* typed(const std::string& path) const;

 private:
  friend class ConfigReader;
  nlohmann::json values_ = nlohmann::json::object();
  std::map<std::string, std::string> places_;  // "" is the whole
  std::map<std::string, std::string> typed_;
};

}  // namespace config
