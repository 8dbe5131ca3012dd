#include "tools/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/version.h"
#include "tools/config/table.h"
#include "tools/options/help_format.h"
#include "tools/options/line_fault.h"

namespace tools {

using base::ExitCode;

namespace {

// "--flag=3" is a mistake, and not a flag.
void refuse_values_of_flags(CLI::App& app) {
  for (CLI::Option* option : app.get_options())
    if (option->get_expected_max() == 0) option->disable_flag_override();
  for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; }))
    refuse_values_of_flags(*sub);
}

// An option has an empty value if a variable of the shell is not set. To go on without the option
// is not what the user meant.
void refuse_empty(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options())
    for (const std::string& value : option->count() > 0 ? option->results() : CLI::results_t())
      if (value.empty())
        base::fail(ExitCode::usage, option->get_name(),
                   " is empty: is a variable not set? Leave the option out, or give a value");
  for (const CLI::App* sub : app.get_subcommands()) refuse_empty(*sub);
}

// The parser would take the word after "--resume=" for its value.
void refuse_empty_words(int argc, char** argv) {
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("--") && word.find('=') == word.size() - 1)
      base::fail(ExitCode::usage, word,
                 " is empty: is a variable not set? Leave the option out, or give a value");
  }
}

// "-o,--output DIR" as the names and what the help calls the value.
std::pair<std::string, std::string> name_and_type(const std::string& names) {
  const size_t end = std::min(names.find(' '), names.size());
  return {names.substr(0, end), names.substr(std::min(end + 1, names.size()))};
}

// What is wrong with a whole number that T cannot hold; empty: nothing. CLI11 2.1 alone takes the
// largest number of 64 bits in its place.
template <class T> std::string beyond(const std::string& text) {
  errno = 0;
  if constexpr (std::is_unsigned_v<T>)
    std::strtoull(text.c_str(), nullptr, 0);
  else
    std::strtoll(text.c_str(), nullptr, 0);
  return errno != ERANGE ? "" : text + (text.starts_with('-') ? " is too small" : " is too large");
}

// The whole number of 64 bits that an option takes or lists, or void.
template <class T> struct WideNumber { using Type = void; };
template <> struct WideNumber<int64_t> { using Type = int64_t; };
template <> struct WideNumber<uint64_t> { using Type = uint64_t; };
template <class T> struct WideNumber<std::optional<T>> : WideNumber<T> {};
template <class T> struct WideNumber<std::vector<T>> : WideNumber<T> {};

template <class T> struct IsWhole : std::bool_constant<std::is_integral_v<T>> {};
template <> struct IsWhole<bool> : std::false_type {};
template <class T> struct IsWhole<std::optional<T>> : IsWhole<T> {};
template <class T> struct IsWhole<std::vector<T>> : IsWhole<T> {};

// What the help calls a value whose option gives it no name; null: as the parser does.
template <class T> constexpr const char* kValueName = IsWhole<T>::value ? "N" : nullptr;
template <> constexpr const char* kValueName<double> = "X";
template <> constexpr const char* kValueName<std::optional<double>> = "X";

// Writes out a whole number such as 1e3 or 5.0, which the keys of a configuration may be, too. From
// 2^53 on it may have lost digits. Returns what is wrong.
std::string write_out(std::string& text) {
  if (text.find_first_not_of("0123456789+-.eE") != text.npos ||
      text.find_first_of(".eE") == text.npos)
    return {};
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (*end || std::trunc(value) != value) return {};
  if (std::fabs(value) >= config::kLeastLossyWhole)
    return fmt::format("expected all digits of a number from 2^53 on, found {}", text);
  text = std::to_string(int64_t(value));
  return {};
}

// CLI::Range alone takes "nan" for a number in the range, and the largest number of 64 bits in
// place of one beyond it.
template <class T> CLI::Validator strict_range(T least, T most) {
  CLI::Validator range = CLI::Range(least, most);
  range.operation([check = CLI::Range(least, most), least, most](std::string& text) {
    bool inside = true;
    if constexpr (std::is_integral_v<T>) {
      inside = beyond<T>(text).empty();
    } else {
      T value = 0;
      inside = !CLI::detail::lexical_cast(text, value) || !std::isnan(value);
    }
    return inside ? check(text) : fmt::format("Value {} not in range {} to {}", text, least, most);
  });
  return range;
}

}  // namespace

Option Option::required() const { return Option(option_->required()); }
Option Option::needs(const Option& other) const { return Option(option_->needs(other.option_)); }
Option Option::excludes(const Option& other) const {
  return Option(option_->excludes(other.option_));
}
Option Option::show_default() const { return Option(option_->capture_default_str()); }

Option Option::between(double least, double most) const {
  return Option(option_->check(strict_range(least, most)));
}

Option Option::between(int64_t least, int64_t most) const {
  return Option(option_->check(strict_range(least, most)));
}

Option Option::between(int least, int most, const std::string& reason) const {
  const auto check = [=](const std::string& text) {
    int64_t value = 0;
    const bool read = CLI::detail::lexical_cast(text, value);
    if (read && value >= least && value <= most) return std::string();
    return fmt::format("expected a number from {} to {}, found {}{}", least, most, text,
                       read && value < least ? ": " + reason : "");
  };
  return Option(
      option_->check(CLI::Validator(check, fmt::format("INT in [{} - {}]", least, most))));
}

