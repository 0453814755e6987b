#include "cli/filter.h"

#include <regex.h>

#include <algorithm>

#include "cli/log_printer.h"
#include "cli/notation/text.h"
#include "cli/suggest.h"
#include "common/clock.h"

namespace skiff::cli {

using common::ErrorCode;
using common::MakeError;
using common::Result;

namespace {

bool MatchesExpression(const std::string& expression, const std::string& text) {
  regex_t compiled;
  if (::regcomp(&compiled, expression.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    return text.find(expression) != std::string::npos;
  const bool matches = ::regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  ::regfree(&compiled);
  return matches;
}

}  // namespace

Result<Filters> Filters::Parse(const std::vector<std::string>& flags, const std::vector<std::string>& keys) {
  Filters filters;
  for (const std::string& flag : flags) {
    auto [key, value] = SplitPair(flag, '=');
    if (flag.find('=') == std::string::npos)
      return MakeError(ErrorCode::kInvalid, "invalid filter \"{}\": write key=value", flag);
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return MakeError(ErrorCode::kInvalid, "\"{}\" is an invalid filter{}", key, DidYouMean(key, keys));
    filters.values_[std::move(key)].push_back(std::move(value));
  }
  return filters;
}

const std::vector<std::string>& Filters::Values(const std::string& key) const {
  static const std::vector<std::string> kNone;
  const auto found = values_.find(key);
  return found == values_.end() ? kNone : found->second;
}

bool Filters::Matches(const std::string& key, std::string_view text) const {
  const auto& values = Values(key);
  return values.empty() || std::find(values.begin(), values.end(), text) != values.end();
}

bool Filters::MatchesPart(const std::string& key, const std::string& text) const {
  const auto& values = Values(key);
  return values.empty() || std::any_of(values.begin(), values.end(), [&](const std::string& value) {
           return MatchesExpression(value, text);
         });
}

bool Filters::MatchesPrefix(const std::string& key, std::string_view text) const {
  const auto& values = Values(key);
  return values.empty() || std::any_of(values.begin(), values.end(),
                                       [&](const std::string& value) { return text.starts_with(value); });
}

bool Filters::MatchesLabels(const std::map<std::string, std::string>& labels) const {
  const auto has = [&](const std::string& wanted) {
    const auto [key, value] = SplitPair(wanted, '=');
    const auto found = labels.find(key);
    return found != labels.end() && (wanted.find('=') == std::string::npos || found->second == value);
  };
  return std::ranges::all_of(Values("label"), has) && std::ranges::none_of(Values("label!"), has);
}

Result<std::string> PointInTime(const std::string& text) {
  constexpr size_t kDate = 10;  // "2026-01-31"
  if (text.size() == kDate)
    if (const auto day = common::ParseTime(text + "T00:00:00Z")) return common::FormatTime(*day, true);
  return ResolveTime(text);
}

bool IsBefore(const std::string& time, const std::string& limit) {
  const auto a = common::ParseTime(time), b = common::ParseTime(limit);
  return a && b && *a < *b;
}

}  // namespace skiff::cli
