#include "cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "cli/suggest.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

std::vector<std::string> SplitOn(std::string_view text, char separator) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (start <= text.size()) {
    const size_t end = std::min(text.find(separator, start), text.size());
    parts.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

struct Notation {
  std::set<std::string> short_values;            // "-o": short flags with a value
  std::map<std::string, std::string> bare;       // "--wait" -> "true"
};

// Spells what CLI11 does not understand as it wants it: "--name=" (it takes it for "--name" with the value still to come),
// "-o=json" and flags whose value is left out.
std::vector<std::string> Normalized(std::vector<std::string> arguments, const Notation& notation) {
  std::vector<std::string> result;
  bool flags = true;
  for (std::string& argument : arguments) {
    flags = flags && argument != "--";
    const auto bare = notation.bare.find(argument);
    if (flags && bare != notation.bare.end()) {
      result.push_back(argument + "=" + bare->second);
    } else if (flags && argument.size() > 3 && argument[2] == '=' && notation.short_values.contains(argument.substr(0, 2))) {
      result.push_back(argument.substr(0, 2));
      result.push_back(argument.substr(3));
    } else if (flags && argument.size() > 3 && argument.starts_with("--") &&
        argument.find('=') == argument.size() - 1) {
      result.push_back(argument.substr(0, argument.size() - 1));
      result.emplace_back();
    } else {
      result.push_back(std::move(argument));
    }
  }
  return result;
}

// Of "--start=TEXT"; empty: it is a boolean. CLI11 itself lets an exception out for what is none.
std::string CheckSwitch(const std::string& text) {
  static constexpr std::array<std::string_view, 12> kBooleans{"true", "false", "True", "False", "TRUE", "FALSE",
                                                              "t",    "f",     "T",    "F",     "1",    "0"};
  if (std::ranges::find(kBooleans, text) != kBooleans.end()) return {};
  return fmt::format("must be true or false, not \"{}\"", text);
}

}  // namespace

struct Arguments::Impl {
  CLI::App app;
  std::vector<FlagInfo> flags;
  std::map<std::string, std::string> refused;  // name -> reason
  Notation notation;
  std::vector<std::string>* operands = nullptr;
  int least = 0;
  int most = 0;
  bool flags_end = false;
  bool pass_everything = false;
  bool help = false;
  std::string refusal;

  CLI::Option* Add(const std::string& names, const std::string& value_name, const std::string& help_text,
                   CLI::callback_t callback) {
    flags.push_back({SplitOn(names, ','), value_name, help_text});
    for (const std::string& name : flags.back().names)
      if (!name.starts_with("--")) notation.short_values.insert(name);
    return app.add_option(names, std::move(callback))->expected(1)->allow_extra_args(false);
  }
  Result<> CheckRest(const std::vector<std::string>& rest) const;
  std::vector<std::string> LongNames() const;
};

Arguments::Arguments() : impl_(std::make_unique<Impl>()) {
  impl_->app.set_help_flag();
  impl_->app.allow_extras();
  impl_->app.add_flag("--help", impl_->help);
}

Arguments::~Arguments() = default;

void Arguments::Switch(const std::string& names, bool& target, const std::string& help) {
  impl_->flags.push_back({SplitOn(names, ','), "", help});
  impl_->app.add_flag(names, target)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)->check(CheckSwitch);
}

void Arguments::Switch(const std::string& names, std::optional<bool>& target, const std::string& help) {
  impl_->flags.push_back({SplitOn(names, ','), "", help});
  impl_->app.add_flag_function(names, [&target](int64_t count) { target = count > 0; })
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->check(CheckSwitch);
}

void Arguments::Value(const std::string& names, std::string& target, const std::string& value_name,
                      const std::string& help) {
  impl_
      ->Add(names, value_name, help,
            [&target](const CLI::results_t& results) {
              target = results.back();
              return true;
            })
      ->take_last();
}

void Arguments::Value(const std::string& names, std::optional<std::string>& target,
                      const std::string& value_name, const std::string& help) {
  impl_
      ->Add(names, value_name, help,
            [&target](const CLI::results_t& results) {
              target = results.back();
              return true;
            })
      ->take_last();
}

void Arguments::Value(const std::string& names, std::optional<int64_t>& target, const std::string& value_name,
                      const std::string& help) {
  impl_
      ->Add(names, value_name, help,
            [&target](const CLI::results_t& results) {
              int64_t number = 0;
              if (!CLI::detail::lexical_cast(results.back(), number)) return false;
              target = number;
              return true;
            })
      ->take_last();
}

void Arguments::OptionalValue(const std::string& name, std::string& target, const std::string& value_name,
                              const std::string& bare, const std::string& help) {
  impl_->notation.bare[name] = bare;
  Value(name, target, value_name, help);
}

