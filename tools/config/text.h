// A configuration as it is written: JSON with comments, the files on which it is based, overrides,
// and the place of every key.
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace config {

class ConfigText {
 public:
  // Reads a file. If it has the key "_base_", its values are merged over those of the file that
  // "_base_" names, by the rules of RFC 7396. That name is relative to the file's folder, and the
  // base may have a base, too. Throws Error(usage), with file and line, if a file cannot be read,
  // has more than 16 MiB, is not a JSON object, is nested more than 64 deep or has a key twice, or
  // if bases form a cycle.
  static ConfigText from_file(const std::string& path);
  // The same for text in memory. `name` stands for the file in messages.
  static ConfigText from_string(const std::string& text, const std::string& name);
  // Values that were found in another form, and where: `places` by "key.path"; "" is the whole
  // configuration.
  static ConfigText from_values(nlohmann::json values, std::map<std::string, std::string> places);

  // Sets one key by "key.path=value". The value is JSON, or a text if it is not JSON. The value
  // null removes the key, so that it has its default. Throws Error(usage) if `assignment` does not
  // have this form, or is not UTF-8.
  void override_with(const std::string& assignment);

  const nlohmann::json& values() const { return values_; }
  // The file that was named, and its bases.
  std::vector<std::string> files() const { return files_; }
  // Where the key was written: "file:line" or "command line". If the key is absent, the place of
  // its section.
  std::string place(const std::string& path) const;
  bool on_command_line(const std::string& path) const;
  // The value of the key as typed on the command line, or null if it comes from a file.
  const std::string* typed(const std::string& path) const;

 private:
  friend class ConfigReader;
  void place_on_command_line(const std::string& path, const nlohmann::json& value);
  void place_new_sections(const std::string& path);
  // Forgets where keys were written that these values, which are merged in, remove or replace.
  // `prefix` ends with a dot, or is empty.
  void forget_replaced(const nlohmann::json& values, const std::string& prefix);

  nlohmann::json values_ = nlohmann::json::object();
  std::map<std::string, std::string> places_;  // "" is the whole configuration
  std::map<std::string, std::string> typed_;
  std::vector<std::string> files_;
};

// For override_with(): "key=" and exactly this text as the value. Throws Error(usage), which names
// the option from which the text is, if it is not UTF-8.
std::string text_assignment(const std::string& key, const std::string& text,
                            const std::string& option);

}  // namespace config
