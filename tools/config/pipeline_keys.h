// Translates the fields of a pipeline.config into keys of our configuration.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tools/config/pipeline_fields.h"
#include "tools/config/pipeline_text.h"
#include "tools/config/text.h"

namespace config {

class PipelineKeys {
 public:
  // Throws Error(usage) as load_pipeline_config() does. `fields` must outlive the object.
  PipelineKeys(const std::vector<TextField>& fields, std::string name);

  ConfigText text() const { return ConfigText::from_values(values_, places_); }
  const std::vector<std::string>& ignored() const { return ignored_; }

 private:
  // The value of a field, or its default, with the path and the line for messages.
  struct Value {
    std::string path, text;
    int line = 0;
    bool quoted = false, absent = false;

    std::string in_words() const { return (absent ? "is absent and so " : "is ") + text; }
  };

  void look_at(const std::vector<TextField>& fields);
  void look_at(const TextField& field);
  // The fields that are given are checked before the absent ones: if the model is another one, they
  // tell the user more about it.
  void take_given(const PipelineMessage&);
  void take_absent(const PipelineMessage&);
  void take(const PipelineField&, const Value&);
  void take_list(const std::string& path, const std::string& key);
  void take_checkpoint();
  void take_averages();
  void take_label_map();
  void take_schedule();
  void take_crop();
  void take_colours();

  const TextField* find(const std::string& path) const;  // null if it is absent
  std::string value_of(const std::string& path, const std::string& absent) const;
  void expect(const Value&, const std::string& expected) const;
  void check_finite(const Value&) const;
  void set(const std::string& key, const Value&);
  void set(const std::string& key, const nlohmann::json&);  // what follows from other fields
  void ignore(const Value&, const std::string& why);
  [[noreturn]] void refuse(int line, const std::string& path, const std::string& why) const;
  [[noreturn]] void refuse_unknown(const TextField&) const;

  std::string name_;
  std::map<std::string, PipelineField> known_;
  std::set<std::string> messages_;  // those that are known, and the messages around them
  std::map<std::string, std::vector<const TextField*>> given_;
  nlohmann::json values_ = nlohmann::json::object();
  std::map<std::string, std::string> places_;
  std::map<std::string, Value> setters_;  // by key
  std::vector<std::string> ignored_;
};

}  // namespace config