void Arguments::List(const std::string& names, std::vector<std::string>& target,
                     const std::string& value_name, const std::string& help, ListStyle style) {
  impl_
      ->Add(names, value_name, help,
            [&target, style](const CLI::results_t& results) {
              for (const std::string& result : results) {
                if (style == ListStyle::kWhole) {
                  target.push_back(result);
                } else {
                  for (std::string& part : SplitOn(result, ',')) target.push_back(std::move(part));
                }
              }
              return true;
            })
      ->take_all();
}

void Arguments::Refused(const std::string& names, bool takes_value, const std::string& reason) {
  const std::string shown = SplitOn(names, ',').back();
  const auto refuse = [this, shown, reason] { impl_->refusal = fmt::format("{}: {}", shown, reason); };
  if (takes_value) {
    impl_
        ->Add(names, "value", "",
              [refuse](const CLI::results_t&) {
                refuse();
                return true;
              })
        ->take_last();
  } else {
    impl_->flags.push_back({SplitOn(names, ','), "", ""});
    impl_->app.add_flag_callback(names, refuse);
  }
  impl_->flags.back().hidden = true;
}

void Arguments::Ignored(const std::string& names, bool takes_value) {
  if (takes_value) {
    impl_->Add(names, "value", "", [](const CLI::results_t&) { return true; })->take_last();
  } else {
    impl_->flags.push_back({SplitOn(names, ','), "", ""});
    impl_->app.add_flag(names);
  }
  impl_->flags.back().hidden = true;
}

void Arguments::Operands(std::vector<std::string>& target, int least, int most) {
  impl_->operands = &target;
  impl_->least = least;
  impl_->most = most;
}

void Arguments::EndFlagsAtFirstOperand() {
  impl_->flags_end = true;
  impl_->app.prefix_command();
}

void Arguments::PassEverything(std::vector<std::string>& target) {
  impl_->operands = &target;
  impl_->pass_everything = true;
}

std::vector<std::string> Arguments::Impl::LongNames() const {
  std::vector<std::string> names;
  for (const FlagInfo& flag : flags)
    for (const std::string& name : flag.names)
      if (!flag.hidden && name.starts_with("--")) names.push_back(name);
  return names;
}

// What CLI11 did not recognise: operands, or flags that do not exist.
Result<> Arguments::Impl::CheckRest(const std::vector<std::string>& rest) const {
  for (const std::string& word : rest) {
    const bool flag = word.size() > 1 && word[0] == '-';
    if (!flag) {
      if (flags_end) break;
      continue;
    }
    const std::string name = word.substr(0, word.find('='));
    if (!name.starts_with("--")) return MakeError(ErrorCode::kInvalid, "unknown flag: {}", name.substr(0, 2));
    return MakeError(ErrorCode::kInvalid, "unknown flag: {}{}", name, DidYouMean(name, LongNames()));
  }
  const int count = static_cast<int>(rest.size());
  if (operands == nullptr && count > 0)
    return MakeError(ErrorCode::kInvalid, "takes no arguments, received \"{}\"", rest.front());
  if (operands == nullptr) return {};
  if (count < least)
    return MakeError(ErrorCode::kInvalid, "requires at least {} arg(s), only received {}", least, count);
  if (most >= 0 && count > most)
    return MakeError(ErrorCode::kInvalid, "accepts at most {} arg(s), received {}", most, count);
  return {};
}

Result<bool> Arguments::Parse(std::vector<std::string> arguments) {
  if (impl_->pass_everything) {
    *impl_->operands = std::move(arguments);
    return true;
  }
  arguments = Normalized(std::move(arguments), impl_->notation);
  // Words behind "--" are operands whatever they look like.
  std::vector<std::string> literal;
  if (!impl_->flags_end) {
    const auto marker = std::find(arguments.begin(), arguments.end(), "--");
    if (marker != arguments.end()) {
      literal.assign(marker + 1, arguments.end());
      arguments.erase(marker, arguments.end());
    }
  }
  std::reverse(arguments.begin(), arguments.end());
  try {
    impl_->app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return MakeError(ErrorCode::kInvalid, "{}", error.what());
  }
  if (impl_->help) return false;
  if (!impl_->refusal.empty()) return MakeError(ErrorCode::kUnsupported, "{}", impl_->refusal);
  std::vector<std::string> rest = impl_->app.remaining();
  TRY(impl_->CheckRest(rest));
  rest.insert(rest.end(), literal.begin(), literal.end());
  if (impl_->operands != nullptr) *impl_->operands = std::move(rest);
  return true;
}

const std::vector<Arguments::FlagInfo>& Arguments::flags() const { return impl_->flags; }

}  // namespace skiff::cli
