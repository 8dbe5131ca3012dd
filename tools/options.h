// The options of programs and their commands. Sources include this header in place of that of the
// library that parses command lines, which takes seconds to compile.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/interval.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tools {

// An option that was added. It can be copied; its methods return it again.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option required() const;
  // The option is given only together with the other one, or never together with it.
  Option needs(const Option& other) const;
  Option excludes(const Option& other) const;
  // The help shows the value that the variable has at this call.
  Option show_default() const;

  // The value is a number from `least` to `most`, which "nan" is not.
  Option between(double least, double most) const;
  Option between(int64_t least, int64_t most) const;
  Option between(int least, int most) const { return between(int64_t{least}, int64_t{most}); }
  // The same for a range that a header states; whole_within() for whole numbers.
  Option within(const base::Interval& range) const { return between(range.low, range.high); }
  Option whole_within(const base::Interval& range) const {
    return between(int64_t(range.low), int64_t(range.high));
  }
  // A whole range with a reason for its least number, which the error says if less is given.
  Option between(int least, int most, const std::string& reason) const;
  Option seed_range() const;  // what every --seed takes
  // The value is one of these words. The help names them, and shells offer them.
  Option one_of(const std::vector<std::string>& words) const;
  // The same for each value of a list. The help then keeps the name of the value.
  Option each_of(const std::vector<std::string>& words) const;

  // A value such as "1,8,32" stands for several.
  Option comma_separated() const;
  // A list takes one word after each occurrence of the option, or one word in all.
  Option one_word_each() const;
  Option once() const;
  // The option may stand without a value, which then is `value`.
  Option or_alone(const std::string& value) const;
  // Sets `given` if the option is given.
  Option tells(bool& given) const;

  bool given() const;        // after parsing
  std::string name() const;  // such as --output for "-o,--output"

 private:
  CLI::Option* option_;
};

// The options of a program or of one of its commands. Copies are the same options.
class Options {
 public:
  explicit Options(CLI::App* app) : app_(app) {}

  // Adds an option whose value goes into `value`, or a flag if this is a bool. `names` are as the
  // help shows them: "-o,--output DIR", or without dashes for a word that belongs to no option.
  // Without a word such as DIR, the help shows N or X for numbers, TEXT for texts. `value` must
  // outlive parsing. The types are those in options.cpp.
  template <class T>
  Option add(const std::string& names, T& value, const std::string& meaning = "");
  // The same with a function that takes the value.
  Option add(const std::string& names, const std::function<void(const std::string&)>& take,
             const std::string& meaning);

  // After parsing: whether this command or option is given, and the names of all that are.
  bool given() const;
  bool given(const std::string& name) const;
  std::vector<std::string> names_given() const;

 protected:
  CLI::App& app() const { return *app_; }

 private:
  CLI::App* app_;
};

class HelpFormat;
struct CommandEntry;

struct Example {
  std::string command, meaning;
};

// A program with -h, which shows the summary and the examples first, and --version.
class Program : public Options {
 public:
  Program(const std::string& name, const std::string& summary,
          const std::vector<Example>& examples);
  ~Program();

  std::string name() const;
  CommandEntry table() const;  // all that the help says
  // Adds a command, such as `check` of ssddata.
  Options add_command(const std::string& name, const std::string& meaning);
  void require_command();  // the command line must have one of them
  // Sets the variables of the options. Returns what -h or --version print, with which the program
  // ends; empty if they are not given. Throws Error(usage) if the command line is wrong.
  std::string parse(int argc, char** argv);

 private:
  explicit Program(std::unique_ptr<CLI::App> app);

  std::unique_ptr<CLI::App> parser_;
  std::shared_ptr<const HelpFormat> format_;
};

}  // namespace tools