Option Option::seed_range() const { return between(int64_t{0}, INT64_MAX); }

Option Option::one_of(const std::vector<std::string>& words) const {
  const auto check = [words](const std::string& word) {
    if (std::find(words.begin(), words.end(), word) != words.end()) return std::string();
    return fmt::format("expected {}, found {}", fmt::join(words, " or "), word);
  };
  return Option(option_->check(check)->type_name(fmt::format("{}", fmt::join(words, "|"))));
}

Option Option::each_of(const std::vector<std::string>& words) const {
  return Option(option_->check(CLI::IsMember(words)));
}

Option Option::comma_separated() const { return Option(option_->delimiter(',')); }
Option Option::one_word_each() const { return Option(option_->allow_extra_args(false)); }
Option Option::once() const { return Option(option_->expected(1)); }
Option Option::or_alone(const std::string& value) const {
  return Option(option_->expected(0, 1)->default_str(value));
}
Option Option::tells(bool& given) const {
  return Option(option_->each([&given](const std::string&) { given = true; }));
}

bool Option::given() const { return option_->count() > 0; }
std::string Option::name() const { return option_->get_name(); }

template <class T>
Option Options::add(const std::string& names, T& value, const std::string& meaning) {
  const auto [name, type] = name_and_type(names);
  if constexpr (std::is_same_v<T, bool>) {
    return Option(app_->add_flag(name, value, meaning));
  } else if constexpr (std::is_same_v<T, std::optional<bool>>) {
    // Not bound to the optional itself, because CLI11 would set it to false if no option is given.
    return Option(app_->add_flag_function(
        name, [&value](int64_t given) { value = given > 0; }, meaning));
  } else {
    CLI::Option* option = app_->add_option(name, value, meaning);
    if constexpr (IsWhole<T>::value) option->transform(CLI::Validator(write_out, ""));
    using Wide = typename WideNumber<T>::Type;
    if constexpr (!std::is_void_v<Wide>) option->check(beyond<Wide>);
    if (!type.empty()) return Option(option->type_name(type));
    return Option(kValueName<T> ? option->type_name(kValueName<T>) : option);
  }
}

// Every type of a value.
template Option Options::add(const std::string&, bool&, const std::string&);
template Option Options::add(const std::string&, int&, const std::string&);
template Option Options::add(const std::string&, int64_t&, const std::string&);
template Option Options::add(const std::string&, uint64_t&, const std::string&);
template Option Options::add(const std::string&, double&, const std::string&);
template Option Options::add(const std::string&, std::string&, const std::string&);
template Option Options::add(const std::string&, std::optional<bool>&, const std::string&);
template Option Options::add(const std::string&, std::optional<int>&, const std::string&);
template Option Options::add(const std::string&, std::optional<int64_t>&, const std::string&);
template Option Options::add(const std::string&, std::optional<double>&, const std::string&);
template Option Options::add(const std::string&, std::optional<std::string>&, const std::string&);
template Option Options::add(const std::string&, std::vector<int>&, const std::string&);
template Option Options::add(const std::string&, std::vector<int64_t>&, const std::string&);
template Option Options::add(const std::string&, std::vector<std::string>&, const std::string&);

Option Options::add(const std::string& names, const std::function<void(const std::string&)>& take,
                    const std::string& meaning) {
  const auto [name, type] = name_and_type(names);
  CLI::Option* option = app_->add_option_function(name, take, meaning);
  return Option(type.empty() ? option : option->type_name(type));
}

bool Options::given() const { return app_->parsed(); }
bool Options::given(const std::string& name) const { return app_->get_option(name)->count() > 0; }

std::vector<std::string> Options::names_given() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_->get_options())
    if (option->count() > 0) names.push_back(option->get_name());
  return names;
}

Program::Program(const std::string& name, const std::string& summary,
                 const std::vector<Example>& examples)
    : Program(std::make_unique<CLI::App>(summary, name)) {
  const auto format = std::make_shared<HelpFormat>(examples);
  app().formatter(format);
  format_ = format;
  app().set_version_flag(
      "--version", [name] { return base::version_text(name); }, "Print versions and exit");
}

Program::Program(std::unique_ptr<CLI::App> app) : Options(app.get()), parser_(std::move(app)) {}
Program::~Program() = default;

std::string Program::name() const { return app().get_name(); }
CommandEntry Program::table() const { return format_->table(app(), ""); }

Options Program::add_command(const std::string& name, const std::string& meaning) {
  return Options(app().add_subcommand(name, meaning));
}

void Program::require_command() { app().require_subcommand(1); }

std::string Program::parse(int argc, char** argv) {
  refuse_empty_words(argc, argv);
  refuse_values_of_flags(app());
  try {
    app().parse(argc, argv);
  } catch (const CLI::CallForVersion& version) {
    return version.what();
  } catch (const CLI::Success& help) {  // -h
    std::ostringstream text;
    app().exit(help, text, text);
    return text.str();
  } catch (const CLI::ParseError& error) {
    base::fail(ExitCode::usage, line_fault(app(), error));
  }
  refuse_empty(app());
  if (const std::string fault = misplaced_value(app()); !fault.empty())
    base::fail(ExitCode::usage, fault);
  return {};
}

}  // namespace tools
